"""T12 as it is played and judged: a line that no order explains fails the day, followed orders do not."""

import math
from dataclasses import replace
from random import Random

import pytest
from recordings import RESOURCE, ordered_at, recording

from netstab.qualification.calm_load import DAY_OF_ORDERS, QUIET_DAY
from netstab.qualification.criteria import default_criteria
from netstab.qualification.plan import Plan
from netstab.qualification.procedure import Procedure
from netstab.qualification.site import Recording
from netstab.qualification.verdict import Outcome
from netstab.units import Watts

CRITERIA = default_criteria().changed_by("[T12]\nhours = 0.5\n[site]\nlead_minutes = 1", "a test")
QUIET, BUSY = (day.plan(RESOURCE, CRITERIA, Random(1)) for day in (QUIET_DAY, DAY_OF_ORDERS))


def _played(plan: Plan, swing_percent: float, frequency: float = 0.3) -> Recording:
    """Record a load that follows its orders at once, with a line on top."""
    swing = swing_percent / 100 * RESOURCE.capability

    def power(at: float) -> float:
        return ordered_at(plan, at) + swing * math.sin(2 * math.pi * frequency * at)

    played = recording(plan, power)
    asked = (replace(each, target=Watts(ordered_at(plan, each.at))) for each in played.samples)
    return replace(played, samples=tuple(asked))


def test_a_quiet_day_has_one_order_and_a_day_of_orders_one_each_five_minutes() -> None:
    assert len(QUIET.orders) == 1
    assert [order.at for order in BUSY.orders] == [0.0, *(60.0 + 300.0 * place for place in range(1, 6))]
    assert QUIET.rate == BUSY.rate == 4
    assert QUIET.seconds == BUSY.seconds == 60 + 1800


@pytest.mark.parametrize(("procedure", "plan"), [(QUIET_DAY, QUIET), (DAY_OF_ORDERS, BUSY)])
def test_a_line_above_the_limit_fails_either_day_and_one_below_passes(
    procedure: Procedure, plan: Plan
) -> None:
    assert procedure.judge(_played(plan, 0.9), CRITERIA).outcome is Outcome.PASSED
    failed = procedure.judge(_played(plan, 1.1), CRITERIA)
    assert failed.outcome is Outcome.FAILED
    assert failed.bounds[0].figure == pytest.approx(1.1, abs=0.02)
    assert failed.figures[0].value == pytest.approx(0.3, abs=0.01)


def test_samples_that_are_too_far_apart_to_show_the_band_are_not_judged() -> None:
    slow = replace(QUIET, rate=1)
    verdict = QUIET_DAY.judge(_played(slow, 0.0), CRITERIA)
    assert verdict.outcome is Outcome.NOT_JUDGED
    assert "up to 0.48 Hz, of 2 Hz" in verdict.limited_by


def test_readings_that_are_rarer_than_the_samples_and_a_load_that_is_not_there_are_not_judged() -> None:
    rare = _played(QUIET, 0.0)
    samples = (
        each if place % 4 == 0 else replace(each, metered=None) for place, each in enumerate(rare.samples)
    )
    verdict = QUIET_DAY.judge(replace(rare, samples=tuple(samples)), CRITERIA)
    assert verdict.outcome is Outcome.NOT_JUDGED
    assert "1.00 times a second, of 4" in verdict.limited_by

    dead = tuple(replace(each, metered=Watts(0.0)) for each in rare.samples)
    verdict = QUIET_DAY.judge(replace(rare, samples=dead), CRITERIA)
    assert verdict.outcome is Outcome.NOT_JUDGED
    assert "0 kW on average, of 75 kW ordered" in verdict.limited_by
