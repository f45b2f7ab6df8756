"""T11: a loss in each of the other tests, and what counts as a defined failsafe and as an honest claim."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from recordings import RESOURCE, ordered_at, recording

from netstab.qualification.catalogue import PROCEDURES
from netstab.qualification.criteria import default_criteria
from netstab.qualification.plan import Loss
from netstab.qualification.site import Recording, Sample
from netstab.qualification.verdict import Outcome
from netstab.units import Seconds, Watts

CRITERIA = default_criteria()
TIMEOUT = CRITERIA["T11.ems_timeout_seconds"]


def _recorded(name: str, seen: Callable[[float, Sample], Sample]) -> Recording:
    """Record a test with a loss; `seen` changes each sample by its seconds since the loss."""
    plan = PROCEDURES[name].plan(RESOURCE, CRITERIA, Random(1))
    cut = plan.outages[0]
    played = recording(plan, lambda at: ordered_at(plan, at))
    asked = (replace(each, target=Watts(ordered_at(plan, each.at))) for each in played.samples)
    return replace(played, samples=tuple(seen(each.at - cut.at, each) for each in asked))


def _outcome(name: str, seen: Callable[[float, Sample], Sample]) -> Outcome:
    return PROCEDURES[name].judge(_recorded(name, seen), CRITERIA).outcome


def _as_it_was(_since: float, sample: Sample) -> Sample:
    return sample


def _safe_after(seconds: float, power: float = RESOURCE.standby) -> Callable[[float, Sample], Sample]:
    def seen(since: float, sample: Sample) -> Sample:
        if not seconds <= since < 600:
            return sample
        return replace(sample, target=None, metered=Watts(power), claimed=Watts(power))

    return seen


def _shows(claimed: float, *, seconds: float, available: bool = True) -> Callable[[float, Sample], Sample]:
    def seen(since: float, sample: Sample) -> Sample:
        if not 0 <= since < seconds:
            return sample
        return replace(sample, claimed=Watts(claimed), available=available)

    return seen


def test_each_loss_is_played_in_each_of_the_others() -> None:
    names = {name for name in PROCEDURES if name.startswith("T11.")}
    others = ("T1", "T2", "T3", "T4", "T5", "T8", "T10")
    assert names == {f"T11.{loss}.{other}" for loss in ("EMS", "TELEMETRY", "METER") for other in others}
    plan = PROCEDURES["T11.METER.T10"].plan(RESOURCE, CRITERIA, Random(1))
    assert [outage.what for outage in plan.outages] == [Loss.METER, Loss.UNITS]


def test_the_failsafe_is_to_come_after_the_time_out_at_its_power_and_for_good() -> None:
    assert _outcome("T11.EMS.T3", _safe_after(TIMEOUT)) is Outcome.PASSED
    assert _outcome("T11.EMS.T3", _as_it_was) is Outcome.FAILED
    assert _outcome("T11.EMS.T3", _safe_after(TIMEOUT + 10)) is Outcome.FAILED
    assert _outcome("T11.EMS.T3", _safe_after(TIMEOUT / 3)) is Outcome.FAILED
    assert _outcome("T11.EMS.T3", _safe_after(TIMEOUT, power=30_000.0)) is Outcome.FAILED


def test_what_is_false_may_be_shown_only_until_a_loss_is_noticed_or_nothing_is_claimed() -> None:
    for name in ("T11.TELEMETRY.T3", "T11.METER.T1"):
        assert _outcome(name, _as_it_was) is Outcome.PASSED
        assert _outcome(name, _shows(0.0, seconds=20.0)) is Outcome.PASSED
        assert _outcome(name, _shows(0.0, seconds=60.0)) is Outcome.FAILED
        assert _outcome(name, _shows(0.0, seconds=60.0, available=False)) is Outcome.PASSED


def test_power_that_rises_above_what_was_ordered_while_nobody_sees_fails() -> None:
    def rises(since: float, sample: Sample) -> Sample:
        return replace(sample, metered=Watts(110_000.0), available=False) if 100 <= since < 110 else sample

    assert _outcome("T11.TELEMETRY.T3", rises) is Outcome.FAILED


def test_an_order_that_is_refused_while_no_unit_answers_is_refused_rightly() -> None:
    played = _recorded("T11.TELEMETRY.T1", _as_it_was)
    at, order = played.plan.outages[0].at, played.receipts[0]
    for seconds, outcome in ((10.0, Outcome.PASSED), (-10.0, Outcome.FAILED)):
        refused = replace(order, at=Seconds(at + seconds), refusal="No unit is reachable.")
        judged = PROCEDURES["T11.TELEMETRY.T1"].judge(replace(played, receipts=(order, refused)), CRITERIA)
        assert judged.outcome is outcome


def test_what_could_not_be_cut_off_is_not_judged() -> None:
    played = replace(_recorded("T11.METER.T1", _as_it_was), notes=("It cannot be taken away.",))
    assert PROCEDURES["T11.METER.T1"].judge(played, CRITERIA).outcome is Outcome.NOT_JUDGED
