"""What dispatch has put its miners through: when each was switched, and how often its frequency was changed.

It says who has to be left alone for it; on whose behalf is not its business.
"""

from collections import deque

from netstab.dispatch.limits import Limits
from netstab.dispatch.setpoint import Setpoint
from netstab.units import MinerId, Timestamp

__all__ = ["Wear"]

HOUR = 3600.0


class Wear:
    """Notes what miners are told. It begins empty: what was before a server started binds nobody."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._switched: dict[MinerId, Timestamp] = {}
        self._changes: dict[MinerId, deque[Timestamp]] = {}

    def switched(self, miner_id: MinerId, now: Timestamp) -> None:
        """A miner was told to run, or to stop."""
        self._switched[miner_id] = now

    def changed_frequency(self, miner_id: MinerId, now: Timestamp) -> None:
        """A miner was told another frequency."""
        most = max(1, self._limits.frequency_changes_per_hour)
        self._changes.setdefault(miner_id, deque(maxlen=most)).append(now)

    def stays(self, miner_id: MinerId, told: Setpoint | None, now: Timestamp) -> bool:
        """Whether a miner has to stay on, or off, for now."""
        at = self._switched.get(miner_id)
        if at is None or told is None:
            return False
        return now < at + (self._limits.min_on if told.running else self._limits.min_off)

    def keeps_frequency(self, miner_id: MinerId, now: Timestamp) -> bool:
        """Whether a miner has had all the changes of frequency that an hour allows."""
        changes = self._changes.get(miner_id, ())
        recent = sum(1 for at in changes if now < at + HOUR)
        return recent >= self._limits.frequency_changes_per_hour

    def forget(self, miner_id: MinerId) -> None:
        """A miner has left the fleet."""
        self._switched.pop(miner_id, None)
        self._changes.pop(miner_id, None)
