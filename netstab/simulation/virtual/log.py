"""The command log without a store: events are folded into the state as the real one folds them."""

from copy import copy
from datetime import UTC, datetime
from typing import Any

from events.chain import GENESIS
from events.fleet import Fleet
from events.fleet_event import Event
from events.log import FleetLog
from netstab.clock import WallClock
from netstab.power.allocation import PowerMode
from netstab.units import WallTime

__all__ = ["FoldedLog"]


class FoldedLog(FleetLog):
    """What is recorded takes effect as in a real log, and is kept by nobody."""

    def __init__(self, clock: WallClock, mode: PowerMode) -> None:
        self._clock = clock
        now = datetime.fromtimestamp(clock(), UTC)
        self._fleet = Fleet.commission(mode, now, GENESIS.digest)
        self._head = GENESIS

    @property
    def latest(self) -> WallTime:
        return WallTime(self._fleet.modified_on.timestamp())

    def check(self) -> None:
        """Find nothing wrong: there is nobody else."""

    def close(self) -> None:
        """Hold nothing open."""

    def record(self, event: type[Event], at: datetime | None = None, **fields: Any) -> int:
        fleet = copy(self._fleet)
        fleet.trigger_event(event, timestamp=at or self._now(), previous=GENESIS.digest, **fields)
        fleet.collect_events()
        self._fleet = fleet
        return fleet.version
