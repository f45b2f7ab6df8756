"""A goal is met by exactly what it asks for, and not measured where nothing was run."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.dispatch.goal import Goal
from benchmarks.dispatch.goals import goals
from benchmarks.dispatch.judge import soonest_of
from benchmarks.dispatch.matrix import NAMEPLATE, OURS, PERFECT, Job, Outcome
from benchmarks.dispatch.results import Results
from benchmarks.dispatch.signals import days_by_mileage
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import DOCUMENT, FIELD
from netstab.simulation.virtual.site import Composition, Disturbance, Site

FIELD_50 = Site(FIELD, 50, PowerMode.ON_OFF)
FREQUENCY = replace(FIELD_50, mode=PowerMode.FREQUENCY)
DAYS = days_by_mileage()
HARMLESS = {"violations": {"ramp": 0, "hold": 0, "minimum_times": 0, "deactivate": 0}}


def run(
    kind: str, signal: str, figures: dict[str, Any], site: Site = FIELD_50, controller: str = OURS
) -> Outcome:
    return Outcome(Job(kind, signal, controller, site), HARMLESS | figures, None)


def followed(signal: str, total: float, site: Site = FIELD_50, controller: str = OURS) -> Outcome:
    return run("regulation", signal, {"score": {"total": total}}, site, controller)


def met(outcomes: list[Outcome], place: int) -> bool | None:
    """Return whether the goal in that place of the table is met."""
    return stated(outcomes)[place].met


def stated(outcomes: list[Outcome]) -> list[Goal]:
    return goals(Results(outcomes, None, 0.0))


def ten(total: float, site: Site, controller: str) -> list[Outcome]:
    return [followed(day, total, site, controller) for day in DAYS]


def test_without_a_run_no_goal_is_met_or_missed() -> None:
    assert [goal.met for goal in stated([])[:10]] == [None] * 10


@pytest.mark.parametrize(
    ("ours", "plain", "perfect", "reached"),
    [(0.78, 0.77, 0.75, True), (0.77, 0.7, 0.7, False), (0.8, 0.8, 0.7, False), (0.8, 0.7, 0.9, False)],
)
def test_ten_days_are_won_by_score_and_against_both(
    ours: float, plain: float, perfect: float, reached: bool
) -> None:
    runs = [
        *ten(ours, FIELD_50, OURS),
        *ten(plain, FIELD_50, NAMEPLATE),
        *ten(perfect, FIELD_50, PERFECT),
    ]
    assert met(runs, 0) is reached


def test_one_day_may_go_to_perfect_knowledge_and_none_to_nameplate() -> None:
    base = [*ten(0.8, FIELD_50, OURS), *ten(0.7, FIELD_50, NAMEPLATE), *ten(0.7, FIELD_50, PERFECT)]
    lost = {name: followed(DAYS[0], 0.9, FIELD_50, name) for name in (NAMEPLATE, PERFECT)}

    def with_lost(name: str) -> list[Outcome]:
        others = [run for run in base if (run.job.signal, run.job.controller) != (DAYS[0], name)]
        return [*others, lost[name]]

    assert met(with_lost(PERFECT), 0) is True
    assert met(with_lost(NAMEPLATE), 0) is False


def test_a_goal_against_another_is_not_measured_where_the_other_did_not_run() -> None:
    ours = ten(0.8, FIELD_50, OURS)
    assert met([*ours, *ten(0.7, FIELD_50, NAMEPLATE)], 0) is None
    assert met([*ours, *ten(0.7, FIELD_50, PERFECT)], 0) is None
    assert met([*ten(0.8, FREQUENCY, OURS), *ours], 1) is None


def test_frequency_mode_is_not_to_be_worse_than_on_off() -> None:
    plain = ten(0.5, FREQUENCY, NAMEPLATE)
    assert met([*ten(0.8, FREQUENCY, OURS), *plain, *ten(0.8, FIELD_50, OURS)], 1) is True
    assert met([*ten(0.79, FREQUENCY, OURS), *plain, *ten(0.8, FIELD_50, OURS)], 1) is False


def test_slow_and_fast_signals_have_goals_of_their_own() -> None:
    assert met([followed("RegA", 0.89), followed("RegD", 0.68)], 2) is True
    assert met([followed("RegA", 0.89), followed("RegD", 0.67)], 2) is False


def test_half_of_the_power_has_to_be_tunable_on_both_profiles() -> None:
    sites = [
        replace(FIELD_50, profile=profile, composition=Composition.HALF) for profile in (DOCUMENT, FIELD)
    ]
    good = [followed(signal, 0.97, site) for site in sites for signal in (DAYS[0], "RegD")]
    assert met(good, 4) is True
    assert met([*good[:-1], followed("RegD", 0.96, sites[1])], 4) is False
    assert met([followed(DAYS[0], 0.5)], 4) is None  # S9 alone


def test_jitter_may_cost_three_points() -> None:
    still = run("jitter", "0", {"within_5": 0.80})
    assert met([still, run("jitter", "1", {"within_5": 0.771})], 6) is True
    assert met([still, run("jitter", "1", {"within_5": 0.769})], 6) is False


def test_the_error_of_few_miners_is_the_mean_over_the_seeds() -> None:
    def held(errors: tuple[float, float]) -> list[Outcome]:
        return [
            run("levels", "", {"mean_error_percent": error}, replace(FIELD_50, count=10, seed=seed))
            for seed, error in enumerate(errors)
        ]

    assert met(held((1.0, 3.0)), 7) is True
    assert met(held((1.0, 3.1)), 7) is False


def test_acceptance_is_compared_with_the_same_fleet_all_woken_at_once() -> None:
    def tested(controller: str, at_90: int | None, soonest: dict[str, int]) -> Outcome:
        tests = {"60 %": {"seconds": 110, "passed": True}, "90 %": {"seconds": at_90, "passed": True}}
        return run("acceptance", "", {"acceptance": tests, "soonest": soonest}, controller=controller)

    all_woken = tested(NAMEPLATE, 200, {"60 %": 100, "90 %": 140})
    assert met([tested(OURS, 154, {}), all_woken], 8) is True
    assert met([tested(OURS, 155, {}), all_woken], 8) is False
    assert met([tested(OURS, None, {}), all_woken], 8) is False


def test_the_soonest_is_what_the_test_would_see_of_a_fleet_that_is_all_woken() -> None:
    power = np.full(60, 40.0)
    power[12:] = 300.0
    assert soonest_of(power, 100.0) == 20  # samples of 15 and 20 s
    assert soonest_of(np.full(60, 40.0), 100.0) is None


def test_the_half_that_answers_carries_what_it_can() -> None:
    site = replace(FIELD_50, count=40, disturbance=Disturbance(silent=0.5))
    assert met([run("half silent", "", {"carried": 0.96}, site)], 9) is True
    assert met([run("half silent", "", {"carried": 0.94}, site)], 9) is False
