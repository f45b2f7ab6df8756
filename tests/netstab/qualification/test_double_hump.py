from random import Random

import pytest
from recordings import RESOURCE, ordered_at, recording

from netstab.qualification.criteria import default_criteria
from netstab.qualification.double_hump import DOUBLE_HUMP
from netstab.qualification.verdict import Outcome

CRITERIA = default_criteria()
PLAN = DOUBLE_HUMP.plan(RESOURCE, CRITERIA, Random(1))


def test_it_goes_down_and_up_twice_in_ramps_of_five_minutes_with_holds_of_fifteen() -> None:
    assert PLAN.seconds - PLAN.begins == 4 * 20 * 60
    ends = [ordered_at(PLAN, PLAN.begins + 60 * minute) for minute in (5, 19, 25, 39, 45, 59, 65, 79)]
    assert ends == [35_000.0, 35_000.0, 95_000.0, 95_000.0] * 2
    assert ordered_at(PLAN, PLAN.begins + 148) == pytest.approx(65_000, abs=1_000)


def test_who_follows_passes_with_all_of_the_margin() -> None:
    found = DOUBLE_HUMP.judge(recording(PLAN, lambda at: ordered_at(PLAN, at)), CRITERIA)
    assert found.outcome is Outcome.PASSED
    assert [bound.margin for bound in found.bounds] == [5.0, 10.0]


def test_who_is_a_minute_late_is_outside_of_the_band_when_the_hold_begins() -> None:
    found = DOUBLE_HUMP.judge(recording(PLAN, lambda at: ordered_at(PLAN, at - 60)), CRITERIA)
    assert found.outcome is Outcome.FAILED
    assert found.bounds[0].figure == pytest.approx(20.0, abs=1.5)
    assert found.bounds[1].figure == 0.0


def test_an_overshoot_of_an_end_during_a_ramp_is_seen() -> None:
    late = PLAN.begins + 280
    found = DOUBLE_HUMP.judge(
        recording(PLAN, lambda at: 28_000.0 if at == late else ordered_at(PLAN, at)), CRITERIA
    )
    assert found.bounds[1].figure == pytest.approx(100 * 7 / 60)
    assert found.bounds[1].at == late
    assert found.outcome is Outcome.FAILED
