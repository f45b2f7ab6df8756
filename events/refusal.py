"""The rules by which the fleet refuses a command: state, command and facts to a rejection or none. Pure.

Sentences are recorded and know no front: a value that is wrong is named in the product's words and in kW.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from events.commands import (
    Activate,
    ApplyPower,
    Command,
    ControlMiner,
    Deactivate,
    FindMiner,
    LiftLimit,
    MoveMiners,
    RegisterMiners,
    RemoveMiner,
    SetFrequency,
    SetLimit,
    SetOverride,
    SetPrices,
    SetSchedule,
)
from events.limits import MOST_LIMITS, in_force, is_source
from events.state import FleetState
from netstab.devices.antminer.s9 import has_frequencies
from netstab.errors import BadValue, CommandRejected, ErrorCode, Parameter, Rule
from netstab.schedules.prices import NO_RULE, check_rates, check_rule
from netstab.schedules.schedule import check_schedule
from netstab.units import MinerId, WallTime, Watts, rfc3339

__all__ = ["MOST_MINERS", "Facts", "above_rated", "offline", "refusal"]

MOST_MINERS = 50_000
"""Miners that may be registered: each takes memory for ever, and a hostile network can show any number."""


_UNKNOWN = WallTime(0.0)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the log cannot know of the moment a command arrives; `at` is that moment by the host's clock."""

    rated_power: Watts
    reachable: int
    initializing: bool
    at: WallTime = _UNKNOWN


def _power_out_of_bounds(_state: FleetState, command: Command, facts: Facts) -> CommandRejected | None:
    asked = command.target if isinstance(command, SetOverride) else getattr(command, "power", None)
    if asked is None:
        return None
    if asked > facts.rated_power and facts.rated_power > 0:
        return above_rated(asked, facts.rated_power)
    return _no_power(asked)


def above_rated(asked: Watts, rated: Watts) -> CommandRejected:
    bad = BadValue(Parameter.POWER, Rule.AT_MOST, rated, asked)
    return CommandRejected(ErrorCode.INVALID_POWER, "Requested power exceeds rated limits.", bad)


def _no_power(asked: Watts) -> CommandRejected | None:
    """Refuse what is not a power that can be drawn."""
    if math.isfinite(asked) and asked >= 0:
        return None
    text = f"{Parameter.POWER} must be a finite number of 0 kW or more, got {asked / 1000:.12g} kW."
    return CommandRejected(
        ErrorCode.INVALID_POWER, text, BadValue(Parameter.POWER, Rule.AT_LEAST, 0.0, asked)
    )


def _over_already(_state: FleetState, command: Command, facts: Facts) -> CommandRejected | None:
    return _past(command.until, facts.at) if isinstance(command, Activate) else None


def _past(until: WallTime | None, now: WallTime) -> CommandRejected | None:
    """Refuse an end that has come already, or that no clock shows."""
    if until is None or now < until < math.inf:
        return None
    text = f"{Parameter.UNTIL} must be later than now, {rfc3339(now)}."
    return CommandRejected(
        ErrorCode.INVALID_INPUT, text, BadValue(Parameter.UNTIL, Rule.LATER_THAN, now, until)
    )


def offline(registered: int, reachable: int, initializing: bool) -> CommandRejected | None:
    """Say why a fleet counts as offline, None while it is online: one rule for commands and for its state."""
    if not registered:
        return CommandRejected(ErrorCode.FLEET_OFFLINE, "Fleet is offline: no miner is registered.")
    if not reachable and not initializing:
        message = f"Fleet is offline: none of {registered} miners is reachable."
        return CommandRejected(ErrorCode.FLEET_OFFLINE, message)
    return None


def _offline(state: FleetState, _command: Command, facts: Facts) -> CommandRejected | None:
    return offline(len(state.miners), facts.reachable, facts.initializing)


def _override_active(state: FleetState, _command: Command, _facts: Facts) -> CommandRejected | None:
    if state.override is None:
        return None
    return CommandRejected(
        ErrorCode.MANUAL_OVERRIDE, "Manual override is active; EMS commands are refused until it ends."
    )


def _unknown_miner(state: FleetState, command: Command, _facts: Facts) -> CommandRejected | None:
    miner_id = getattr(command, "miner_id", None)
    if miner_id in state.miners:
        return None
    return CommandRejected(ErrorCode.UNKNOWN_MINER, f"No miner {miner_id} is registered.")


def _unknown_movers(state: FleetState, command: Command, _facts: Facts) -> CommandRejected | None:
    """Moves are worked out beside the fleet: an operator may have removed one of the miners meanwhile."""
    if not isinstance(command, MoveMiners):
        return None
    gone = [move.old for move in command.moves if move.old not in state.miners]
    return CommandRejected(ErrorCode.UNKNOWN_MINER, f"No miner {gone[0]} is registered.") if gone else None


def _too_many_miners(state: FleetState, command: Command, _facts: Facts) -> CommandRejected | None:
    if not isinstance(command, RegisterMiners):
        return None
    new = {miner.miner_id for miner in command.miners} - state.miners.keys()
    if not new or len(state.miners) + len(new) <= MOST_MINERS:
        return None
    text = f"{len(state.miners):,} miners are registered, and {MOST_MINERS:,} can be; remove some first."
    return CommandRejected(ErrorCode.TOO_MANY_MINERS, text)


def _not_controllable(state: FleetState, command: Command, _facts: Facts) -> CommandRejected | None:
    miner = state.miners[getattr(command, "miner_id", MinerId(""))]
    reason = miner.not_controllable
    if reason is None:
        return None
    return CommandRejected(ErrorCode.MINER_REFUSED, f"Miner {miner.miner_id} can only be read: {reason}.")


def _no_frequency(state: FleetState, command: Command, _facts: Facts) -> CommandRejected | None:
    miner = state.miners[getattr(command, "miner_id", MinerId(""))]
    if has_frequencies(miner.model):
        return None
    return CommandRejected(
        ErrorCode.MINER_REFUSED, f"Miner {miner.miner_id} ({miner.model}) is not set by frequency."
    )


def _bad_limit(_state: FleetState, command: Command, facts: Facts) -> CommandRejected | None:
    if not isinstance(command, SetLimit | LiftLimit):
        return None
    if not is_source(command.limit_source):
        rule = "A limit's source must be 1 to 64 letters, digits, dots, hyphens or underscores."
        return CommandRejected(ErrorCode.INVALID_INPUT, rule)
    if isinstance(command, LiftLimit):
        return None
    return _no_power(command.power) or _past(command.until, facts.at)


def _too_many_limits(state: FleetState, command: Command, facts: Facts) -> CommandRejected | None:
    limits = in_force(state.limits, facts.at)
    if getattr(command, "limit_source", "") in limits or len(limits) < MOST_LIMITS:
        return None
    return CommandRejected(
        ErrorCode.TOO_MANY_LIMITS, f"{MOST_LIMITS} sources limit the fleet already; lift one first."
    )


def _unknown_limit(state: FleetState, command: Command, facts: Facts) -> CommandRejected | None:
    source = getattr(command, "limit_source", "")
    if source in in_force(state.limits, facts.at):
        return None
    return CommandRejected(ErrorCode.UNKNOWN_LIMIT, f"No limit of {source} is in force.")


def _bad_schedule(state: FleetState, command: Command, _facts: Facts) -> CommandRejected | None:
    if not isinstance(command, SetSchedule):
        return None
    try:
        check_schedule(command.schedule)
    except ValueError as fault:
        return CommandRejected(ErrorCode.INVALID_INPUT, str(fault))
    if command.replaces in (None, state.schedule.version):
        return None
    text = f"The schedule was changed meanwhile: it is of version {state.schedule.version} now."
    return CommandRejected(ErrorCode.CHANGED_MEANWHILE, text)


def _bad_prices(_state: FleetState, command: Command, _facts: Facts) -> CommandRejected | None:
    if not isinstance(command, SetPrices):
        return None
    try:
        check_rates(command.rates or ())
        check_rule(command.rule or NO_RULE)
    except ValueError as fault:
        return CommandRejected(ErrorCode.INVALID_INPUT, str(fault))
    return None


_Check = Callable[[FleetState, Command, Facts], CommandRejected | None]

_CHECKS: dict[type, tuple[_Check, ...]] = {
    Activate: (_power_out_of_bounds, _over_already, _offline, _override_active),
    Deactivate: (_override_active,),
    ApplyPower: (_power_out_of_bounds, _offline),
    SetOverride: (_power_out_of_bounds,),
    SetLimit: (_bad_limit, _too_many_limits),
    LiftLimit: (_bad_limit, _unknown_limit),
    SetSchedule: (_bad_schedule,),
    SetPrices: (_bad_prices,),
    RegisterMiners: (_too_many_miners,),
    MoveMiners: (_unknown_movers,),
    RemoveMiner: (_unknown_miner,),
    ControlMiner: (_unknown_miner, _not_controllable),
    SetFrequency: (_unknown_miner, _not_controllable, _no_frequency),
    FindMiner: (_unknown_miner,),
}


def refusal(state: FleetState, command: Command, facts: Facts) -> CommandRejected | None:
    """Say why the fleet refuses a command now, or None if it takes it.

    Bad input is answered before the fleet's condition: the caller can mend it at any time.
    """
    for check in _CHECKS.get(type(command), ()):
        if (rejected := check(state, command, facts)) is not None:
            return rejected
    return None
