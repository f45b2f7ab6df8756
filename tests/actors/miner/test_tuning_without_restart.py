"""A miner that is tuned without a restart: it hashes on, and takes newer settings while it settles."""

from dataclasses import replace

import pytest
from driven_miner import FACTS, DrivenMiner

from actors.messages import ActionEnded
from actors.miner.state import Announce
from actors.report import Phase, Step
from netstab.devices.port import Activity
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.errors import CommandRefused
from netstab.power.unit import Capabilities, PowerRange
from netstab.units import GigahashPerSecond, Seconds, Watts

WATTS = PowerRange(Watts(1000.0), Watts(3000.0), Watts(1.0), GigahashPerSecond(100_000.0))
RANGE = Capabilities(
    switchable=True, range=WATTS, restarts_on_change=False, settles_within=Seconds(30.0), volatile=True
)
HASHING, STARTING, STOPPED = Activity.HASHING, Activity.STARTING, Activity.STOPPED


def at(setting: int) -> Setpoint:
    return Setpoint(running=True, point=WATTS.point(Watts(setting)))


@pytest.fixture
def miner() -> DrivenMiner:
    driven = DrivenMiner(replace(FACTS, capabilities=RANGE))
    driven.sees(HASHING, 3000)
    return driven


def endings(miner: DrivenMiner) -> list[ActionEnded]:
    return [effect.news for effect in miner.effects if isinstance(effect, Announce)]


def test_a_tune_costs_no_hashing_and_is_over_once_a_reading_shows_it(miner: DrivenMiner) -> None:
    miner.wants(at(2000), 2)
    miner.ends(True)
    assert (miner.state.phase, miner.state.start, endings(miner)) == (Phase.HASHING, None, [])
    miner.later(5)
    miner.sees(HASHING, 2000)
    assert [(news.step, news.reason) for news in endings(miner)] == [(Step.TUNE, "")]
    assert miner.steps == [Step.TUNE]


def test_a_tune_that_no_reading_shows_in_its_time_has_failed_and_is_backed_off(miner: DrivenMiner) -> None:
    miner.wants(at(2000), 2)
    miner.ends(True)
    for _ in range(5):
        miner.later(5)
        miner.sees(HASHING, 3000)
    assert endings(miner) == []
    miner.later(10)
    miner.sees(HASHING, 3000)
    (news,) = endings(miner)
    assert "no effect" in news.reason
    assert (miner.steps, Step.TUNE in miner.state.backoffs) == ([Step.TUNE], True)


def test_a_newer_setting_goes_out_while_an_older_one_settles(miner: DrivenMiner) -> None:
    miner.wants(at(2000), 2)
    miner.ends(True)
    miner.wants(at(2500), 3)
    assert [send.setting for send in miner.sent] == [2000, 2500]
    miner.ends(True)
    miner.wants(at(2500), 4)
    miner.later(5)
    miner.sees(HASHING, 2100)
    assert [send.setting for send in miner.sent] == [2000, 2500]


def test_a_setting_that_the_device_has_already_is_awaited_and_costs_no_restart(miner: DrivenMiner) -> None:
    miner.wants(at(2000), 2)
    miner.ends(False)
    miner.later(5)
    miner.sees(HASHING, 2000)
    assert miner.steps == [Step.TUNE]
    assert [news.reason for news in endings(miner)] == [""]


def test_a_volatile_setting_is_sent_again_after_a_wake(miner: DrivenMiner) -> None:
    miner.wants(at(2000), 2)
    miner.ends(True)
    miner.sees(HASHING, 2000)
    miner.wants(IDLE, 3)
    miner.ends()
    miner.sees(STOPPED)
    miner.wants(at(2000), 4)
    assert miner.steps[-1] is Step.WAKE
    miner.ends()
    miner.later(60)
    miner.sees(STARTING, 3000, elapsed=5)
    miner.later(60)
    miner.sees(HASHING, 3000, elapsed=65)
    assert (miner.steps[-1], miner.sent[-1].setting) == (Step.TUNE, 2000)


def test_a_sleeping_miner_that_refuses_its_setting_is_woken_and_set_once_it_hashes() -> None:
    miner = DrivenMiner(replace(FACTS, capabilities=replace(RANGE, volatile=False)))
    miner.sees(STOPPED)
    miner.wants(at(2000), 2)
    assert miner.steps == [Step.TUNE]
    miner.ends(CommandRefused("It takes none while it is paused."))
    miner.later(5)
    miner.sees(STOPPED)
    assert miner.steps == [Step.TUNE, Step.WAKE]
    miner.ends()
    miner.later(100)
    miner.sees(HASHING, 3000, elapsed=65)
    assert (miner.steps[-1], miner.sent[-1].setting) == (Step.TUNE, 2000)


def test_a_tuned_miner_that_falls_silent_counts_with_what_it_drew(miner: DrivenMiner) -> None:
    miner.wants(at(2000), 2)
    miner.ends(True)
    drew = miner.state.reading.power if miner.state.reading else 0.0
    miner.falls_silent()
    assert (miner.state.phase, miner.state.lost_power) == (Phase.UNREACHABLE, drew)
