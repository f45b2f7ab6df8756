"""What a session needs of the fleet, read from what the fleet publishes. Pure."""

from actors.snapshot import FleetPhase, FleetSnapshot
from events.state import Source
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.fronts.s2.offer import Offer
from netstab.fronts.s2.view import FleetView
from netstab.power.unit import PowerMode
from netstab.units import Watts

__all__ = ["MOST_STEPS", "offer_of", "view_of"]

MOST_STEPS = 20
"""Of a fleet of so few that are only on or off each number of running miners is a mode."""

_ALIKE = 1.25  # the largest in units of the smallest: others are no steps of one size


def view_of(snapshot: FleetSnapshot, offer: Offer | None) -> FleetView:
    """Return how the fleet stands; `offer` is the one worked out last, for that looks at each miner."""
    state = snapshot.state
    holds = Source.S2 in state.setpoints
    free = state.override is None and state.failsafe is None
    return FleetView(
        offer=offer,
        power=snapshot.active_power if snapshot.power_is_known else None,
        tolerance=_tolerance(snapshot),
        ordered=state.order is not None,
        target=snapshot.pursued,
        holds=holds,
        commands=holds and free and state.order is not None and state.order.source is Source.S2,
        settled=snapshot.settled,
        override_since=state.override.since if state.override else None,
    )


def _tolerance(snapshot: FleetSnapshot) -> Watts:
    return Watts(snapshot.view.rules.constraints.tolerance_percent / 100 * snapshot.rated_power)


def offer_of(snapshot: FleetSnapshot) -> Offer | None:
    """Return what can be asked for now, None until the miners were looked for. Takes a look at each miner."""
    if snapshot.phase is FleetPhase.INITIALIZING:
        return None
    mode, rated = snapshot.state.power_mode, snapshot.rated_power
    usable = [unit for unit in snapshot.units if unit.availability is Availability.AVAILABLE]
    others = [unit for unit in snapshot.units if unit.availability is not Availability.AVAILABLE]
    kept = sum(unit.measured_power for unit in others)
    idle = Watts(float(round(kept + sum(unit.idle_power for unit in usable))))
    gains = [unit.whole_gain(mode) for unit in usable]
    highest = rated if not others else Watts(float(round(min(rated, idle + sum(gains)))))
    least = min((_least(unit, mode) for unit in usable), default=Watts(0.0))
    constraints, view = snapshot.view.rules.constraints, snapshot.view
    return Offer(
        idle=min(idle, rated),
        lowest=Watts(float(round(min(idle + least, highest)))),
        highest=highest if usable else min(idle, rated),
        rated=rated,
        steps=_steps(usable, gains, mode, idle, highest),
        wake=view.record.about,
        min_on=constraints.min_on,
        min_off=constraints.min_off,
    )


def _least(unit: UnitStatus, mode: PowerMode) -> Watts:
    return unit.lowest_gain if _is_tuned(unit, mode) else unit.whole_gain(mode)


def _is_tuned(unit: UnitStatus, mode: PowerMode) -> bool:
    return unit.tunes_freely or (mode is PowerMode.FREQUENCY and unit.capabilities.tunable)


def _steps(
    usable: list[UnitStatus], gains: list[Watts], mode: PowerMode, idle: Watts, highest: Watts
) -> tuple[Watts, ...]:
    """Return the powers of one running miner, of two and so on; none where the fleet has no such steps."""
    count = len(usable)
    if not 0 < count <= MOST_STEPS or highest <= idle or any(_is_tuned(unit, mode) for unit in usable):
        return ()
    if max(gains) > _ALIKE * min(gains):
        return ()
    return tuple(
        Watts(float(round(idle + running / count * (highest - idle)))) for running in range(1, count + 1)
    )
