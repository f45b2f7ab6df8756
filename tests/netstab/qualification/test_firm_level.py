"""T10: what comes below a limit in time and stays there passes, with dead units and without a meter."""

from dataclasses import replace
from random import Random

from recordings import RESOURCE, ordered_at, recording

from netstab.qualification.criteria import default_criteria
from netstab.qualification.firm_level import FIRM_LEVEL
from netstab.qualification.plan import Loss
from netstab.qualification.verdict import Outcome, Verdict

CRITERIA = default_criteria()
PLAN = FIRM_LEVEL.plan(RESOURCE, CRITERIA, Random(1))
FALLS, LIFTED = PLAN.limits
LEVEL = FALLS.most or 0.0


def _judged(after: float, *, seconds: float = 60.0, late: float = 0.0) -> Verdict:
    """Judge a load at a power from so many seconds after the limit fell, `late` W higher at its end."""

    def power(at: float) -> float:
        if at < FALLS.at + seconds:
            return ordered_at(PLAN, at)
        return after + (late if at > LIFTED.at - 100 else 0.0)

    return FIRM_LEVEL.judge(recording(PLAN, power), CRITERIA)


def test_the_limit_falls_below_the_load_with_units_dead_and_no_meter() -> None:
    assert PLAN.orders[0].target == 0.95 * RESOURCE.capability
    assert PLAN.orders[0].target > LEVEL
    assert {(outage.what, outage.at < FALLS.at) for outage in PLAN.outages} == {
        (Loss.METER, True),
        (Loss.UNITS, True),
    }
    assert LIFTED.most is None


def test_a_load_that_drops_in_time_and_stays_below_passes() -> None:
    verdict = _judged(LEVEL - 100.0)
    assert verdict.outcome is Outcome.PASSED
    assert [bound.figure for bound in verdict.bounds] == [60.0, 0.0]


def test_one_that_is_too_late_or_above_again_fails() -> None:
    assert _judged(LEVEL - 100.0, seconds=700.0).outcome is Outcome.FAILED
    assert _judged(LEVEL - 100.0, late=101.0).outcome is Outcome.FAILED
    assert _judged(LEVEL + 1.0).outcome is Outcome.FAILED


def test_without_the_bench_s_own_meter_nothing_is_judged() -> None:
    assert FIRM_LEVEL.judge(recording(PLAN, lambda _at: None), CRITERIA).outcome is Outcome.NOT_JUDGED


def test_a_limit_that_was_refused_fails() -> None:
    played = recording(PLAN, lambda at: ordered_at(PLAN, at) if at < FALLS.at else LEVEL - 100.0)
    refused = replace(played, receipts=(replace(played.receipts[0], limits=True, refusal="No."),))
    assert FIRM_LEVEL.judge(refused, CRITERIA).outcome is Outcome.FAILED


def test_a_load_that_was_below_the_limit_before_proves_nothing() -> None:
    verdict = FIRM_LEVEL.judge(recording(PLAN, lambda _at: LEVEL - 100.0), CRITERIA)
    assert verdict.outcome is Outcome.NOT_JUDGED
    assert "not above the limit" in verdict.limited_by
