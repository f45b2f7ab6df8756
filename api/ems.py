"""The three endpoints of the energy management system."""

import falcon

from actors.ems import ems_view
from actors.port import DispatchPort
from api.arrival import sender
from api.operation import operation
from api.schemas.ems import Activation, CommandAnswer, Deactivation, EmsStatus
from events.commands import Activate, Command, Deactivate
from events.state import Source
from netstab.errors import ErrorCode
from netstab.units import asked_watts, kilowatts

__all__ = [
    "ACTIVATE",
    "DEACTIVATE",
    "EMS_PATHS",
    "STATUS",
    "ActivateResource",
    "DeactivateResource",
    "EmsStatusResource",
]

EMS_PATHS = STATUS, ACTIVATE, DEACTIVATE = "/api/status", "/api/activate", "/api/deactivate"

_POWER_RULE = "activationPowerInKw must be a finite number of kW from 0 to the rated power."


class EmsStatusResource:
    def __init__(self, fleet: DispatchPort) -> None:
        self._fleet = fleet

    @operation(
        "The real-time state of the fleet", EmsStatus, refusals=(ErrorCode.FLEET_OFFLINE, ErrorCode.STANDBY)
    )
    def on_get(self, _request: falcon.Request) -> EmsStatus:
        view = ems_view(self._fleet)
        return EmsStatus(
            is_available_for_dispatch=view.available,
            running_status=view.running,
            rated_power_in_kw=kilowatts(view.rated_power),
            active_power_in_kw=kilowatts(view.active_power),
        )


class ActivateResource:
    def __init__(self, fleet: DispatchPort) -> None:
        self._fleet = fleet

    @operation(
        "Start operation at a power level",
        CommandAnswer,
        body=Activation,
        bad_body=ErrorCode.INVALID_POWER,
        rule=_POWER_RULE,
        refusals=(
            ErrorCode.INVALID_POWER,
            ErrorCode.MANUAL_OVERRIDE,
            ErrorCode.FAULT_STATE,
            ErrorCode.FLEET_OFFLINE,
        ),
    )
    def on_post(self, request: falcon.Request, body: Activation) -> CommandAnswer:
        return _submit(self._fleet, request, Activate(asked_watts(body.activation_power_in_kw)))


class DeactivateResource:
    def __init__(self, fleet: DispatchPort) -> None:
        self._fleet = fleet

    @operation(
        "Stop operation and return to standby",
        CommandAnswer,
        body=Deactivation,
        ignores_body=True,
        refusals=(ErrorCode.MANUAL_OVERRIDE, ErrorCode.FAULT_STATE),
    )
    def on_post(self, request: falcon.Request) -> CommandAnswer:
        return _submit(self._fleet, request, Deactivate())


def _submit(fleet: DispatchPort, request: falcon.Request, command: Command) -> CommandAnswer:
    result = fleet.submit(command, Source.EMS, sender(request))
    return CommandAnswer(accepted=True, message=result.message)
