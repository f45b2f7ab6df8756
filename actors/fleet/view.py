"""What the control loop decides by at one moment: the log, the reports, the meter, the rules. Pure.

Statuses of miners are made when they are asked for, once, and anew only where something has changed.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from actors.fence import FenceLevel
from actors.fleet.assessment import NEVER, Moment, unit_status
from actors.fleet.memory import Schedule
from actors.fleet.unit_book import UnitBook
from actors.meter_board import MeterState
from actors.report import LOST_FOR, MinerReport
from events.authority import Ruling, ruling
from events.commands import Command
from events.reserve import Unrecorded
from events.state import FRONTS, FleetState, Source
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.failsafe import FailsafeAction
from netstab.dispatch.ramp import Ramps, ramps
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.statistics import StartStatistics
from netstab.dispatch.sums import Sums
from netstab.dispatch.unit_status import UnitStatus
from netstab.schedules.price_rule import Absence
from netstab.units import MinerId, Seconds, Timestamp, WallTime, Watts, on_wall, watts

__all__ = ["ANSWERS_WITHIN", "DecisionRules", "View"]

_MOST_AWAITED = 60.0  # s, where polls are rarer than usual

ANSWERS_WITHIN = Seconds(1.0)
"""So soon a miner answers that does not hang: in milliseconds, or after a lost packet is sent again."""


@dataclass(frozen=True, slots=True)
class DecisionRules:
    """The settings that decide. `metered`: there is a site meter, and its scale holds for what miners draw.

    Miners are looked at once in a `poll_interval`. `ems_timeout` 0 never counts a front as silent. `fleet_id`
    is what tells this fleet from any other, "" for one that nobody else can see. `absence` is what is done
    about a missing price; a site returns within `return_within` after a scheduled limit. Who is in command of
    several fronts goes by their `priority`.
    """

    constraints: Constraints = field(default_factory=Constraints)
    metered: bool = False
    poll_interval: Seconds = NEVER
    rated_power: Watts | None = None
    ems_timeout: Seconds = Seconds(0.0)
    ems_failsafe: Watts | FailsafeAction | str = FailsafeAction.HOLD
    fleet_id: str = ""
    absence: Absence = field(default_factory=Absence)
    return_within: Seconds = Seconds(0.0)
    priority: tuple[Source, ...] = FRONTS

    @property
    def overdue_after(self) -> Seconds:
        """The age of its last answer at which a miner is late."""
        return Seconds(self.poll_interval + ANSWERS_WITHIN)


@dataclass(frozen=True)
class View:
    """`state` is what the log says, `reports` what was seen of each miner (missing before its first report).

    `schedule` is what was commanded so far. `meter` is None without a site meter. `correction` is what the
    host's clock is ahead of the steady one; `log_fault` says why commands cannot be recorded, and
    `unrecorded` how many were carried out all the same: those are in the state. The server started at
    `started_at`.
    """

    state: FleetState
    reports: Mapping[MinerId, MinerReport]
    now: Timestamp
    schedule: Schedule = field(default_factory=Schedule)
    rules: DecisionRules = field(default_factory=DecisionRules)
    fence: FenceLevel = field(default_factory=FenceLevel)
    meter: MeterState | None = None
    correction: Seconds = Seconds(0.0)
    log_fault: str | None = None
    unrecorded: Unrecorded = field(default_factory=Unrecorded)
    started_at: Timestamp = Timestamp(-math.inf)
    book: UnitBook = field(default_factory=UnitBook, repr=False, compare=False)

    @cached_property
    def units(self) -> Sequence[UnitStatus]:
        """Where every registered miner stands, in the order of registration."""
        return self.book.units(self.reports, self._moment(self.state))

    @property
    def ramps(self) -> Ramps:
        """How fast power may move."""
        return ramps(self.rules.constraints, self.state.configuration.max_power_change_rate_kw_per_sec)

    @property
    def reach(self) -> Sums:
        """What can be had of the units, summed up (`reach_share`)."""
        return self._looked_at.reach(self.state.power_mode)

    def ahead(self, setpoints: Mapping[MinerId, Setpoint]) -> Sums:
        """Sum up what they will draw at these setpoints (`forecast_share`)."""
        return self._looked_at.ahead(setpoints)

    @property
    def seen(self) -> Sums:
        """What is reported of them, summed up (`seen_share`)."""
        return self._looked_at.seen(self.now)

    def settled(
        self, used: Collection[MinerId], causes: tuple[Any, ...], is_settled: Callable[[MinerId], bool]
    ) -> bool:
        """Whether all units in use are settled, for all that has changed since they were found so."""
        return self._looked_at.settled(used, causes, is_settled)

    @property
    def _looked_at(self) -> UnitBook:
        """The book once all units are as they are now. Sums are for the loop alone, that keeps the book."""
        _ = self.units
        return self.book

    def units_in(self, state: FleetState) -> Sequence[UnitStatus]:
        """Return where the miners stand in a state that differs from this one by its order and its holds."""
        before, after = self.state.holds, state.holds
        if after is before:
            return self.units
        changed = {each for each in before.keys() | after.keys() if before.get(each) != after.get(each)}
        moment = self._moment(state)
        return tuple(
            unit_status(state.miners[unit.unit_id], self.reports.get(unit.unit_id), moment)
            if unit.unit_id in changed
            else unit
            for unit in self.units
        )

    def _moment(self, state: FleetState) -> Moment:
        """Return what statuses depend on in a state, for all miners alike."""
        record, schedule, rules = self._record_in(state), self.schedule, self.rules
        return Moment(
            state,
            record,
            self.now,
            schedule.commanded,
            schedule.history,
            rules.constraints,
            self.meter_scale,
            rules.overdue_after,
            schedule.confirmation.within,
            Timestamp(self.started_at + min(2 * rules.poll_interval, _MOST_AWAITED) + LOST_FOR),
        )

    def ruled(self, command: Command, source: Source) -> Ruling:
        """Return what a command of a source makes of the order in force."""
        return ruling(self.state, command, source, self.wall, self.rules.priority)

    @property
    def meter_scale(self) -> float:
        """What the site meter shows in units of what miners are known to draw; 1 without a meter."""
        return self.state.meter_scale if self.rules.metered else 1.0

    @property
    def wall(self) -> WallTime:
        """The moment by the host's clock."""
        return on_wall(self.now, self.correction)

    @property
    def record(self) -> StartStatistics:
        """How the fleet wakes."""
        return self._record_in(self.state)

    def _record_in(self, state: FleetState) -> StartStatistics:
        record, confirming = self.book.record(state.experience), self.schedule.confirmation.share
        return record if confirming == record.confirming else replace(record, confirming=confirming)

    @cached_property
    def rated_power(self) -> Watts:
        """The operator's override, else the setting, else the sum over the miners that count."""
        override = self.state.configuration.rated_power_kw_override
        if override is not None:
            return watts(override)
        if self.rules.rated_power is not None:
            return self.rules.rated_power
        return self.book.rated_power(self.state.miners)

    @property
    def idle_power(self) -> Watts:
        """What the fleet draws with every miner asleep."""
        return self.book.idle_power(self.state.miners)

    @property
    def metered_power(self) -> Watts | None:
        """What the site meter shows, None while there is none that counts."""
        return self.meter.power(self.now) if self.meter else None

    def published(self) -> "View":
        """Return this view for readers in other threads: with reports and statuses that stay as they are."""
        seen = replace(self, reports=self._looked_at.reports, book=self.book.published())
        seen.__dict__["units"] = self.units
        return seen
