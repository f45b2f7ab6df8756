"""The sentences that say which front is silent, and what the failsafe does about it. It decides nothing."""

from actors.fleet.succession import NAMES
from events.commands import EnterFailsafe
from events.state import Failsafe, FleetState, Source
from netstab.dispatch.failsafe import FailsafeAction
from netstab.units import Watts, kilowatts, rfc3339

__all__ = ["commands_again", "failsafe_entered", "failsafe_error"]


def failsafe_entered(command: EnterFailsafe) -> str:
    """Say who is silent, and what is done."""
    who = "EMS" if command.front is Source.EMS else NAMES[command.front]
    return f"{who} silent since {rfc3339(command.silent_since)}: {_done(command.action, command.power)}"


def failsafe_error(failsafe: Failsafe, state: FleetState) -> str:
    """Say what the failsafe in force does and how it ends."""
    moved = state.order is not None and state.order.version > failsafe.version
    silent = "was silent from" if _was_heard(failsafe, state) else "has been silent since"
    who, by = _counterpart(failsafe.front), "the EMS" if failsafe.front is Source.EMS else "any front"
    done = _done(failsafe.action, failsafe.power)
    return (
        f"{who} {silent} {rfc3339(failsafe.silent_since)}: {done} until a command of {by} is accepted."
        f"{' An operator has moved the power since.' if moved else ''}"
    )


def commands_again(state: FleetState) -> str:
    """Say who has ended the failsafe."""
    who = _counterpart(state.order.source if state.order is not None else Source.EMS)
    return f"{who} commands again: the failsafe has ended."


def _was_heard(failsafe: Failsafe, state: FleetState) -> bool:
    """Whether the front has given a command since, which then was refused."""
    if failsafe.front is Source.EMS:
        return state.last_ems_version > failsafe.version
    return state.last_commands.get(failsafe.front, failsafe.since) > failsafe.since


def _counterpart(front: Source) -> str:
    return "The EMS" if front is Source.EMS else NAMES.get(front, "Somebody")


def _done(action: FailsafeAction, power: Watts | None) -> str:
    if power is not None:
        return f"the failsafe orders {kilowatts(power)} kW"
    return f"the failsafe {'holds the order in force' if action is FailsafeAction.HOLD else 'orders standby'}"
