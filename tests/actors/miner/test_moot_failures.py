"""A failed step is told while it matters, and forgotten when it does not any more."""

import pytest
from driven_miner import FACTS, RUN, SET_AWAKE, DrivenMiner
from hypothesis import given
from hypothesis import strategies as st
from points import at

from actors.miner.report import report
from actors.report import Step
from api.miner_views import lasting_error
from netstab.devices.port import Activity
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.errors import CommandRefused, NoEffect, TimedOut
from netstab.units import Timestamp

HOUR = 3600.0


def error_of(miner: DrivenMiner) -> str | None:
    return lasting_error(report(miner.state, FACTS, Timestamp(miner.now)))


def failed(step: Step, activity: Activity = Activity.HASHING) -> DrivenMiner:
    """A miner whose operator's step was refused, with nobody else wanting anything of it."""
    miner = DrivenMiner()
    miner.sees(activity)
    miner.operate(step, order=3, setting=600 if step is Step.TUNE else None)
    miner.ends(CommandRefused(f"no {step}"))
    return miner


PASSING = [Step.RESTART, Step.REBOOT, Step.RESET, Step.TUNE, Step.SLEEP]


@pytest.mark.parametrize("step", PASSING)
def test_an_operators_failed_step_is_told_and_then_forgotten(step: Step) -> None:
    miner = failed(step)
    assert error_of(miner) == f"no {step}"
    miner.later(1.0)
    miner.sees(Activity.HASHING)
    assert error_of(miner) == f"no {step}"
    miner.later(61.0)
    miner.sees(Activity.HASHING)
    assert error_of(miner) is None


@given(st.lists(st.sampled_from(PASSING), min_size=1, max_size=6), st.sampled_from(list(Activity)))
def test_however_many_steps_failed_all_are_forgotten_in_bounded_time(
    steps: list[Step], then: Activity
) -> None:
    miner = DrivenMiner()
    miner.sees(Activity.HASHING)
    for step in steps:
        miner.operate(step, order=3, setting=600 if step is Step.TUNE else None)
        miner.ends(TimedOut("no answer"))
        miner.later(1.0)
    at_rest = Activity.STOPPED if then is Activity.STOPPED else Activity.HASHING
    for _ in range(3):
        miner.later(HOUR)
        miner.sees(at_rest)
    assert error_of(miner) is None


def test_a_reboot_that_worked_makes_a_failed_restart_moot() -> None:
    miner = failed(Step.RESTART)
    miner.later(1.0)
    miner.operate(Step.REBOOT, order=4)
    miner.ends()
    miner.later(30.0)
    miner.sees(Activity.STOPPED)
    miner.later(20.0)
    miner.sees(Activity.HASHING, elapsed=5.0)
    assert error_of(miner) is None


def test_what_is_still_wanted_is_not_forgotten() -> None:
    miner = DrivenMiner(SET_AWAKE)
    miner.sees(Activity.HASHING)
    miner.wants(Setpoint(running=True, point=at(500)), order=2)
    miner.ends(CommandRefused("no frequency"))
    for _ in range(3):
        miner.later(7.0)
        miner.sees(Activity.HASHING)
    assert error_of(miner) == "no frequency"
    miner.later(HOUR)
    miner.sees(Activity.HASHING)
    assert miner.sent[-1].step is Step.TUNE


def test_a_wake_that_failed_counts_until_the_miner_hashes() -> None:
    miner = DrivenMiner()
    miner.sees(Activity.STOPPED)
    miner.wants(RUN, order=2)
    miner.ends(CommandRefused("no wake"))
    miner.wants(IDLE, order=3)
    miner.later(HOUR)
    miner.sees(Activity.STOPPED)
    assert error_of(miner) == "no wake"
    miner.sees(Activity.HASHING)
    assert Step.WAKE not in miner.state.backoffs


def test_a_sleep_that_came_late_is_no_failure_any_more() -> None:
    miner = DrivenMiner()
    miner.sees(Activity.HASHING)
    miner.wants(IDLE, order=2)
    miner.ends(NoEffect("hashes on"))
    assert error_of(miner) == "hashes on"
    miner.later(3.0)
    miner.sees(Activity.STOPPED)
    assert error_of(miner) is None


@pytest.mark.parametrize("step", Step)
def test_what_a_miner_took_is_said_in_words(step: Step) -> None:
    assert "_" not in step.words
    assert step.words.startswith(("a ", "the ", "its "))
