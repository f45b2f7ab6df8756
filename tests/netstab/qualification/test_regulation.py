from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import RESOURCE, ordered_at, recording

from netstab.errors import SettingsError
from netstab.qualification.criteria import default_criteria
from netstab.qualification.regulation import REGULATION, regulation
from netstab.qualification.scoring import LONGEST_DELAY, WINDOW, score
from netstab.qualification.signal import read_signal, swinging
from netstab.qualification.verdict import Outcome, Verdict

SHORT = "[site]\nlead_minutes = 1\n[T2]\ntest_minutes = 20"
CRITERIA = default_criteria().changed_by(SHORT, "this test")
PLAN = REGULATION.plan(RESOURCE, CRITERIA, Random(3))
NEEDED = WINDOW + LONGEST_DELAY
values = st.lists(st.floats(-1, 1).map(lambda value: round(value, 3)), min_size=NEEDED, max_size=NEEDED + 20)


def judged(late: float = 0.0, off: float = 0.0) -> Verdict:
    return REGULATION.judge(recording(PLAN, lambda at: ordered_at(PLAN, at - late) + off), CRITERIA)


def figure(found: Verdict, name: str) -> float:
    return next(each.value for each in found.figures if each.name == name) or 0.0


def test_the_signal_is_played_three_times_around_the_baseline_within_the_offer() -> None:
    whole = REGULATION.plan(RESOURCE, default_criteria(), Random(3))
    assert whole.seconds - whole.begins == 3 * 40 * 60 + 300
    targets = [ordered.target or 0.0 for ordered in PLAN.orders]
    assert targets[0] == 60_000.0
    assert 25_000 <= min(targets) < max(targets) <= 95_000
    assert ordered_at(PLAN, PLAN.begins + 700) == ordered_at(PLAN, PLAN.begins + 700 + 1200)


def test_who_follows_perfectly_scores_one() -> None:
    found = judged()
    assert found.outcome is Outcome.PASSED
    assert [bound.figure for bound in found.bounds] == pytest.approx([1.0, 1.0])


def test_a_lag_of_a_minute_costs_about_a_fifth_of_the_delay_and_no_accuracy() -> None:
    found = judged(late=60.0)
    assert figure(found, "accuracy, mean") == pytest.approx(1.0, abs=0.03)
    assert figure(found, "delay, mean") == pytest.approx(0.8, abs=0.05)
    assert figure(found, "delay, an hour") == pytest.approx(0.8, abs=0.05)


def test_a_constant_offset_costs_precision_alone() -> None:
    found = judged(off=10_000.0)
    assert figure(found, "accuracy, mean") == pytest.approx(1.0)
    assert figure(found, "delay, mean") == pytest.approx(1.0)
    assert figure(found, "precision, mean") < 0.6


def test_who_stands_still_fails() -> None:
    found = REGULATION.judge(recording(PLAN, lambda _at: 60_000.0), CRITERIA)
    assert found.outcome is Outcome.FAILED
    assert figure(found, "accuracy, mean") < 0.2


def test_a_signal_of_a_file_is_played_as_it_is() -> None:
    text = "second,signal\n0,0.0\n4,0.5\n8,-1\n" + "".join(f"{at},0\n" for at in range(12, 400, 4))
    plan = regulation(read_signal(text)).plan(RESOURCE, CRITERIA, Random(3))
    begins = plan.begins
    assert [ordered_at(plan, begins + second) for second in (0, 4, 8)] == [60_000.0, 77_500.0, 25_000.0]


@pytest.mark.parametrize(("text", "said"), [("", "no value"), ("t\n0\nx", "line 3"), ("0,1.5", "-1 to 1")])
def test_a_file_that_is_no_signal_is_refused(text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        read_signal(text)


@pytest.mark.parametrize("seed", range(1, 9))
def test_the_bench_s_own_signal_is_neutral_whole_and_as_calm_with_each_seed(seed: int) -> None:
    found = swinging(Random(seed), 2400, 4, 80.0)
    assert len(found) == 600
    assert sum(found) / 600 == pytest.approx(0.0, abs=0.001)
    assert max(map(abs, found)) == 1.0
    assert abs(found[0]) < 0.1
    way = sum(abs(after - before) for before, after in pairwise([*found, found[0]]))
    assert 8 <= 1.5 * way <= 20


def test_a_signal_that_is_too_short_to_score_is_refused_before_anything_moves() -> None:
    with pytest.raises(SettingsError, match="12 s is too short"):
        regulation([0.0, 0.5, -1.0]).plan(RESOURCE, CRITERIA, Random(3))
    with pytest.raises(SettingsError, match="above 0"):
        REGULATION.plan(RESOURCE, CRITERIA.changed_by("[T2]\ntests = 0", "this test"), Random(3))


@settings(max_examples=25, deadline=None)
@given(values, values)
def test_no_part_exceeds_one_and_delay_and_precision_are_shares(
    asked: list[float], given: list[float]
) -> None:
    found = score(asked, given)
    assert found.accuracy <= 1 + 1e-9
    assert 0 <= found.delay <= 1
    assert 0 <= found.precision <= 1


@settings(max_examples=25, deadline=None)
@given(values)
def test_each_signal_is_followed_perfectly_by_itself(asked: list[float]) -> None:
    found = score(asked, asked)
    assert (found.accuracy, found.delay, found.precision) == pytest.approx((1.0, 1.0, 1.0))


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="60 samples"):
        score([0.0] * (NEEDED - 1), [0.0] * NEEDED)
