from collections.abc import Callable
from random import Random

from recordings import RESOURCE, ordered_at, recording

from netstab.qualification.base_points import BASE_POINTS
from netstab.qualification.criteria import default_criteria
from netstab.qualification.verdict import Outcome, Verdict

CRITERIA = default_criteria().changed_by("[site]\nlead_minutes = 1\n[T1]\npoints = 4", "this test")
PLAN = BASE_POINTS.plan(RESOURCE, CRITERIA, Random(1))


def judged(power: Callable[[float], float | None]) -> Verdict:
    return BASE_POINTS.judge(recording(PLAN, power), CRITERIA)


def test_there_are_24_points_at_random_then_full_load_and_standby_five_minutes_apart() -> None:
    made = BASE_POINTS.plan(RESOURCE, default_criteria(), Random(1))
    points = [ordered for ordered in made.orders if ordered.at >= made.begins]
    assert [point.at - made.begins for point in points] == [300.0 * place for place in range(26)]
    assert all(25_000 <= (point.target or 0) <= 95_000 for point in points[:24])
    assert [point.target for point in points[24:]] == [100_000.0, None]
    assert made.orders[0].target == points[0].target


def test_who_draws_what_is_ordered_passes_with_nothing_off() -> None:
    found = judged(lambda at: ordered_at(PLAN, at))
    assert found.outcome is Outcome.PASSED
    assert [bound.figure for bound in found.bounds] == [0.0, 0.0]
    assert {figure.value for figure in found.figures} == {6}


def test_what_is_off_before_the_last_minutes_of_an_interval_does_not_count() -> None:
    found = judged(lambda at: ordered_at(PLAN, at) if (at - PLAN.begins) % 300 >= 150 else 0.0)
    assert found.bounds[0].figure == 0.0


def test_a_constant_deviation_is_told_in_percent_of_the_capability_and_fails_nothing_within_15() -> None:
    found = judged(lambda at: ordered_at(PLAN, at) + 4_000)
    assert found.outcome is Outcome.PASSED
    assert [round(bound.figure, 6) for bound in found.bounds] == [4.0, 4.0]
    assert [bound.held for bound in found.bounds] == [True, False]
    assert [figure.value for figure in found.figures] == [6, 6, 0]


def test_one_interval_beyond_the_tolerance_fails_and_says_when_and_how_the_units_stood() -> None:
    end = PLAN.begins + 600
    found = judged(lambda at: ordered_at(PLAN, at) - (20_000 if end - 300 <= at < end else 0))
    assert found.outcome is Outcome.FAILED
    assert found.bounds[0].at == end
    assert found.bounds[0].margin == -5.0
    assert "40 of 50 units hashed, 3 were starting" in found.limited_by


def test_a_meter_that_shows_nothing_for_some_seconds_leaves_it_unjudged() -> None:
    found = judged(lambda at: None if 1000 <= at < 1005 else ordered_at(PLAN, at))
    assert found.outcome is Outcome.NOT_JUDGED
    assert "from second 999 on" in found.limited_by


def test_an_order_that_was_refused_fails_it() -> None:
    kept = recording(PLAN, lambda at: ordered_at(PLAN, at), refused_at=PLAN.orders[3].at)
    found = BASE_POINTS.judge(kept, CRITERIA)
    assert found.outcome is Outcome.FAILED
    assert "refused" in found.limited_by
