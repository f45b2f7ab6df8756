"""From an operator's command to one miner to what its actor is told. Pure."""

from concurrent.futures import Future

from actors.fleet.standing import hold_setpoint
from actors.messages import Operate
from actors.report import Step
from events.commands import ControlMiner, MinerAction, SetFrequency
from events.state import FleetState
from netstab.errors import DeviceError

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
    order: int,
    reply: Future[DeviceError | None] | None,
) -> Operate:
    """Return the message for the miner; `state` has the hold that the command has brought about."""
    hold = state.holds.get(command.miner_id)
    reply = reply if reply is not None else Future()
    setpoint = hold_setpoint(hold, state) if hold is not None else None
    if isinstance(command, SetFrequency):
        return Operate(Step.SET_FREQUENCY, command.frequency, command.voltage, setpoint, order, reply)
    return Operate(_STEPS[command.action], None, None, setpoint, order, reply)
