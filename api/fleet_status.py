"""The fleet as the dashboard shows it."""

import falcon

from actors.ems import running_status
from actors.port import DispatchPort
from actors.snapshot import FleetSnapshot
from api.operation import operation
from api.schemas.fleet import FleetStatus
from netstab.units import Watts, kilowatts, rfc3339

__all__ = ["FleetStatusResource"]


class FleetStatusResource:
    def __init__(self, fleet: DispatchPort) -> None:
        self._fleet = fleet

    @operation("Detailed status of the fleet", FleetStatus)
    def on_get(self, _request: falcon.Request) -> FleetStatus:
        return _status(self._fleet.snapshot)


def _status(snapshot: FleetSnapshot) -> FleetStatus:
    state, heard = snapshot.state, snapshot.last_ems_command
    return FleetStatus(
        state=snapshot.phase,
        is_available_for_dispatch=snapshot.available_for_dispatch,
        running_status=running_status(snapshot),
        rated_power_kw=kilowatts(snapshot.rated_power),
        active_power_kw=kilowatts(snapshot.active_power),
        target_power_kw=_kilowatts(snapshot.target),
        total_miners=len(state.miners),
        online_miners=snapshot.reachable,
        mining_miners=snapshot.hashing,
        manual_override_active=state.override is not None,
        override_target_power_kw=_kilowatts(state.override.target) if state.override else None,
        last_update=rfc3339(snapshot.wall(snapshot.at)),
        last_ems_command=None if heard is None else rfc3339(heard),
        errors=list(snapshot.errors),
        power_control_mode=state.power_mode,
    )


def _kilowatts(power: Watts | None) -> float | None:
    return None if power is None else kilowatts(power)
