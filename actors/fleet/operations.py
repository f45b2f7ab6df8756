"""From an operator's command to one miner to what its actor is told. Pure."""

from concurrent.futures import Future

from actors.fleet.assessment import hold_setpoint
from actors.messages import ManualCommand
from actors.report import Step
from events.commands import ControlMiner, MinerAction, SetFrequency
from events.state import FleetState
from netstab.errors import DeviceError
from netstab.units import Version

__all__ = ["operation"]

_STEPS = {
    MinerAction.START: Step.WAKE,
    MinerAction.STOP: Step.SLEEP,
    MinerAction.RESTART: Step.RESTART,
    MinerAction.REBOOT: Step.REBOOT,
    MinerAction.RESET: Step.RESET,
}


def operation(
    command: ControlMiner | SetFrequency,
    state: FleetState,
    version: Version,
    reply: Future[DeviceError | None] | None,
) -> ManualCommand:
    """Return the message for the miner; `state` has the hold that the command has brought about."""
    hold = state.holds.get(command.miner_id)
    reply = reply if reply is not None else Future()
    setpoint = hold_setpoint(hold, state) if hold is not None else None
    if isinstance(command, SetFrequency):
        return ManualCommand(Step.TUNE, command.frequency, command.voltage, setpoint, version, reply)
    return ManualCommand(_STEPS[command.action], None, None, setpoint, version, reply)
