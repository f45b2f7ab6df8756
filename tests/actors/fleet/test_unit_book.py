"""Statuses are made anew only where something has changed, and are what they would be if all were."""

import math
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import Mock

import pytest
from dispatch_units import reach_of
from fleet_values import AT_FULL, NOW, RUN, A, B, C, failed, fleet_of, hold, miner, report
from hypothesis import given
from hypothesis import strategies as st
from points import at
from test_dispatch_properties import limits, natures, often, orders, ramps
from test_preview import holds, lived
from virtual_fleet import Nature

from actors.fleet import unit_book
from actors.fleet.assessment import unit_status
from actors.fleet.dispatching import has_settled
from actors.fleet.memory import Schedule, Wanted
from actors.fleet.unit_book import UnitBook
from actors.fleet.view import DecisionRules, View
from actors.report import Desired, MinerReport, Phase, Step
from events.state import FleetState, HoldKind
from netstab.dispatch.confirmation import Confirmation
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.dispatch.statistics import NEW, after_failure, after_wake
from netstab.dispatch.switching import UNTOUCHED
from netstab.power.unit import PowerMode
from netstab.units import MinerId, Seconds, Timestamp, Version, Watts

BOUND = Constraints(min_on=Seconds(3.0), min_off=Seconds(2.0))

POLLED = DecisionRules(poll_interval=Seconds(5.0))
"""A miner is late 6 s after its last answer."""


@often(200)
@given(natures, orders, limits, ramps, holds, st.integers(1, 20))
def test_what_is_kept_is_what_would_be_made_now(
    drawn: list[Nature],
    given_orders: list[tuple[int | None, int]],
    bounds: Constraints,
    ramp: float,
    held: list[tuple[int, HoldKind]],
    seconds: int,
) -> None:
    fleet = lived(drawn, given_orders, bounds, ramp, held)
    for _ in range(seconds):
        fleet.run(1)
        view, memory = fleet.controller.loop.view(), fleet.controller.loop.memory
        anew = replace(view, book=UnitBook())
        assert list(view.units) == list(anew.units)
        assert sums(view, memory.wanted) == sums(anew, memory.wanted)
        assert has_settled(memory, view) is has_settled(memory, anew)


def sums(view: View, wanted: Wanted) -> list[dict[Hashable, int]]:
    """Return all that is summed up; the setpoints are those of who is not released."""
    setpoints = {miner_id: setpoint for miner_id, setpoint in wanted.items() if setpoint is not None}
    return [view.reach.totals, view.ahead(setpoints).totals, view.seen.totals]


@dataclass
class Changing:
    """A fleet of three at most, of which anything may change; what it was given stays as it was."""

    state: FleetState = field(default_factory=lambda: fleet_of(miner(A)))
    reports: dict[MinerId, MinerReport] = field(default_factory=dict)
    schedule: Schedule = field(default_factory=Schedule)
    setpoints: dict[MinerId, Setpoint] = field(default_factory=dict)
    book: UnitBook = field(default_factory=UnitBook)
    now: float = NOW

    def hears(self, miner_id: MinerId, phase: Phase, power: float, backed_off: bool, uncertain: str) -> None:
        said: dict[str, Any] = {"power": Watts(power), "lost_power": Watts(power), "uncertain": uncertain}
        backoffs = failed(Step.WAKE) if backed_off else ()
        at = Timestamp(self.now)
        if miner_id in self.state.miners:
            told = self.schedule.commanded.get(miner_id)
            desired = None if told is None else Desired(told, Version(1), at)
            said |= {"at": at, "seen_at": at, "backoffs": backoffs, "desired": desired}
            self.reports[miner_id] = report(phase, miner_id, **said)
            self.book.heard(miner_id)

    def changes(self, miner_id: MinerId) -> None:
        """Have a miner leave, or join."""
        miners = dict(self.state.miners)
        if miners.pop(miner_id, None) is None:
            miners[miner_id] = miner(miner_id, rated_power=Watts(1000.0))
        else:
            self.reports.pop(miner_id, None)
            self.book.heard(miner_id)
        self.state = replace(self.state, miners=miners)

    def holds(self, miner_id: MinerId, kind: HoldKind) -> None:
        held = {key: value for key, value in self.state.holds.items() if key != miner_id}
        taken = {} if miner_id in self.state.holds else {miner_id: hold(kind, miner_id)}
        self.state = replace(self.state, holds=held | taken)

    def told(self, miner_id: MinerId, setpoint: Setpoint, commanded: bool) -> None:
        self.setpoints = self.setpoints | {miner_id: setpoint}
        if commanded:
            told = {**self.schedule.commanded, miner_id: setpoint}
            past = self.schedule.history.get(miner_id, UNTOUCHED)
            past = past.switched(Timestamp(self.now), runs=setpoint.running)
            history = {**self.schedule.history, miner_id: past}
            self.schedule = replace(self.schedule, commanded=told, history=history)

    def confirmed(self, within: float) -> None:
        """Have it be learned how soon miners confirm that they are woken."""
        self.schedule = replace(self.schedule, confirmation=Confirmation(seconds=within))

    def mode(self, mode: PowerMode) -> None:
        self.state = replace(self.state, power_mode=mode)

    def learns(self, scale: float) -> None:
        self.state = replace(self.state, meter_scale=scale)

    def wakes(self, miner_id: MinerId, seconds: float | None) -> None:
        """Have it be learned how a miner wakes: within so many seconds, or not at all."""
        known = self.state.experience.get(miner_id, NEW)
        after = after_failure(known) if seconds is None else after_wake(known, seconds)
        self.state = replace(self.state, experience={**self.state.experience, miner_id: after})

    def passes(self, seconds: float) -> None:
        self.now += seconds

    def view(self, book: UnitBook) -> View:
        rules = replace(POLLED, metered=True, constraints=BOUND)
        return View(self.state, self.reports, Timestamp(self.now), self.schedule, rules, book=book)


ids = st.sampled_from([A, B, C])
setpoints = st.sampled_from([IDLE, RUN, AT_FULL, Setpoint(running=True, point=at(500))])
powers = st.sampled_from([0.0, 51.0, 1267.3, 1401.0, 1460.7])
doubts = st.sampled_from(["", "it does not hash"])
changes = st.one_of(
    st.tuples(
        st.just(Changing.hears),
        ids,
        st.sampled_from(Phase),
        powers,
        st.booleans(),
        st.sampled_from(["", "x"]),
    ),
    st.tuples(st.just(Changing.changes), ids),
    st.tuples(st.just(Changing.holds), ids, st.sampled_from(HoldKind)),
    st.tuples(st.just(Changing.told), ids, setpoints, st.booleans()),
    st.tuples(st.just(Changing.mode), st.sampled_from(PowerMode)),
    st.tuples(st.just(Changing.wakes), ids, st.sampled_from([None, 2.0, 5.0, 95.0])),
    st.tuples(st.just(Changing.confirmed), st.sampled_from([0.4, 1.4, 6.0])),
    st.tuples(st.just(Changing.learns), st.floats(0.9, 1.1)),
    st.tuples(st.just(Changing.passes), st.sampled_from([0.25, 1.0, 6.0, 15.0])),
)


@often(500)
@given(st.lists(st.lists(changes, max_size=4), max_size=12))
def test_what_is_summed_up_change_by_change_is_what_would_be_summed_up_anew(
    seconds: list[list[tuple[Any, ...]]],
) -> None:
    fleet = Changing()
    for second in seconds:
        for change, *told in second:
            change(fleet, *told)
        kept, anew = fleet.view(fleet.book), fleet.view(UnitBook())
        assert list(kept.units) == list(anew.units)
        assert sums(kept, fleet.setpoints) == sums(anew, fleet.setpoints)
        assert kept.reach.totals == reach_of(anew.units, fleet.state.power_mode).totals


def test_of_a_second_with_one_report_one_status_is_made() -> None:
    state, book = fleet_of(miner(A), miner(B), miner(C)), UnitBook()
    reports: dict[MinerId, MinerReport] = {each: report(Phase.HASHING, each) for each in (A, B, C)}
    first = View(state, reports, NOW, rules=POLLED, book=book).units
    reports[B] = report(Phase.ASLEEP, B, at=Timestamp(NOW + 1), seen_at=Timestamp(NOW + 1))
    book.heard(B)
    second = View(state, reports, Timestamp(NOW + 1), rules=POLLED, book=book).units
    assert [after is before for before, after in zip(first, second, strict=True)] == [True, False, True]
    assert not second[1].hashing


def test_of_a_miner_that_goes_on_as_it_did_only_what_it_draws_is_taken_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Mock(wraps=unit_status)
    monkeypatch.setattr(unit_book, "unit_status", made)
    state, book = fleet_of(miner(A)), UnitBook()
    for power, phase in ((1400.0, Phase.HASHING), (1402.0, Phase.HASHING), (51.0, Phase.ASLEEP)):
        said = report(phase, A, power=Watts(power))
        book.heard(A)
        (unit,) = View(state, {A: said}, NOW, rules=POLLED, book=book).units
        assert (unit.measured_power, unit.hashing) == (power, phase is Phase.HASHING)
    assert made.call_count == 2, "once for each phase"


def test_a_status_that_time_changes_is_made_anew_without_a_report() -> None:
    state, book = fleet_of(miner(A), miner(B)), UnitBook()
    reports: dict[MinerId, MinerReport] = {A: report(Phase.ASLEEP, A), B: report(Phase.HASHING, B)}
    found = [
        View(state, reports, Timestamp(NOW + after), rules=POLLED, book=book).units
        for after in (0, 3, 6, 6.5, 9)
    ]
    assert [units[0].overdue for units in found] == [False, False, False, True, True]
    assert all(units[1] is found[0][1] for units in found[:2])


def test_of_a_fleet_only_those_that_were_woken_are_looked_at_anew_for_how_soon_others_confirm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Mock(wraps=unit_status)
    monkeypatch.setattr(unit_book, "unit_status", made)
    state, book = fleet_of(miner(A), miner(B), miner(C)), UnitBook()
    told, by = {A: RUN, B: IDLE, C: RUN}, Desired(RUN, Version(1), NOW)
    reports = {
        A: report(Phase.ASLEEP, A, desired=by),
        B: report(Phase.ASLEEP, B),
        C: report(Phase.HASHING, C),
    }
    late = []
    for seconds in (6.0, 0.4, 1.4, 0.4):
        schedule = Schedule(told, confirmation=Confirmation(seconds=seconds))
        view = View(state, reports, Timestamp(NOW + 5), schedule, POLLED, book=book)
        late.append(view.units[0].overdue)
    assert late == [False, True, False, True]
    assert made.call_count == 3 + 3, "all, and then the one that was woken and rests"


def test_a_hold_changes_the_status_of_the_miner_that_is_held() -> None:
    state, reports = fleet_of(miner(A), miner(B)), {each: report(Phase.HASHING, each) for each in (A, B)}
    view = View(state, reports, NOW)
    held = replace(state, holds={A: hold(HoldKind.STOPPED, A)})
    assert view.units_in(held)[1] is view.units[1]
    assert view.units_in(held) == View(held, reports, NOW).units


def test_a_miner_is_late_from_the_moment_on_up_to_which_its_status_was_kept() -> None:
    seen_at, rules = Timestamp(6.95), DecisionRules(poll_interval=Seconds(7.7))
    state, book, reports = fleet_of(miner(A)), UnitBook(), {A: report(Phase.ASLEEP, A, seen_at=seen_at)}
    end = seen_at + rules.overdue_after
    just_after = math.nextafter(end, math.inf)
    assert just_after - seen_at <= rules.overdue_after, "to the last bit no difference, and yet later"
    for now in map(Timestamp, (seen_at, end, just_after, end + 0.25)):
        view = View(state, reports, now, rules=rules, book=book)
        assert list(view.units) == list(replace(view, book=UnitBook()).units)


def test_of_a_miner_that_starts_the_seconds_are_counted_without_making_its_status_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Mock(wraps=unit_status)
    monkeypatch.setattr(unit_book, "unit_status", made)
    state, book, reports = fleet_of(miner(A)), UnitBook(), {A: report(Phase.STARTING, A, phase_since=NOW)}
    for after in (0.0, 0.25, 0.75, 1.0, 1.25, 3.0):
        view = View(state, reports, Timestamp(NOW + after), rules=POLLED, book=book)
        (unit,) = view.units
        assert unit.condition is not None
        assert unit.condition.starting_for == int(after)
        assert list(view.units) == list(replace(view, book=UnitBook()).units)
    assert made.call_count == 1 + 6, "once, and once for each of those that were made anew to compare"


@pytest.mark.parametrize("before", [2e-6, 1e-6, 0.5e-6])
def test_the_seconds_of_a_miner_that_starts_go_on_though_it_was_looked_at_right_before_one_is_full(
    before: float,
) -> None:
    state, book, reports = fleet_of(miner(A)), UnitBook(), {A: report(Phase.STARTING, A, phase_since=NOW)}
    for now in (NOW + 1 - before, NOW + 1.25, NOW + 2 - before, NOW + 2.25):
        view = View(state, reports, Timestamp(now), rules=POLLED, book=book)
        assert list(view.units) == list(replace(view, book=UnitBook()).units)
