"""Statuses are made anew only where something has changed, and are what they would be if all were."""

import math
from dataclasses import replace

from fleet_values import NOW, A, B, C, fleet_of, hold, miner, report
from hypothesis import given
from hypothesis import strategies as st
from test_dispatch_properties import limits, natures, often, orders, ramps
from test_preview import holds, lived
from virtual_fleet import Nature

from actors.fleet.unit_book import UnitBook
from actors.fleet.view import DecisionRules, View
from actors.report import MinerReport, Phase
from events.state import HoldKind
from netstab.dispatch.constraints import Constraints
from netstab.units import MinerId, Seconds, Timestamp

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
        view = fleet.controller.loop.view()
        assert list(view.units) == list(replace(view, book=UnitBook()).units)


def test_of_a_second_with_one_report_one_status_is_made() -> None:
    state, book = fleet_of(miner(A), miner(B), miner(C)), UnitBook()
    reports: dict[MinerId, MinerReport] = {each: report(Phase.HASHING, each) for each in (A, B, C)}
    first = View(state, reports, NOW, rules=POLLED, book=book).units
    reports[B] = report(Phase.ASLEEP, B, at=Timestamp(NOW + 1), seen_at=Timestamp(NOW + 1))
    book.heard(B)
    second = View(state, reports, Timestamp(NOW + 1), rules=POLLED, book=book).units
    assert [after is before for before, after in zip(first, second, strict=True)] == [True, False, True]
    assert not second[1].hashing


def test_a_status_that_time_changes_is_made_anew_without_a_report() -> None:
    state, book = fleet_of(miner(A), miner(B)), UnitBook()
    reports: dict[MinerId, MinerReport] = {A: report(Phase.ASLEEP, A), B: report(Phase.HASHING, B)}
    found = [
        View(state, reports, Timestamp(NOW + after), rules=POLLED, book=book).units
        for after in (0, 3, 6, 6.5, 9)
    ]
    assert [units[0].overdue for units in found] == [False, False, False, True, True]
    assert all(units[1] is found[0][1] for units in found[:2])


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
