"""Holds back wakes so that no more miners boot at once than the supply can stand.

Of 171 S9 woken together 57 % booted; waves of 80, 45 s apart, helped.
"""

from collections.abc import Iterable, Sequence

from netstab.dispatch.limits import Limits
from netstab.units import MinerId, Timestamp

__all__ = ["Waves", "may_wake", "woken"]

Waves = tuple[tuple[Timestamp, int], ...]
"""When how many miners were woken; no older than one interval."""


def may_wake(wanted: Iterable[MinerId], before: Waves, limits: Limits, now: Timestamp) -> set[MinerId]:
    """Name those that may be woken now, the first ones first."""
    if not limits.wake_batch_size:
        return set(wanted)
    room = limits.wake_batch_size - sum(count for _, count in _standing(before, limits, now))
    return set(list(wanted)[: max(0, room)])


def woken(count: int, before: Waves, limits: Limits, now: Timestamp) -> Waves:
    """Note that so many miners were woken."""
    standing: Sequence[tuple[Timestamp, int]] = _standing(before, limits, now)
    return (*standing, (now, count)) if count else tuple(standing)


def _standing(before: Waves, limits: Limits, now: Timestamp) -> Waves:
    return tuple((at, count) for at, count in before if now < at + limits.wake_batch_interval)
