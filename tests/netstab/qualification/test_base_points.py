from collections.abc import Callable
from random import Random

from recordings import RESOURCE, ordered_at, recording

from netstab.qualification.base_points import BASE_POINTS
from netstab.qualification.criteria import default_criteria
from netstab.qualification.plan import Plan
from netstab.qualification.verdict import Outcome, Verdict

CRITERIA = default_criteria()


def plan() -> Plan:
    return BASE_POINTS.plan(RESOURCE, CRITERIA, Random(1))


def judged(power: Callable[[float], float | None]) -> Verdict:
    return BASE_POINTS.judge(recording(plan(), power), CRITERIA)


def test_there_are_24_points_at_random_then_full_load_and_standby_five_minutes_apart() -> None:
    made = plan()
    points = [ordered for ordered in made.orders if ordered.at >= made.begins]
    assert [point.at - made.begins for point in points] == [300.0 * place for place in range(26)]
    assert all(25_000 <= (point.target or 0) <= 95_000 for point in points[:24])
    assert [point.target for point in points[24:]] == [100_000.0, None]
    assert made.orders[0].target == points[0].target


def test_who_draws_what_is_ordered_passes_with_nothing_off() -> None:
    found = judged(lambda at: ordered_at(plan(), at))
    assert found.outcome is Outcome.PASSED
    assert [bound.figure for bound in found.bounds] == [0.0, 0.0]
    assert {figure.value for figure in found.figures} == {26}


def test_what_is_off_before_the_last_minutes_of_an_interval_does_not_count() -> None:
    found = judged(lambda at: ordered_at(plan(), at) if at % 300 >= 150 else 0.0)
    assert found.bounds[0].figure == 0.0


def test_a_constant_deviation_is_told_in_percent_of_the_capability_and_fails_nothing_within_15() -> None:
    found = judged(lambda at: ordered_at(plan(), at) + 4_000)
    assert found.outcome is Outcome.PASSED
    assert [round(bound.figure, 6) for bound in found.bounds] == [4.0, 4.0]
    assert [bound.held for bound in found.bounds] == [True, False]
    assert [figure.value for figure in found.figures] == [26, 26, 0]


def test_one_interval_beyond_the_tolerance_fails_and_says_when_and_how_the_units_stood() -> None:
    end = plan().begins + 600
    found = judged(lambda at: ordered_at(plan(), at) - (20_000 if end - 300 <= at < end else 0))
    assert found.outcome is Outcome.FAILED
    assert found.bounds[0].at == end
    assert found.bounds[0].margin == -5.0
    assert "40 of 50 units hashed, 3 were starting" in found.limited_by


def test_a_meter_that_shows_nothing_for_some_seconds_leaves_it_unjudged() -> None:
    found = judged(lambda at: None if 2000 <= at < 2005 else ordered_at(plan(), at))
    assert found.outcome is Outcome.NOT_JUDGED
    assert "from second 1999 on" in found.limited_by


def test_an_order_that_was_refused_fails_it() -> None:
    made = plan()
    kept = recording(made, lambda at: ordered_at(made, at), refused_at=made.orders[3].at)
    found = BASE_POINTS.judge(kept, CRITERIA)
    assert found.outcome is Outcome.FAILED
    assert "refused" in found.limited_by
