"""Hours are compared with the same hours, and what they differ by is said."""

from dataclasses import replace

import pytest

from benchmarks.dispatch.days import Hour, better, comparison, hours, mean_and_spread, spread
from benchmarks.dispatch.markdown import NONE
from benchmarks.dispatch.matrix import OURS, PERFECT, Job, Outcome
from benchmarks.dispatch.results import Results
from benchmarks.dispatch.signals import typical_day
from benchmarks.dispatch.summary import summary
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import FIELD
from netstab.simulation.virtual.site import Site

FIRST, SECOND = "2016-04-13", "2016-06-01"


def outcome(controller: str, day: str, total: float) -> Outcome:
    parts = dict.fromkeys(("accuracy", "delay", "precision"), 0.5)
    wear = {"cycles": 2.0, "frequency_changes": 0.0}
    shares = {"rmse_percent": 40.0, "bias_percent": -5.0, "within_5": 0.4}
    job = Job("regulation", day, controller, Site(FIELD, 50, PowerMode.ON_OFF))
    return Outcome(job, {"score": parts | {"total": total}, "wear": wear, **shares}, None)


RUNS = [outcome(OURS, FIRST, 0.8), outcome(OURS, SECOND, 0.6), outcome(PERFECT, FIRST, 0.7)]


def test_a_spread_is_mean_and_standard_deviation() -> None:
    assert spread([0.8, 0.6]) == pytest.approx((0.7, 0.1))
    assert mean_and_spread([0.8, 0.6]) == "0.700 ± 0.100"
    assert mean_and_spread([0.8]) == "0.800"


def test_only_hours_that_both_followed_are_compared() -> None:
    totals = hours(RUNS, "score/total")
    assert totals[OURS] == {Hour(FIRST, 1): 0.8, Hour(SECOND, 1): 0.6}
    assert better(totals[OURS], totals[PERFECT]) == (1, 1)
    assert better(totals[PERFECT], totals[OURS]) == (0, 1)


def test_who_is_as_good_is_not_better() -> None:
    hour = Hour(FIRST, 1)
    assert better({hour: 0.5}, {hour: 0.5}) == (0, 1)


def test_each_hour_stands_in_a_row_of_its_own() -> None:
    text = "\n".join(comparison(RUNS))
    assert f"| {OURS} | 0.700 ± 0.100 | {NONE} |" in text
    assert f"| {PERFECT} | 0.700 | on 1 of 1 |" in text
    assert f"| {SECOND}, seed 1 | 0.600 | {NONE} |" in text


def test_at_a_glance_the_days_stand_beside_what_seeds_differ_by() -> None:
    other = outcome(OURS, typical_day(), 0.9)
    again = replace(
        other, job=replace(other.job, site=replace(other.job.site, seed=2)), figures=RUNS[1].figures
    )
    text = "\n".join(summary(Results([*RUNS, other, again], None, 0.0)))
    assert "| field, on/off | CAISO | 0.767 ± 0.125 | ± 0.150 | 0.700 |" in text
    assert f"| {NONE} | 0 of 0 and 1 of 1 | 2.0 |" in text
