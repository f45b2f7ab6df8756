"""A unit that is started by its setting, and watches over who sets it: a site."""

from dataclasses import replace

import pytest
from driven_miner import FACTS, DrivenMiner

from actors.messages import ActionEnded
from actors.miner.report import report
from actors.miner.state import Announce
from actors.report import Phase, Step
from netstab.devices.port import Activity, Reading
from netstab.devices.site.family import NETSTAB
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.errors import CommandRefused, TimedOut
from netstab.power.unit import Capabilities, PowerRange
from netstab.units import GigahashPerSecond, Seconds, Timestamp, Watts

WATTS = PowerRange(Watts(10_000.0), Watts(300_000.0), Watts(1000.0), GigahashPerSecond(0.0))
SITE = Capabilities(
    switchable=True,
    range=WATTS,
    restarts_on_change=False,
    settles_within=Seconds(150.0),
    starts_when_set=True,
)
RENEW = NETSTAB.timings.renew or Seconds(0.0)
HASHING, STARTING, STOPPED = Activity.HASHING, Activity.STARTING, Activity.STOPPED


def at(power: int) -> Setpoint:
    return Setpoint(running=True, point=WATTS.point(Watts(power)))


def seen(activity: Activity, setting: int | str, no_orders: str = "") -> Reading:
    nothing = GigahashPerSecond(0.0)
    return Reading(activity, Watts(9e3), nothing, setting, None, (), (), takes_no_orders=no_orders)


@pytest.fixture
def site() -> DrivenMiner:
    driven = DrivenMiner(replace(FACTS, capabilities=SITE, timings=NETSTAB.timings, home_setting=None))
    driven.polled(seen(STOPPED, 0))
    return driven


def told(site: DrivenMiner) -> list[tuple[Step, object]]:
    return [(send.step, send.setting) for send in site.sent]


def endings(site: DrivenMiner) -> list[ActionEnded]:
    return [effect.news for effect in site.effects if isinstance(effect, Announce)]


def test_a_site_at_rest_is_set_and_not_woken_and_is_on_its_way_until_it_draws(site: DrivenMiner) -> None:
    site.wants(at(100_000), 2)
    site.ends(True)
    site.polled(seen(STARTING, 100_000))
    assert (told(site), site.state.phase) == ([(Step.TUNE, 100_000)], Phase.STARTING)
    site.later(4)
    site.polled(seen(HASHING, 100_000))
    assert [(news.step, news.reason) for news in endings(site)] == [(Step.TUNE, "")]


def test_a_site_that_starts_or_sheds_takes_a_newer_power_at_once(site: DrivenMiner) -> None:
    site.wants(at(100_000), 2)
    site.ends(True)
    site.polled(seen(STARTING, 100_000))
    site.wants(at(50_000), 3)
    site.ends(True)
    site.polled(seen(HASHING, 50_000))
    site.wants(IDLE, 4)
    site.ends()
    site.polled(seen(HASHING, 0))
    site.wants(at(70_000), 5)
    assert told(site) == [(Step.TUNE, 100_000), (Step.TUNE, 50_000), (Step.SLEEP, None), (Step.TUNE, 70_000)]


def test_a_site_that_was_set_to_the_same_before_its_rest_is_set_again(site: DrivenMiner) -> None:
    site.wants(at(100_000), 2)
    site.ends(True)
    site.polled(seen(HASHING, 100_000))
    site.wants(IDLE, 3)
    site.ends()
    site.polled(seen(STOPPED, 0))
    site.wants(at(100_000), 4)
    assert told(site)[-1] == (Step.TUNE, 100_000)


def test_a_power_that_may_have_arrived_is_sent_again_after_its_wait(site: DrivenMiner) -> None:
    site.wants(at(100_000), 2)
    late = TimedOut("no answer")
    late.may_have_acted = True
    site.ends(late)
    site.later(6)
    site.polled(seen(STOPPED, 0))
    assert told(site) == [(Step.TUNE, 100_000)] * 2


def test_what_another_commands_it_to_is_set_anew(site: DrivenMiner) -> None:
    site.wants(at(100_000), 2)
    site.ends(True)
    site.polled(seen(HASHING, 100_000))
    site.polled(seen(HASHING, "failsafe"))
    assert told(site) == [(Step.TUNE, 100_000)] * 2


def test_what_holds_is_said_again_in_time_whatever_came_of_it_the_last_time(site: DrivenMiner) -> None:
    site.wants(at(100_000), 2)
    site.ends(True)
    site.polled(seen(STARTING, 100_000))
    for outcome in (None, TimedOut("no answer"), CommandRefused("not now"), None):
        site.later(RENEW)
        site.polled(seen(STARTING, 100_000))
        assert site.state.transition is not None
        site.ends(outcome)
        site.polled(seen(STARTING, 100_000))
    assert told(site) == [(Step.TUNE, 100_000), *[(Step.RENEW, 100_000)] * 4]
    assert (endings(site), site.state.backoffs) == ([], {})
    site.polled(seen(HASHING, 100_000))
    assert report(site.state, site.facts, Timestamp(site.now)).settled


def test_standby_is_said_again_too_and_its_fence_does_not_keep_it_back(site: DrivenMiner) -> None:
    site.fenced = 3
    site.wants(IDLE, 3)
    site.later(RENEW)
    site.polled(seen(STOPPED, 0))
    assert told(site)[-1] == (Step.RENEW, None)
    assert site.sent[-1].starts_nothing


def test_no_power_is_said_again_that_a_deactivation_has_overtaken(site: DrivenMiner) -> None:
    site.wants(at(100_000), 2)
    site.ends(True)
    site.fenced = 3
    site.later(RENEW)
    site.polled(seen(HASHING, 100_000))
    assert told(site) == [(Step.TUNE, 100_000)]


def test_who_is_released_or_takes_no_orders_hears_nothing(site: DrivenMiner) -> None:
    site.later(RENEW)
    site.polled(seen(HASHING, 0))
    assert told(site) == []
    site.polled(seen(HASHING, "override", "it is under manual override"))
    site.wants(at(100_000), 2)
    site.later(RENEW)
    site.polled(seen(HASHING, "override", "it is under manual override"))
    assert told(site) == []
    site.polled(seen(HASHING, 0))
    assert told(site) == [(Step.TUNE, 100_000)]
