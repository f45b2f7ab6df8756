"""What an operator does to the fleet's command and to single miners."""

import falcon

from actors.port import FleetPort
from api.addresses import miner_at
from api.arrival import sender
from api.operation import operation
from api.schemas.miners import Control, ControlAnswer, FindModeAnswer
from api.schemas.power import (
    OverrideAnswer,
    OverrideChange,
    PowerModeAnswer,
    PowerModeBody,
    PowerModeView,
)
from api.slots import Slots
from events.commands import ControlMiner, MinerAction, SetOverride, SetPowerMode
from events.state import Source
from netstab.errors import ErrorCode
from netstab.units import asked_watts

__all__ = ["FindModeResource", "MinerControlResource", "OverrideResource", "PowerModeResource"]

_DONE = {
    MinerAction.START: "started",
    MinerAction.STOP: "stopped",
    MinerAction.RESTART: "restarted",
    MinerAction.REBOOT: "rebooted",
    MinerAction.RESET: "reset",
}


class OverrideResource:
    def __init__(self, fleet: FleetPort) -> None:
        self._fleet = fleet

    @operation(
        "Take command from the EMS, or give it back",
        OverrideAnswer,
        body=OverrideChange,
        refusals=(ErrorCode.INVALID_POWER, ErrorCode.FAULT_STATE),
    )
    def on_post(self, request: falcon.Request, body: OverrideChange) -> OverrideAnswer:
        wanted = body.target_power_kw if body.enabled else None
        command = SetOverride(body.enabled, None if wanted is None else asked_watts(wanted))
        result = self._fleet.submit(command, Source.DASHBOARD, sender(request))
        return OverrideAnswer(success=True, message=result.message, override_active=body.enabled)


class PowerModeResource:
    def __init__(self, fleet: FleetPort) -> None:
        self._fleet = fleet

    @operation("The power control mode", PowerModeView)
    def on_get(self, _request: falcon.Request) -> PowerModeView:
        return PowerModeView(mode=self._fleet.snapshot.state.power_mode)

    @operation(
        "Set the power control mode", PowerModeAnswer, body=PowerModeBody, refusals=(ErrorCode.FAULT_STATE,)
    )
    def on_post(self, request: falcon.Request, body: PowerModeBody) -> PowerModeAnswer:
        result = self._fleet.submit(SetPowerMode(body.mode), Source.DASHBOARD, sender(request))
        return PowerModeAnswer(success=True, message=result.message, mode=body.mode)


class MinerControlResource:
    def __init__(self, fleet: FleetPort, slots: Slots) -> None:
        self._fleet = fleet
        self._slots = slots

    @operation(
        "Start, stop, restart, reboot or reset a miner",
        ControlAnswer,
        body=Control,
        refusals=(
            ErrorCode.UNKNOWN_MINER,
            ErrorCode.MINER_REFUSED,
            ErrorCode.FAULT_STATE,
            ErrorCode.MINER_UNREACHABLE,
            ErrorCode.MINER_TIMEOUT,
            ErrorCode.BUSY,
        ),
    )
    def on_post(self, request: falcon.Request, miner_id: str, body: Control) -> ControlAnswer:
        command = ControlMiner(miner_at(miner_id), body.action)
        with self._slots.one():
            self._fleet.operate(command, Source.DASHBOARD, sender(request))
        message = f"Miner {_DONE[body.action]} successfully"
        return ControlAnswer(success=True, miner_id=miner_id, action=body.action, message=message)


class FindModeResource:
    def __init__(self, fleet: FleetPort, slots: Slots) -> None:
        self._fleet = fleet
        self._slots = slots

    @operation(
        "Toggle the blinking of a miner's LEDs",
        FindModeAnswer,
        refusals=(
            ErrorCode.UNKNOWN_MINER,
            ErrorCode.MINER_REFUSED,
            ErrorCode.FAULT_STATE,
            ErrorCode.MINER_UNREACHABLE,
            ErrorCode.MINER_TIMEOUT,
            ErrorCode.BUSY,
        ),
    )
    def on_post(self, request: falcon.Request, miner_ip: str) -> FindModeAnswer:
        with self._slots.one():
            enabled = self._fleet.blink(miner_at(miner_ip), sender(request))
        return FindModeAnswer(
            success=True, miner_ip=miner_ip, message="Find mode toggled", is_enabled=enabled
        )
