"""What dispatch has put its miners through: when each was switched, and how often its point was changed.

It says who has to be left alone for it; on whose behalf is not its business.
"""

from collections import deque

from netstab.dispatch.limits import Limits
from netstab.units import MinerId, Timestamp

__all__ = ["SwitchingHistory"]

HOUR = 3600.0


class SwitchingHistory:
    """Notes what miners are told. It begins empty: what was before a server started binds nobody."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._switched: dict[MinerId, tuple[Timestamp, bool]] = {}
        self._changes: dict[MinerId, deque[Timestamp]] = {}

    def switched(self, miner_id: MinerId, now: Timestamp, *, runs: bool) -> None:
        """A miner was told to run, or to stop."""
        self._switched[miner_id] = (now, runs)

    def is_switched(self, miner_id: MinerId, *, ran: bool, runs: bool) -> bool:
        """Whether telling a miner to run, or to stop, switches it, by its condition or what it was told."""
        _, told = self._switched.get(miner_id, (0.0, ran))
        return runs is not ran or runs is not told

    def changed_point(self, miner_id: MinerId, now: Timestamp) -> None:
        """A miner that restarts for it was told another point."""
        most = max(1, self._limits.frequency_changes_per_hour)
        self._changes.setdefault(miner_id, deque(maxlen=most)).append(now)

    def stays(self, miner_id: MinerId, now: Timestamp, *, runs: bool) -> bool:
        """Whether a miner that runs, or does not, has to stay so for now."""
        at, told = self._switched.get(miner_id, (now, not runs))
        return told is runs and now < at + (self._limits.min_on if runs else self._limits.min_off)

    def keeps_point(self, miner_id: MinerId, now: Timestamp) -> bool:
        """Whether a miner has had all the changes of point that an hour allows."""
        changes = self._changes.get(miner_id, ())
        recent = sum(1 for at in changes if now < at + HOUR)
        return recent >= self._limits.frequency_changes_per_hour

    def noted(self) -> set[MinerId]:
        """Name the miners that may be bound by anything; all others are free."""
        switched = self._switched.keys() if self._limits.min_on or self._limits.min_off else set()
        return {*switched, *self._changes}

    def forget(self, miner_id: MinerId) -> None:
        """A miner has left the fleet."""
        self._switched.pop(miner_id, None)
        self._changes.pop(miner_id, None)
