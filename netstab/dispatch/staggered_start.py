"""Holds back wakes so that no more miners boot at once than the supply can stand.

Of 171 S9 woken together 57 % booted; waves of 80, 45 s apart, helped.
"""

from collections.abc import Iterable, Sequence
from math import ceil

from netstab.dispatch.constraints import Constraints
from netstab.units import MinerId, Timestamp

__all__ = ["StaggeredStart", "may_wake", "wave_of", "woken"]

StaggeredStart = tuple[tuple[Timestamp, int], ...]
"""When how many miners were woken; no older than one interval."""


def wave_of(fleet: int, constraints: Constraints) -> int | None:
    """Return how many of a fleet of so many may be woken together; None where all may."""
    if not constraints.wake_batch_size:
        return None
    return max(constraints.wake_batch_size, ceil(constraints.wake_batch_share * fleet))


def may_wake(
    wanted: Iterable[MinerId], before: StaggeredStart, constraints: Constraints, now: Timestamp, fleet: int
) -> set[MinerId]:
    """Name those of a fleet of so many that may be woken now, the first ones first."""
    wave = wave_of(fleet, constraints)
    if wave is None:
        return set(wanted)
    room = wave - sum(count for _, count in _recent(before, constraints, now))
    return set(list(wanted)[: max(0, room)])


def woken(count: int, before: StaggeredStart, constraints: Constraints, now: Timestamp) -> StaggeredStart:
    """Note that so many miners were woken."""
    recent: Sequence[tuple[Timestamp, int]] = _recent(before, constraints, now)
    return (*recent, (now, count)) if count else tuple(recent)


def _recent(before: StaggeredStart, constraints: Constraints, now: Timestamp) -> StaggeredStart:
    return tuple((at, count) for at, count in before if now < at + constraints.wake_batch_interval)
