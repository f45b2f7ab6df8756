"""The three endpoints of the energy management system."""

import falcon

from actors.client import FleetClient
from actors.snapshot import FleetPhase, FleetSnapshot
from api.arrival import sender
from api.operation import operation
from api.quantities import asked_watts
from api.schemas.ems import Activation, CommandAnswer, Deactivation, EmsStatus
from events.commands import Activate, Command, Deactivate
from events.state import Source
from netstab.errors import CommandRejected, ErrorCode
from netstab.units import kilowatts

__all__ = [
    "ACTIVATE",
    "DEACTIVATE",
    "EMS_PATHS",
    "STATUS",
    "ActivateResource",
    "DeactivateResource",
    "EmsStatusResource",
    "running_status",
]

EMS_PATHS = STATUS, ACTIVATE, DEACTIVATE = "/api/status", "/api/activate", "/api/deactivate"

_POWER_RULE = "activationPowerInKw must be a finite number of kW from 0 to the rated power."


class EmsStatusResource:
    def __init__(self, fleet: FleetClient) -> None:
        self._fleet = fleet

    @operation(
        "The real-time state of the fleet", EmsStatus, refusals=(ErrorCode.FLEET_OFFLINE, ErrorCode.STANDBY)
    )
    def on_get(self, _request: falcon.Request) -> EmsStatus:
        if not self._fleet.leads:
            message = "This server is a standby and does not see the miners: another server leads the fleet."
            raise CommandRejected(ErrorCode.STANDBY, message)
        snapshot = self._fleet.snapshot
        _require_online(snapshot)
        return EmsStatus(
            is_available_for_dispatch=snapshot.available_for_dispatch,
            running_status=running_status(snapshot),
            rated_power_in_kw=kilowatts(snapshot.rated_power),
            active_power_in_kw=kilowatts(snapshot.active_power),
        )


class ActivateResource:
    def __init__(self, fleet: FleetClient) -> None:
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
    def __init__(self, fleet: FleetClient) -> None:
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


def running_status(snapshot: FleetSnapshot) -> int:
    """Return the contract's figure: 2 while any miner is hashing, or draws as if it were, else 1."""
    return 2 if snapshot.hashing or snapshot.halted else 1


def _submit(fleet: FleetClient, request: falcon.Request, command: Command) -> CommandAnswer:
    result = fleet.submit(command, Source.EMS, sender(request))
    return CommandAnswer(accepted=True, message=result.message)


def _require_online(snapshot: FleetSnapshot) -> None:
    registered = len(snapshot.state.miners)
    if not registered:
        raise CommandRejected(ErrorCode.FLEET_OFFLINE, "Fleet is offline: no miner is registered.")
    if not snapshot.reachable and snapshot.phase is not FleetPhase.INITIALIZING:
        message = f"Fleet is offline: none of {registered} miners is reachable."
        raise CommandRejected(ErrorCode.FLEET_OFFLINE, message)
