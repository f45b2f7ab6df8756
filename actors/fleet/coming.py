"""Units that are large for the ramp: each start is a step of power, and when it comes is chance. Pure.

One that is tuned without a restart is woken at its lowest point, and raised once it hashes: what it is set to
comes within a second or two. What others come with takes its part of the ramp when it comes.
"""

from collections.abc import Iterable
from dataclasses import replace

from actors.fleet.memory import Schedule
from actors.fleet.view import View
from actors.report import Phase
from events.state import RegisteredMiner
from netstab.dispatch.ramp import Change, taken
from netstab.dispatch.setpoint import Setpoint
from netstab.units import MinerId, Watts

__all__ = ["arrived", "begun", "first_told", "is_awaited", "is_large"]

_MANY = 4
"""Of units of which a ramp lets out so many a second 40 come in 10 s: chance makes little of them."""


def first_told(miner: RegisteredMiner, setpoint: Setpoint) -> Setpoint:
    """Return what a large one is woken with of what it is to be at.

    What forgets a setting with each start cannot be woken at a low one.
    """
    can = miner.points
    low = can.tunes_freely and not can.volatile
    return replace(setpoint, point=can.lowest_point) if low else setpoint


def is_large(miner: RegisteredMiner, up: Watts) -> bool:
    """Whether a unit is one of few that make a ramp of `up` W per second; a site keeps one of its own."""
    return _MANY * miner.rated_power > up and not miner.points.starts_when_set


def begun(schedule: Schedule, released: Iterable[Change]) -> Schedule:
    """Take note of the large ones that are woken, and forget those that are to run no more."""
    coming = dict(schedule.coming)
    for change in released:
        if change.late:
            coming[change.miner_id] = change.step
        elif change.setpoint is None or not change.setpoint.running:
            coming.pop(change.miner_id, None)
    return replace(schedule, coming=coming) if coming != schedule.coming else schedule


def arrived(schedule: Schedule, view: View) -> Schedule:
    """Let those that have come to hash take their part of the ramp.

    One that hashes yet, on its way to a sleep that was taken back too late, has not come.
    """
    if not schedule.coming:
        return schedule
    ramp, left, up = schedule.ramp, dict[MinerId, Watts](), view.ramps.up
    for miner_id, step in schedule.coming.items():
        seen = view.reports.get(miner_id)
        if seen is not None and seen.phase is Phase.HASHING and seen.in_transition is None:
            ramp = taken(ramp, step, up, view.now)
        elif miner_id in view.state.miners:
            left[miner_id] = step
    return schedule if len(left) == len(schedule.coming) else replace(schedule, ramp=ramp, coming=left)


def is_awaited(schedule: Schedule, change: Change) -> bool:
    """Whether a change raises what does not hash yet: it would come with the start, as one step."""
    return change.step > 0 and change.ran and change.miner_id in schedule.coming
