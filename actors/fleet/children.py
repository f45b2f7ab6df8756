"""What a command that is recorded has miners' actors do beside dispatch. Pure.

They are started and stopped, for who is a member is what the log says, and one is told what
an operator wants.
"""

from collections.abc import Iterator
from concurrent.futures import Future

from actors.discovery.registration import works_alike
from actors.fleet.assessment import hold_setpoint
from actors.fleet.effects import StartMiner, StopMiner
from actors.messages import CommandRequest, ManualCommand
from actors.report import Step
from events.commands import (
    Command,
    ControlMiner,
    MinerAction,
    MoveMiners,
    RegisterMiners,
    RemoveMiner,
    SetFrequency,
)
from events.state import FleetState, RegisteredMiner
from netstab.dispatch.statistics import NEW
from netstab.units import MinerId, Setting, Version, Volts

__all__ = ["child_changes", "operation", "started"]

_STEPS = {
    MinerAction.START: Step.WAKE,
    MinerAction.STOP: Step.SLEEP,
    MinerAction.RESTART: Step.RESTART,
    MinerAction.REBOOT: Step.REBOOT,
    MinerAction.RESET: Step.RESET,
}


def started(miner: RegisteredMiner, state: FleetState) -> StartMiner:
    """Return the start of a miner's actor, which goes on from the hours that it has hashed so far."""
    return StartMiner(miner, state.experience.get(miner.miner_id, NEW).running_hours)


def child_changes(
    command: Command, before: FleetState, after: FleetState
) -> Iterator[StartMiner | StopMiner]:
    """Say what a command that is recorded changes of the actors that there are.

    A registered miner's is started anew only if it cannot go on with what is registered now.
    """
    match command:
        case RegisterMiners(miners):
            for miner in miners:
                known = before.miners.get(miner.miner_id)
                if known is None or not works_alike(known, miner):
                    yield StopMiner(miner.miner_id)
                    yield started(miner, after)
        case MoveMiners(moves):
            addresses = dict.fromkeys(address for move in moves for address in (move.old, move.new))
            yield from map(StopMiner, addresses)
            yield from (started(after.miners[each], after) for each in addresses if each in after.miners)
        case RemoveMiner(miner_id):
            yield StopMiner(miner_id)


def operation(
    request: CommandRequest, state: FleetState, version: Version
) -> tuple[MinerId, ManualCommand] | None:
    """Return what an operator has one miner told, None if a command is to no single miner.

    `state` has the hold that the command has brought about.
    """
    command, reply = request.command, request.reply or Future()
    if not isinstance(command, ControlMiner | SetFrequency):
        return None
    hold = state.holds.get(command.miner_id)
    setpoint = hold_setpoint(hold, state) if hold is not None else None
    step, setting, voltage = _asked(command)
    return command.miner_id, ManualCommand(step, setting, voltage, setpoint, version, reply)


def _asked(command: ControlMiner | SetFrequency) -> tuple[Step, Setting | None, Volts | None]:
    if isinstance(command, SetFrequency):
        return Step.TUNE, command.frequency, command.voltage
    return _STEPS[command.action], None, None
