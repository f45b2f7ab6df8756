"""What the fleet can be asked for now: its honest capacity, and the miners that need hands."""

import falcon
import msgspec

from actors.ems import fleet_capacity
from actors.fleet.maintenance import NeedsMaintenance, needs_maintenance
from actors.memo import Memo
from actors.port import DispatchPort
from actors.snapshot import FleetSnapshot
from api.names import miner_names
from api.operation import operation
from api.renewed import Renewed
from api.schemas.dispatch import (
    CapacityQuery,
    CapacityView,
    FlexibilityView,
    MissingView,
    NeedsHandsView,
    UnitsView,
)
from netstab.dispatch.capacity import Missing, Units
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.flexibility import Flexibility
from netstab.dispatch.ramp import ramps
from netstab.units import Seconds, WallTime, kilowatts, rfc3339

__all__ = ["CapacityResource"]

_HOLDS_FOR = Seconds(5.0)
"""Of a large fleet: looking at each unit of 20,000 takes a tenth of a second."""


class CapacityResource:
    def __init__(self, fleet: DispatchPort, constraints: Constraints) -> None:
        self._constraints = constraints
        self._names = Memo(miner_names)
        self._view = Renewed(fleet, self._show, _HOLDS_FOR)

    @operation("What the fleet can give now", CapacityView, query=CapacityQuery)
    def on_get(self, _request: falcon.Request, query: CapacityQuery) -> CapacityView:
        view = self._view()
        if query.hands is None:
            return view
        return msgspec.structs.replace(view, needs_hands=view.needs_hands[: query.hands])

    def _show(self, snapshot: FleetSnapshot) -> CapacityView:
        limits = ramps(self._constraints, snapshot.state.configuration.max_power_change_rate_kw_per_sec)
        found = fleet_capacity(snapshot, self._constraints)
        return CapacityView(
            at=rfc3339(snapshot.wall(snapshot.at)),
            fleet_id=snapshot.view.rules.fleet_id or None,
            fleets_below=_fleets_below(snapshot),
            rated_power_kw=kilowatts(snapshot.rated_power),
            reachable_power_kw=kilowatts(found.reachable),
            minimum_power_kw=kilowatts(found.minimum),
            lowest_power_kw=kilowatts(found.lowest),
            power_step_kw=kilowatts(found.step),
            seconds_to_maximum=round(found.to_maximum),
            seconds_to_minimum=round(found.to_minimum),
            ramp_up_kw_per_second=kilowatts(limits.up),
            ramp_down_kw_per_second=kilowatts(limits.down),
            units=_units(found.units),
            self_tuning_units=found.self_tuning,
            flexibility=[_flexibility(each) for each in found.flexibility],
            passed_over=[_missing(missing) for missing in found.missing],
            needs_hands=self._hands(snapshot),
        )

    def _hands(self, snapshot: FleetSnapshot) -> list[NeedsHandsView]:
        found = needs_maintenance(snapshot.state, snapshot.reports, snapshot.at)
        names = self._names(snapshot.state.miners) if found else {}
        return [_hands(each, names[each.miner_id], snapshot.wall(each.since)) for each in found]


def _fleets_below(snapshot: FleetSnapshot) -> list[str]:
    readings = (report.reading for report in snapshot.reports.values())
    return sorted({fleet for reading in readings if reading is not None for fleet in reading.fleets})


def _flexibility(found: Flexibility) -> FlexibilityView:
    return FlexibilityView(round(found.within), kilowatts(found.up), kilowatts(found.down))


def _units(units: Units) -> UnitsView:
    return UnitsView(
        total=units.total,
        available=units.available,
        on=units.on,
        in_transition=units.in_transition,
        held=units.held,
        failed=units.failed,
        not_controllable=units.not_controllable,
    )


def _missing(missing: Missing) -> MissingView:
    return MissingView(missing.availability, missing.units, kilowatts(missing.power))


def _hands(found: NeedsMaintenance, name: str, since: WallTime) -> NeedsHandsView:
    return NeedsHandsView(found.miner_id, name, found.reason, rfc3339(since))
