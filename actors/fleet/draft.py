"""What an order would be shared out to: for the FleetActor that takes it, and for who only asks. Pure."""

from collections.abc import Sequence

from actors.fleet.standing import standings_for
from actors.snapshot import FleetSnapshot
from events.deciding import rules_of
from events.limits import UNLIMITED, ceiling
from events.state import FleetState
from netstab.dispatch.loop import Forecast, forecast
from netstab.dispatch.plan import Plan, plan
from netstab.dispatch.statistics import start_statistics
from netstab.dispatch.trend import Ordered, aim, remembered
from netstab.units import Timestamp, Watts

__all__ = ["look_ahead", "preview"]


def look_ahead(
    target: Watts | None,
    state: FleetState,
    orders: Sequence[Ordered],
    tolerance_percent: float,
    now: Timestamp,
    most: Watts = UNLIMITED,
) -> Watts:
    """Return what the orders' trend is about to need beyond the target, up to `most` in all."""
    if not target:
        return Watts(0.0)
    wake = start_statistics(state.experience.values()).seconds
    return Watts(max(0.0, min(aim(target, orders, wake, tolerance_percent, now), most) - target))


def preview(target: Watts, snapshot: FleetSnapshot, tolerance_percent: float) -> tuple[Plan, Forecast]:
    """Return the plan that an order of `target` W would get now, and what the fleet is expected to draw.

    Ordering the target in force changes nothing, so its plan is the one in force. Limits count, as for an
    order: under an override there are none.
    """
    most = ceiling(snapshot.state, snapshot.wall(snapshot.at))
    target = min(target, most)
    standings, state = standings_for(snapshot, target), snapshot.state
    planned = snapshot.plan
    if planned is None or not target or planned.target != target:
        orders = remembered(snapshot.basis.orders, Ordered(snapshot.at, target))
        more = look_ahead(target, state, orders, tolerance_percent, snapshot.at, most)
        planned = plan(target, standings, rules_of(state, tolerance_percent), more)
    return planned, forecast(planned.setpoints, standings)
