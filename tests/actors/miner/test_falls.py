"""A miner whose process ends by itself at a low setting is left at full power, each time for longer."""

from dataclasses import replace

import pytest
from driven_miner import FACTS, DrivenMiner

from actors.miner.report import report
from actors.report import Step
from netstab.devices.port import Activity
from netstab.dispatch.setpoint import Setpoint
from netstab.power.unit import Capabilities, PowerRange
from netstab.units import GigahashPerSecond, Seconds, Timestamp, Watts

WATTS = PowerRange(Watts(1000.0), Watts(3000.0), Watts(1.0), GigahashPerSecond(100_000.0))
RANGE = Capabilities(
    switchable=True, range=WATTS, restarts_on_change=False, settles_within=Seconds(30.0), volatile=True
)
SLOW = replace(FACTS, capabilities=RANGE, timings=replace(FACTS.timings, start=Seconds(900.0)))
HASHING, STARTING = Activity.HASHING, Activity.STARTING


def at(setting: int) -> Setpoint:
    return Setpoint(running=True, point=WATTS.point(Watts(setting)))


class Timed(DrivenMiner):
    """A device that tells the age of its process, which began at `born`."""

    born = 0.0

    def found(self, activity: Activity, setting: int) -> None:
        self.sees(activity, setting, elapsed=self.now - self.born)

    def falls(self, after: float = 60.0) -> None:
        """Have its process end, and a new one climb to full power."""
        self.later(after)
        self.born = self.now - 10.0
        self.found(STARTING, 3000)
        self.later(500)
        self.found(HASHING, 3000)

    def set_to(self, setting: int) -> None:
        self.ends(True)
        self.later(2)
        self.found(HASHING, setting)


@pytest.fixture
def miner() -> Timed:
    driven = Timed(SLOW)
    driven.found(HASHING, 3000)
    driven.wants(at(2000), 2)
    driven.set_to(2000)
    return driven


def test_it_is_not_set_lower_again_for_half_an_hour_and_says_why(miner: Timed) -> None:
    miner.falls()
    assert miner.steps == [Step.TUNE]
    assert miner.state.last_error is not None
    assert "ended by itself after it was set to 2000" in miner.state.last_error.text
    assert report(miner.state, SLOW, Timestamp(miner.now)).self_tuning == "restarts itself at low power"
    miner.later(1200)
    miner.found(HASHING, 3000)
    assert miner.steps == [Step.TUNE]
    miner.later(101)
    miner.found(HASHING, 3000)
    assert miner.steps == [Step.TUNE, Step.TUNE]
    assert report(miner.state, SLOW, Timestamp(miner.now)).self_tuning == ""


def test_each_fall_in_a_row_has_it_wait_twice_as_long_up_to_four_hours(miner: Timed) -> None:
    waits = []
    for _ in range(6):
        miner.falls()
        fallen = miner.state.fallen
        assert fallen is not None
        waits.append(round(fallen.next_at - (miner.now - 500)))
        miner.later(fallen.next_at - miner.now + 1)
        miner.found(HASHING, 3000)
        miner.set_to(2000)
    assert waits == [1800, 3600, 7200, 14_400, 14_400, 14_400]


def test_a_process_that_ends_again_at_full_power_has_not_fallen_again(miner: Timed) -> None:
    miner.falls()
    miner.falls(300)
    assert miner.state.fallen is not None
    assert miner.state.fallen.failures == 1


def test_a_fall_long_after_the_last_one_counts_as_the_first(miner: Timed) -> None:
    miner.falls()
    fallen = miner.state.fallen
    assert fallen is not None
    miner.later(fallen.next_at - miner.now + FACTS.timings.remembered + 1)
    miner.found(HASHING, 3000)
    miner.set_to(2000)
    miner.falls()
    assert miner.state.fallen is not None
    assert miner.state.fallen.failures == 1


def test_a_process_that_ends_long_after_it_was_set_has_not_fallen(miner: Timed) -> None:
    miner.later(1790)
    miner.found(HASHING, 2000)
    miner.falls(60)
    assert miner.state.fallen is None
    assert miner.steps == [Step.TUNE, Step.TUNE]


def test_a_process_that_was_restarted_from_here_has_not_fallen(miner: Timed) -> None:
    miner.operate(Step.RESTART, 3)
    miner.ends()
    miner.falls(5)
    assert miner.state.fallen is None


def test_a_process_that_ends_at_full_power_has_not_fallen(miner: Timed) -> None:
    miner.wants(at(3000), 3)
    miner.set_to(3000)
    miner.falls()
    assert miner.state.fallen is None


def test_a_miner_whose_setting_outlasts_its_process_is_set_as_ever() -> None:
    miner = Timed(replace(SLOW, capabilities=replace(RANGE, volatile=False)))
    miner.found(HASHING, 3000)
    miner.wants(at(2000), 2)
    miner.set_to(2000)
    miner.falls()
    assert miner.state.fallen is None


def test_it_is_put_to_sleep_all_the_same(miner: Timed) -> None:
    miner.falls()
    miner.wants(Setpoint(running=False, point=None), 3)
    assert miner.steps[-1] is Step.SLEEP
