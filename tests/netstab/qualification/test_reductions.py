"""T3, T4 and T8: reductions that are called at a random second. 60 of 100 kW are offered, from 95 kW on."""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import RESOURCE, recording

from netstab.qualification.criteria import Criteria, default_criteria
from netstab.qualification.emergency import EMERGENCY
from netstab.qualification.plan import Plan
from netstab.qualification.procedure import Procedure
from netstab.qualification.reserve import RESERVE_10, RESERVE_30
from netstab.qualification.verdict import Bound, Outcome, Verdict

CRITERIA = default_criteria()
BEFORE = 95_000.0


def plan(procedure: Procedure) -> Plan:
    return procedure.plan(RESOURCE, CRITERIA, Random(7))


def judged(
    procedure: Procedure,
    share: Callable[[float], float],
    restored: float = BEFORE,
    criteria: Criteria = CRITERIA,
) -> Verdict:
    """Judge who delivers a share of the offer so many seconds after the call, until the recall."""
    made = procedure.plan(RESOURCE, criteria, Random(7))
    _, called, recalled = (ordered.at for ordered in made.orders)

    def power(at: float) -> float:
        if at >= recalled:
            return restored
        return BEFORE - (60_000 * share(at - called) if at >= called else 0.0)

    return procedure.judge(recording(made, power), criteria)


QUICK = default_criteria().changed_by(
    """site = {lead_minutes = 1}
T3 = {deadline_minutes = 1, hold_minutes = 3, restore_minutes = 1}
T4 = {deadline_minutes = 1, slow_deadline_minutes = 2, block_minutes = 1, blocks = 3, restore_minutes = 1}
[T8]
quiet_minutes = 1
deadline_minutes = 1
slow_deadline_minutes = 2
interval_minutes = 1
hold_minutes = 4""",
    "this test",
)


def constantly(share: float) -> Callable[[float], float]:
    return lambda _after: share


def bound(found: Verdict, name: str) -> Bound:
    return next(each for each in found.bounds if each.name.startswith(name))


@pytest.mark.parametrize("procedure", [RESERVE_10, RESERVE_30, EMERGENCY])
def test_who_delivers_at_once_and_all_of_it_passes(procedure: Procedure) -> None:
    found = judged(procedure, lambda _after: 1.0)
    assert found.outcome is Outcome.PASSED
    assert all(each.held for each in found.bounds)


@pytest.mark.parametrize("procedure", [RESERVE_10, RESERVE_30, EMERGENCY])
def test_who_delivers_94_percent_fails(procedure: Procedure) -> None:
    found = judged(procedure, lambda _after: 0.94)
    assert found.outcome is Outcome.FAILED
    assert "0.94" in found.limited_by or "94 %" in found.limited_by


@pytest.mark.parametrize("procedure", [RESERVE_10, RESERVE_30, EMERGENCY])
def test_who_does_nothing_fails(procedure: Procedure) -> None:
    assert judged(procedure, lambda _after: 0.0).outcome is Outcome.FAILED


def test_the_call_comes_at_another_second_with_another_seed() -> None:
    called = {RESERVE_10.plan(RESOURCE, CRITERIA, Random(seed)).orders[1].at for seed in range(9)}
    assert len(called) > 5
    assert all(900 <= at <= 1200 for at in called)


def test_a_linear_ramp_of_ten_minutes_is_in_time_and_one_of_eleven_is_not() -> None:
    assert judged(RESERVE_10, lambda after: min(1.0, after / 600)).outcome is Outcome.PASSED
    found = judged(RESERVE_10, lambda after: min(1.0, after / 660))
    assert found.outcome is Outcome.FAILED
    assert bound(found, "delivered at minute 10").figure == pytest.approx(100 * 604.5 / 660, abs=0.1)


def test_a_single_second_below_fails_a_reserve_that_must_be_held() -> None:
    found = judged(RESERVE_10, lambda after: 0.9 if after == 2000 else 1.0)
    assert found.outcome is Outcome.FAILED
    least = bound(found, "least delivered")
    assert least.figure == pytest.approx(90.0)
    assert least.at == plan(RESERVE_10).orders[1].at + 2000


def test_a_return_beyond_where_it_ends_fails() -> None:
    found = judged(RESERVE_10, lambda _after: 1.0, restored=BEFORE + 6_000)
    assert found.outcome is Outcome.FAILED
    assert bound(found, "return").figure > 5


@pytest.mark.parametrize("procedure", [RESERVE_10, RESERVE_30])
def test_who_does_not_come_back_once_recalled_fails(procedure: Procedure) -> None:
    assert judged(procedure, constantly(1.0), restored=0.91 * BEFORE).outcome is Outcome.PASSED
    assert judged(procedure, constantly(1.0), restored=BEFORE - 60_000).outcome is Outcome.FAILED


def test_the_time_to_deliver_is_told() -> None:
    found = judged(RESERVE_10, lambda after: min(1.0, after / 100))
    assert found.figures[0].value == 95.0


def test_a_block_with_too_much_or_too_little_energy_fails() -> None:
    too_much = judged(RESERVE_30, lambda after: 1.2 if after > 2700 else 1.0)
    assert too_much.outcome is Outcome.FAILED
    assert bound(too_much, "energy").figure == pytest.approx(20.0)


def test_what_comes_after_12_minutes_and_a_half_is_late_for_a_block() -> None:
    found = judged(RESERVE_30, lambda after: 1.0 if after > 800 else 0.0)
    assert not bound(found, "delivered at minute 12.5").held
    assert bound(found, "least delivered after minute 30").held


def test_the_factor_is_of_each_interval_after_the_deadline_and_too_much_makes_up_for_nothing() -> None:
    found = judged(EMERGENCY, lambda after: 0.9 if 600 <= after < 1500 else 1.5)
    after_10, after_30 = found.bounds
    assert after_10.figure == pytest.approx(0.9)
    assert after_30.figure == 1.0
    assert found.outcome is Outcome.FAILED


shares = st.floats(0.0, 1.6)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([RESERVE_10, RESERVE_30, EMERGENCY]), shares)
def test_it_is_passed_where_all_that_is_required_is_held_and_nowhere_else(
    procedure: Procedure, share: float
) -> None:
    found = judged(procedure, lambda _after: share, criteria=QUICK)
    assert (found.outcome is Outcome.PASSED) == all(each.held for each in found.bounds if each.required)
    tightest = min(found.bounds, key=lambda each: each.share)
    assert found.limited_by.startswith(tightest.name)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([RESERVE_10, EMERGENCY]), shares, shares)
def test_who_delivers_more_is_never_held_to_have_delivered_less(
    procedure: Procedure, one: float, other: float
) -> None:
    less, more = (judged(procedure, constantly(part), criteria=QUICK) for part in sorted((one, other)))
    for before, after in zip(less.bounds[:2], more.bounds[:2], strict=True):
        assert after.figure >= before.figure - 1e-9
