"""What wears miners, and what they are spared by: one miner, the fleet, columns of its table. Pure."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from actors.snapshot import FleetSnapshot
from api.schemas.dispatch import FleetWearView
from api.schemas.miners import MinimumTimeView, WearView
from netstab.dispatch.statistics import NEW
from netstab.dispatch.switching import UNTOUCHED
from netstab.dispatch.wear import DAY, HOUR, UNWORN, Worn
from netstab.units import MinerId, Timestamp, WallTime, rfc3339

__all__ = ["fleet_wear", "miner_wear", "minimum_time", "wear_columns"]


def miner_wear(snapshot: FleetSnapshot, miner_id: MinerId) -> WearView:
    """Show what a miner was put through."""
    worn = snapshot.state.experience.get(miner_id, NEW).wear.lately(snapshot.wall(snapshot.at))
    return WearView(worn.wakes, worn.restarts, worn.failed_wakes, _since(snapshot))


def fleet_wear(snapshot: FleetSnapshot, commanded: int) -> FleetWearView:
    """Show what the fleet was put through, each of the `commanded` miners in the mean."""
    wakes, restarts, failed = (round(count / max(1, commanded), 2) for count in astuple(snapshot.worn))
    return FleetWearView(wakes, restarts, failed, _since(snapshot))


def _since(snapshot: FleetSnapshot) -> str | None:
    """Return from when on it is counted: no longer ago than a day, by whole hours."""
    counted, now = snapshot.state.wear_since, snapshot.wall(snapshot.at)
    first = WallTime((now // HOUR - DAY) * HOUR)
    return None if counted is None else rfc3339(max(counted, first))


def minimum_time(snapshot: FleetSnapshot, miner_id: MinerId) -> MinimumTimeView | None:
    """Show which minimum time a miner is in, None where in none."""
    until = _stays_until(snapshot, miner_id)
    if until is None:
        return None
    runs = snapshot.memory.schedule.history[miner_id].runs
    return MinimumTimeView("on" if runs else "off", rfc3339(snapshot.wall(until)))


def _stays_until(snapshot: FleetSnapshot, miner_id: MinerId) -> Timestamp | None:
    past = snapshot.memory.schedule.history.get(miner_id, UNTOUCHED)
    return past.stays_until(snapshot.view.rules.constraints, snapshot.at)


def wear_columns(snapshot: FleetSnapshot) -> dict[str, Sequence[Any]]:
    """Return the columns of the table on it: most miners of a fleet were not begun anew in a day."""
    miners, known, now = snapshot.state.miners, snapshot.state.experience, snapshot.wall(snapshot.at)
    nothing = Worn()
    wears = (known.get(miner_id, NEW).wear for miner_id in miners)
    worn = [nothing if wear is UNWORN else wear.lately(now) for wear in wears]
    ends = [_stays_until(snapshot, miner_id) for miner_id in miners]
    return {
        "wakes": [each.wakes for each in worn],
        "restarts": [each.restarts for each in worn],
        "stays_until": [None if end is None else int(snapshot.wall(end)) for end in ends],
    }
