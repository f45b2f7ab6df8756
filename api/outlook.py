"""From what will be in force to a list for people: one entry for as long as one thing holds."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from actors.fleet.succession import NAMES
from actors.planned import PRICE, SCHEDULE
from actors.snapshot import FleetSnapshot
from api.schemas.schedule import OutlookView
from events.authority import holds_back
from events.state import Source
from netstab.schedules.efficiency import allowed
from netstab.schedules.in_force import InForce, Plans, Segment
from netstab.schedules.interval import Interval, Kind
from netstab.schedules.price_rule import ALL
from netstab.units import WallTime, Watts, kilowatts, rfc3339

__all__ = ["planned_ahead"]

_Said = tuple[Kind, Watts, str, str]
"""A kind, the power, the source and why."""


def planned_ahead(
    snapshot: FleetSnapshot,
    plans: Plans,
    segments: Sequence[Segment],
    announced: Sequence[Interval] = (),
) -> list[OutlookView]:
    """List what the schedule and prices will have in force, and what others say or announce, by its start."""
    begin, end = segments[0].start, segments[-1].end
    running = {(each.kind, each.source) for each in announced if each.holds(begin)}
    found = [*_of_others(snapshot, begin, end, running), *_announced(announced, begin, end)]
    for part in (_setpoint, _limit, _price):
        found += _runs((each, part(plans, each.what)) for each in segments)
    return sorted(found, key=lambda each: each.start)


def _runs(parts: Iterable[tuple[Segment, _Said | None]]) -> list[OutlookView]:
    """Put together what goes on from one segment to the next."""
    found: list[OutlookView] = []
    before: _Said | None = None
    for segment, said in parts:
        if said is not None and said == before:
            found[-1].end = rfc3339(segment.end)
        elif said is not None:
            found.append(_view(segment.start, segment.end, said))
        before = said
    return found


def _setpoint(plans: Plans, what: InForce) -> _Said | None:
    if what.setpoint is None:
        return None
    rated = plans.site.rated
    power = Watts(min(what.setpoint.power, rated)) if rated else what.setpoint.power
    return Kind.SETPOINT, power, SCHEDULE, _why(what.setpoint)


def _limit(_plans: Plans, what: InForce) -> _Said | None:
    return None if what.limit is None else (Kind.LIMIT, what.limit.power, SCHEDULE, _why(what.limit))


def _price(plans: Plans, what: InForce) -> _Said | None:
    verdict = what.price
    if verdict is None or verdict.worth == ALL:
        return None
    why = "no price is known" if verdict.rate is None else f"{verdict.rate.value:.6g} per kWh"
    if verdict.worth:
        why += f": units up to {verdict.worth:g} J/TH"
    return Kind.LIMIT, allowed(plans.groups, verdict.worth), PRICE, why


def _why(interval: Interval) -> str:
    return interval.reason or f"{rfc3339(interval.start)} to {rfc3339(interval.end)}"


def _announced(announced: Sequence[Interval], begin: WallTime, end: WallTime) -> Iterator[OutlookView]:
    for each in announced:
        start, until = max(begin, each.start), min(end, each.end)
        if start < until:
            yield _view(start, until, (each.kind, each.power, each.source, _why(each)))


def _of_others(
    snapshot: FleetSnapshot, begin: WallTime, end: WallTime, announced: Collection[tuple[Kind, str]]
) -> Iterator[OutlookView]:
    """Show what others than the schedule and the prices have said, for as long as it holds by itself.

    Who has announced what holds now has said it better.
    """
    for limit in snapshot.limits:
        if limit.source not in (SCHEDULE, PRICE) and (Kind.LIMIT, limit.source) not in announced:
            until = end if limit.until is None else min(end, limit.until)
            yield _view(begin, until, (Kind.LIMIT, limit.power, limit.source, "in force now"))
    for said in snapshot.setpoints:
        source, until = said.source, end if said.until is None else min(end, said.until)
        is_told = source is Source.SCHEDULE or (Kind.SETPOINT, source.value) in announced
        if not is_told and begin < until:
            power = said.target or Watts(0.0)
            yield _view(begin, until, (Kind.SETPOINT, power, source.value, _stands(snapshot, source)))


def _stands(snapshot: FleetSnapshot, front: Source) -> str:
    """Say whether a front commands: setpoints of several are listed, and one of them is in force."""
    above = holds_back(snapshot.state.setpoints, snapshot.view.rules.priority, front)
    return "in command now" if above is None else f"waits for {NAMES[above]}"


def _view(start: WallTime, end: WallTime, said: _Said) -> OutlookView:
    kind, power, source, why = said
    return OutlookView(rfc3339(start), rfc3339(end), kind.value, kilowatts(power), source, why)
