"""What the trials order, and the figures that are made of them, on cases whose answer is known."""

import numpy as np
import pytest

from actors.report import Step
from benchmarks.dispatch import trial_tables, trials
from benchmarks.dispatch.disturbances import disturb, silent_of
from benchmarks.dispatch.markdown import NONE
from benchmarks.dispatch.matrix import OURS, Job, Outcome
from benchmarks.dispatch.restart import outside
from benchmarks.dispatch.results import Results
from benchmarks.dispatch.run import Scenario
from benchmarks.dispatch.scenarios import BEGINS, usual_rules
from benchmarks.dispatch.trial_judge import (
    carried,
    error_percent,
    mean_error_percent,
    nearest_error_percent,
    overshoot,
    wakes_per_miner,
)
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import DOCUMENT, FIELD
from netstab.simulation.virtual.miner import Sent
from netstab.simulation.virtual.plant import Plant
from netstab.simulation.virtual.site import Disturbance, Site, capability
from netstab.units import MinerId

SITE = Site(DOCUMENT, 10, PowerMode.ON_OFF)
FULL = capability(SITE)
A, B = MinerId("127.7.1.1"), MinerId("127.7.1.2")


def shares(scenario: Scenario, begin: float, end: float) -> list[float]:
    """Return the targets that are ordered from `begin` until `end`, in shares of the capability."""
    return [(order.target or 0.0) / FULL for order in scenario.orders if begin <= order.at < end]


def test_a_mean_error_has_a_sign() -> None:
    assert error_percent(np.array([80.0, 100.0]), np.full(2, 100.0)) == pytest.approx(-10)


def test_a_mean_error_begins_anew_with_each_order() -> None:
    power = np.array([0.0, 0.0, 90.0, 90.0, 0.0, 0.0, 220.0, 220.0])
    target = np.array([100.0] * 4 + [200.0] * 4)
    assert mean_error_percent(power, target, hold=4, settled=2) == pytest.approx(10)


def test_the_nearest_subset_is_that_of_all_units() -> None:
    # 3 miners of 100 W and 10 W asleep: 130 W is met best by one, 260 W by two or three.
    assert nearest_error_percent([130.0], 10, [100, 100, 100]) == pytest.approx(100 * 20 / 130)
    assert nearest_error_percent([210.0, 420.0], 10, [100, 100, 100]) == pytest.approx(
        (0 + 100 * 110 / 420) / 2
    )


def test_only_what_is_above_the_band_is_an_overshoot() -> None:
    power = np.array([300.0, 106.0, 105.0, 50.0])
    found = overshoot(power, np.full(4, 100.0))
    assert found["seconds"] == 2
    assert found["energy"] == pytest.approx(2.06)


def test_what_is_carried_is_measured_by_what_could_be() -> None:
    power = np.full(30, 40.0)
    assert carried(power, target=80.0, possible=50.0) == pytest.approx(0.8)
    assert carried(power, target=40.0, possible=50.0) == pytest.approx(1.0)


def test_wakes_are_counted_within_the_time_that_is_asked_for() -> None:
    sent = [Sent(at, A, Step.WAKE, 1) for at in (9.0, 10.0, 19.0, 20.0)] + [Sent(15.0, B, Step.SLEEP, 1)]
    assert wakes_per_miner(sent, 4, 10, 20) == 0.5


def test_jitter_stays_within_its_percents() -> None:
    told = shares(trials.jitter(SITE, "1"), BEGINS, BEGINS + trials.JITTER_HOLD)
    assert len(told) == 300
    assert 0.594 <= min(told) < 0.5945
    assert 0.6055 < max(told) <= 0.606


def test_without_jitter_the_same_power_is_told_again() -> None:
    told = shares(trials.jitter(SITE, "0"), 0, 10_000)
    assert {round(share, 4) for share in told} == {0.6, 0.8}


def test_a_storm_lasts_two_minutes_with_calm_before_and_after() -> None:
    scenario = trials.storm(SITE, "2")
    begin, end = trials.STORM_BEGINS, trials.STORM_BEGINS + trials.STORM
    wild = shares(scenario, begin, end)
    assert len(wild) == 60
    assert min(wild) >= 0.25
    assert max(wild) <= 0.95
    assert shares(scenario, end, scenario.seconds) == pytest.approx([0.6])


def test_a_collapse_comes_in_the_middle_of_the_wakes_or_long_after_them() -> None:
    for site in (SITE, Site(FIELD, 10, PowerMode.ON_OFF)):
        climbing, steady = (trials.collapse(site, which).orders[-2:] for which in ("climbing", "steady"))
        assert climbing[1].at - climbing[0].at < trials.wake_time(site)
        assert steady[1].at - steady[0].at > 5 * trials.wake_time(site)


def test_half_of_those_that_can_be_controlled_fall_silent_when_it_is_time() -> None:
    site = Site(FIELD, 12, PowerMode.ON_OFF, disturbance=Disturbance(silent=0.5, silent_from=30.0))
    plant, chosen = Plant(site, asleep=True), silent_of(site)
    disturb(plant, trials.cold_start(site, ""))
    able = [miner_id for miner_id, known in plant.registered.items() if known.controllable]
    assert len(chosen) == round(len(able) / 2)
    assert chosen < set(able)
    plant.run_until(29.0)
    assert all(report.consecutive_failures == 0 for report in plant.reports.values())
    plant.run_until(60.0)
    failing = {miner_id for miner_id, report in plant.reports.items() if report.consecutive_failures}
    assert failing == chosen


def test_what_came_of_trials_stands_in_tables() -> None:
    silent = Job("half silent", "", OURS, SITE)
    outcomes = [Outcome(silent, {"carried": 0.954, "asked_of_silent": 0.6}, None)]
    for seed, error in ((1, 4.0), (2, 6.0)):
        job = Job("levels", "", OURS, Site(DOCUMENT, 3, PowerMode.ON_OFF, seed=seed))
        outcomes.append(Outcome(job, {"mean_error_percent": error, "best_error_percent": 2.0}, None))
    text = "\n".join(trial_tables.trials(Results(outcomes, None, 0.0)))
    assert f"| document, 10, on/off |  | {OURS} | 95.4 | 60 |" in text
    assert f"| document, 3 | held | 5.0 ± 1.0 | {NONE} | {NONE} | 2.0 ± 0.0 |" in text


def test_time_outside_the_band_is_counted_until_the_next_look() -> None:
    seconds, furthest = outside([0.0, 1.0, 3.0, 4.0], [100.0, 80.0, 104.0, 96.0], 100.0, 0.05)
    assert seconds == 2.0
    assert furthest == pytest.approx(0.2)


def test_the_product_keeps_to_what_is_right_for_real_miners_in_the_field() -> None:
    field = Site(FIELD, 200, PowerMode.ON_OFF)
    assert usual_rules(field).constraints.wake_batch_size == 80
    assert usual_rules(SITE).constraints.wake_batch_size == 0
