"""A miner that says OK to a setting and does not follow counts for what it draws until one has an effect."""

from dataclasses import replace

import pytest
from driven_miner import FACTS, RUN, SET_AWAKE, DrivenMiner
from fleet_values import fleet_of
from fleet_values import miner as registered

from actors.fleet.availability import availability
from actors.fleet.maintenance import needs_maintenance
from actors.miner.report import report
from actors.report import MinerReport, Step
from netstab.devices.port import Activity
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.unit_status import Availability
from netstab.errors import TimedOut
from netstab.power.unit import Capabilities, PowerRange
from netstab.units import GigahashPerSecond, Seconds, Timestamp, Watts

WATTS = PowerRange(Watts(1000.0), Watts(3000.0), Watts(1.0), GigahashPerSecond(100_000.0))
RANGE = Capabilities(switchable=True, range=WATTS, restarts_on_change=False, settles_within=Seconds(30.0))
HASHING, STOPPED = Activity.HASHING, Activity.STOPPED
LEFT = "does not take its setting"


def at(setting: int) -> Setpoint:
    return Setpoint(running=True, point=WATTS.point(Watts(setting)))


class Deaf(DrivenMiner):
    """A device that says OK to each setting and runs on at 3000."""

    orders = 1

    def told(self, setpoint: Setpoint) -> None:
        self.orders += 1
        self.wants(setpoint, self.orders)

    def waits(self, seconds: float) -> None:
        self.later(seconds)
        self.sees(HASHING, 3000)

    def is_tried(self) -> None:
        """Be told another setting without an effect, and none from then on, as the fleet tells it."""
        self.told(at(2000))
        self.ends(True)
        self.waits(31)
        self.told(RUN)

    @property
    def reported(self) -> MinerReport:
        return report(self.state, self.facts, Timestamp(self.now))


@pytest.fixture
def miner() -> Deaf:
    deaf = Deaf(replace(FACTS, capabilities=RANGE))
    deaf.sees(HASHING, 3000)
    deaf.told(at(2000))
    deaf.ends(True)
    assert deaf.reported.self_tuning == ""
    deaf.waits(31)
    deaf.told(RUN)
    return deaf


def test_it_is_left_as_it_is_until_it_may_be_tried_again_and_while_it_is(miner: Deaf) -> None:
    assert miner.reported.self_tuning == LEFT
    miner.waits(55)
    assert (miner.reported.self_tuning, miner.steps) == (LEFT, [Step.TUNE])
    miner.waits(6)
    assert miner.reported.self_tuning == ""
    miner.told(at(2000))
    miner.ends(True)
    assert (miner.reported.self_tuning, miner.steps) == (LEFT, [Step.TUNE, Step.TUNE])


def test_it_comes_back_by_itself_once_a_setting_has_its_effect(miner: Deaf) -> None:
    miner.waits(61)
    miner.told(at(2000))
    miner.ends(True)
    miner.told(RUN)
    miner.later(5)
    miner.sees(HASHING, 2000)
    assert (miner.reported.self_tuning, miner.reported.backoffs) == ("", ())


def test_what_it_was_told_last_may_show_long_after(miner: Deaf) -> None:
    miner.later(20)
    miner.sees(HASHING, 2000)
    assert (miner.reported.self_tuning, miner.reported.backoffs) == ("", ())


def test_it_waits_twice_as_long_each_time_and_is_to_be_looked_at_after_three(miner: Deaf) -> None:
    fleet = fleet_of(registered(FACTS.miner_id, capabilities=RANGE))
    waits = []
    for failures in (1, 2, 3):
        backoff = miner.state.backoffs[Step.TUNE]
        assert backoff.failures == failures
        waits.append(backoff.next_at - miner.now)
        found = needs_maintenance(fleet, {FACTS.miner_id: miner.reported}, Timestamp(miner.now))
        words = ["does not take a setting: 3 attempts in a row failed"] if failures == 3 else []
        assert [each.reason for each in found] == words
        miner.waits(waits[-1] + 1)
        miner.is_tried()
    assert waits == [60, 120, 240]


def test_one_that_rests_is_woken_as_it_is(miner: Deaf) -> None:
    miner.sees(STOPPED)
    assert Step.TUNE in miner.state.backoffs
    unit = registered(FACTS.miner_id, capabilities=RANGE)
    assert availability(unit, miner.reported, None) == (Availability.AVAILABLE, "")


def test_one_that_a_setting_restarts_fails_as_ever() -> None:
    miner = Deaf(SET_AWAKE)
    miner.sees(HASHING, 650)
    miner.told(at(2000))
    miner.ends(TimedOut("no answer"))
    assert Step.TUNE in miner.state.backoffs
    assert miner.reported.self_tuning == ""
