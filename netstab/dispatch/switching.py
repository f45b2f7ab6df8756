"""What dispatch has put a miner through: when it was switched, and how often a change of point restarted it.

It says who has to be left alone for it; on whose behalf is not its business. Pure.
"""

import math
from dataclasses import dataclass, replace

from netstab.dispatch.constraints import Constraints
from netstab.dispatch.unit_status import Bound
from netstab.units import Timestamp

__all__ = ["UNTOUCHED", "SwitchingHistory"]

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class SwitchingHistory:
    """When a miner was last told to run, or to stop, and when points that restart it, the newest last.

    It begins with what the log says of the last switch: so minimum times outlive a server. Which points were
    changed before it started binds nobody.
    """

    switched_at: Timestamp | None = None
    runs: bool = False
    changed_at: tuple[Timestamp, ...] = ()

    def switched(self, now: Timestamp, *, runs: bool) -> "SwitchingHistory":
        """Note that it was told to run, or to stop."""
        return replace(self, switched_at=now, runs=runs)

    def is_switched(self, *, ran: bool, runs: bool) -> bool:
        """Whether telling it to run, or to stop, switches it, by its condition or what it was told."""
        return runs is not ran or (self.switched_at is not None and runs is not self.runs)

    def changed_point(self, constraints: Constraints, now: Timestamp) -> "SwitchingHistory":
        """Note that it was told another point, and restarts for it."""
        most = max(1, constraints.frequency_changes_per_hour)
        return replace(self, changed_at=(*self.changed_at, now)[-most:])

    def bound(self, constraints: Constraints, now: Timestamp, *, runs: bool) -> Bound:
        """Say whether it runs, or does not, and has to stay so, and whether it keeps its point."""
        return Bound(self._stays(constraints, now, runs=runs), self._keeps_point(constraints, now))

    def stays_until(self, constraints: Constraints, now: Timestamp) -> Timestamp | None:
        """Return when its minimum time ends, on or off as it was told last; None where none holds it."""
        if self.switched_at is None:
            return None
        end = Timestamp(self.switched_at + (constraints.min_on if self.runs else constraints.min_off))
        return end if now < end else None

    def _stays(self, constraints: Constraints, now: Timestamp, *, runs: bool) -> bool:
        return self.runs is runs and self.stays_until(constraints, now) is not None

    def _keeps_point(self, constraints: Constraints, now: Timestamp) -> bool:
        """Whether it has had all the restarts for another point that an hour allows."""
        recent = sum(1 for at in self.changed_at if now < at + HOUR)
        return recent >= constraints.frequency_changes_per_hour

    def changes_at(self, constraints: Constraints, now: Timestamp) -> float:
        """Return the next moment at which it may be bound by less; infinity if there is none."""
        switched = () if self.switched_at is None else (self.switched_at,)
        ends = [at + least for at in switched for least in (constraints.min_on, constraints.min_off)]
        ends += [at + HOUR for at in self.changed_at]
        return min((end for end in ends if end > now), default=math.inf)


UNTOUCHED = SwitchingHistory()
