"""Who commands the fleet, since when, and what is on its way."""

import falcon

from actors.front_board import FrontBoard, FrontStatus
from actors.memo import Memo
from actors.meter_board import MeterState
from actors.port import DispatchPort
from actors.snapshot import FleetSnapshot, commanded
from api.authority_views import front_setpoints, in_command, since
from api.history_views import limit_view
from api.operation import operation
from api.schemas.dispatch import (
    DispatchView,
    EmsView,
    FailsafeView,
    FrontView,
    KeptView,
    MeterView,
    OutOfReachView,
    PowerSource,
)
from api.wear_views import fleet_wear
from events.state import FleetState
from netstab.clock import Clock
from netstab.dispatch.ramp import ramps
from netstab.dispatch.reach import OutOfReach
from netstab.settings import Settings
from netstab.units import Timestamp, kilowatts, rfc3339

__all__ = ["DispatchResource"]


class DispatchResource:
    def __init__(self, fleet: DispatchPort, settings: Settings, clock: Clock, fronts: FrontBoard) -> None:
        self._fleet = fleet
        self._settings = settings
        self._clock = clock
        self._fronts = fronts
        self._commanded = Memo(commanded)

    @operation("Who commands the fleet, and what is on its way", DispatchView)
    def on_get(self, _request: falcon.Request) -> DispatchView:
        snapshot = self._fleet.snapshot
        state, forecast = snapshot.state, snapshot.memory.forecast
        target, begun = snapshot.target, since(state)
        pursued, binding = snapshot.pursued, snapshot.binding_limit
        constraints = self._settings.constraints
        limits = ramps(constraints, state.configuration.max_power_change_rate_kw_per_sec)
        return DispatchView(
            in_command=in_command(state),
            since=None if begun is None else rfc3339(begun),
            command_id=state.order.command_id if state.order else None,
            target_power_kw=None if target is None else kilowatts(target),
            pursued_power_kw=None if pursued is None else kilowatts(pursued),
            binding_limit=binding.source if binding else None,
            limits=[limit_view(limit) for limit in snapshot.limits],
            tolerance_percent=constraints.tolerance_percent,
            ramp_up_kw_per_second=kilowatts(limits.up),
            ramp_down_kw_per_second=kilowatts(limits.down),
            expected_power_kw=kilowatts(forecast.expected),
            pending_up_kw=kilowatts(forecast.pending_up),
            pending_down_kw=kilowatts(forecast.pending_down),
            out_of_reach=_out_of_reach(snapshot.memory.out_of_reach),
            power_source=PowerSource.METER if snapshot.metered else PowerSource.MINERS,
            meter=_meter(snapshot.meter, self._clock()),
            ems=self._ems(snapshot),
            failsafe=_failsafe(state),
            wear=fleet_wear(snapshot, self._commanded(state.miners)),
            fronts=[_front(status) for status in self._fronts.statuses],
            setpoints=front_setpoints(snapshot),
        )

    def _ems(self, snapshot: FleetSnapshot) -> EmsView:
        heard, timeout = snapshot.last_ems_command, self._settings.ems_timeout
        return EmsView(None if heard is None else rfc3339(heard), timeout, snapshot.ems_silent)


def _front(status: FrontStatus) -> FrontView:
    return FrontView(
        front=status.front,
        counterpart=status.counterpart,
        connected_since=None if status.connected_since is None else rfc3339(status.connected_since),
        error=status.error or None,
        error_at=None if status.error_at is None else rfc3339(status.error_at),
        restarts=status.restarts,
    )


def _out_of_reach(found: OutOfReach | None) -> OutOfReachView | None:
    if found is None:
        return None
    return OutOfReachView(
        sentence=found.sentence,
        target_power_kw=kilowatts(found.target),
        reachable_power_kw=kilowatts(found.most),
        minimum_power_kw=kilowatts(found.least),
        kept=[KeptView(kept.cause, kept.units, kilowatts(kept.power)) for kept in found.kept],
    )


def _meter(meter: MeterState | None, now: Timestamp) -> MeterView | None:
    if meter is None:
        return None
    reading, fault = meter.reading, meter.fault
    return MeterView(
        power_kw=None if reading is None else kilowatts(reading.power),
        age_seconds=None if reading is None else round(meter.age(now), 1),
        error=None if fault is None else fault.text,
    )


def _failsafe(state: FleetState) -> FailsafeView | None:
    if state.failsafe is None:
        return None
    return FailsafeView(rfc3339(state.failsafe.since), state.failsafe.action)
