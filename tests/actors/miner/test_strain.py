"""Each step that begins a mining process anew is told with that, however it ends; nothing else is."""

from dataclasses import replace

import pytest
from driven_miner import FACTS, IDLE, RUN, DrivenMiner
from points import at

from actors.messages import ActionEnded
from actors.miner.state import Announce, MinerFacts
from actors.report import Step
from netstab.devices.port import Activity
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.wear import Strain
from netstab.errors import TimedOut

HASHING, STARTING, STOPPED = Activity.HASHING, Activity.STARTING, Activity.STOPPED
AT_475 = Setpoint(running=True, point=at(475))


def seen(activity: Activity, facts: MinerFacts = FACTS) -> DrivenMiner:
    miner = DrivenMiner(facts)
    miner.sees(activity)
    return miner


def told(miner: DrivenMiner) -> list[ActionEnded]:
    return [effect.news for effect in miner.effects if isinstance(effect, Announce)]


def strains(miner: DrivenMiner) -> list[tuple[Step, Strain | None]]:
    return [(news.step, news.strain) for news in told(miner)]


def test_a_wake_and_the_sleep_after_it_are_one_wake() -> None:
    miner = seen(STOPPED)
    miner.wants(RUN, 1)
    miner.ends()
    miner.later(60)
    miner.sees(HASHING, elapsed=10)
    miner.wants(IDLE, 2)
    miner.ends()
    miner.later(5)
    miner.sees(STOPPED)
    assert strains(miner) == [(Step.WAKE, Strain.WAKE), (Step.SLEEP, None)]


def test_a_wake_that_a_sleep_cuts_short_is_told_once_as_what_it_is() -> None:
    miner = seen(STOPPED)
    miner.wants(RUN, 1)
    miner.ends()
    miner.later(20)
    miner.sees(STARTING)
    miner.wants(IDLE, 2)
    [news] = told(miner)
    assert (news.step, news.version, news.strain, news.cut_short) == (Step.WAKE, 1, Strain.WAKE, True)
    assert (news.seconds, news.refused) == (20.0, False)
    miner.ends()
    miner.later(5)
    miner.sees(STOPPED)
    assert strains(miner) == [(Step.WAKE, Strain.WAKE), (Step.SLEEP, None)]


def test_a_change_of_frequency_restarts_a_miner_that_is_set_while_it_hashes_and_none_that_sleeps() -> None:
    miner = seen(HASHING, replace(FACTS, timings=replace(FACTS.timings, set_asleep=False)))
    miner.wants(AT_475, 1)
    miner.ends()
    miner.later(80)
    miner.sees(HASHING, setting=475, elapsed=5)
    asleep = seen(STOPPED)
    asleep.wants(AT_475, 1)
    asleep.ends()
    assert strains(miner) == [(Step.TUNE, Strain.RESTART)]
    assert Strain.RESTART not in [strain for _, strain in strains(asleep)]


def test_a_setting_that_no_device_restarts_for_wears_nothing() -> None:
    capabilities = replace(FACTS.capabilities, restarts_on_change=False)
    miner = seen(HASHING, replace(FACTS, capabilities=capabilities))
    miner.wants(AT_475, 1)
    miner.ends()
    miner.later(5)
    miner.sees(HASHING, setting=475)
    assert strains(miner) == [(Step.TUNE, None)]


def test_a_reboot_by_an_operator_is_a_restart() -> None:
    miner = seen(HASHING)
    miner.operate(Step.REBOOT, 1)
    miner.ends()
    miner.later(90)
    miner.sees(HASHING, elapsed=10)
    assert strains(miner) == [(Step.REBOOT, Strain.RESTART)]


@pytest.mark.parametrize(
    ("acted", "strain"), [(True, Strain.WAKE), (False, None)], ids=["not answered", "not sent"]
)
def test_a_wake_counts_unless_it_is_sure_that_it_was_not_taken(acted: bool, strain: Strain | None) -> None:
    miner, error = seen(STOPPED), TimedOut("no answer")
    error.may_have_acted = acted
    miner.wants(RUN, 1)
    miner.ends(error)
    assert strains(miner) == [(Step.WAKE, strain)]
