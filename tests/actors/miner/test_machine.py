import itertools

import pytest
from driven_miner import FACTS, IDLE, RUN, SET_AWAKE, DrivenMiner
from points import at

from actors.messages import PollDue, Polled, ReleaseControl, SetTarget
from actors.miner.report import report
from actors.miner.state import Announce, Answer, MinerFacts, Poll, Probe, Withdraw
from actors.miner.steps import lane_of
from actors.report import Phase, Step
from netstab.devices.lanes import Lane
from netstab.devices.port import Activity
from netstab.dispatch.setpoint import Setpoint
from netstab.errors import (
    CommandRefused,
    ConnectionLost,
    DeviceError,
    MalformedAnswer,
    PortClosed,
    TimedOut,
    Unauthorized,
    Unreachable,
    Withdrawn,
)
from netstab.power.tuning import Tuning
from netstab.units import Seconds, Timestamp, Version

HASHING, STARTING, STOPPED = Activity.HASHING, Activity.STARTING, Activity.STOPPED
AT_475 = Setpoint(running=True, point=at(475))


def hashing_miner(facts: MinerFacts = FACTS) -> DrivenMiner:
    miner = DrivenMiner(facts)
    miner.sees(HASHING)
    return miner


def sleeping_miner() -> DrivenMiner:
    miner = DrivenMiner()
    miner.sees(STOPPED)
    return miner


def waking_miner() -> DrivenMiner:
    miner = sleeping_miner()
    miner.wants(RUN, 1)
    miner.ends()
    return miner


def phase(miner: DrivenMiner) -> Phase:
    return miner.state.phase


def test_a_miner_that_nobody_wants_anything_of_is_left_alone() -> None:
    miner = hashing_miner()
    miner.later(60)
    miner.sees(HASHING)
    assert miner.sent == []


def test_a_sleeping_miner_that_is_wanted_is_woken_once() -> None:
    miner = waking_miner()
    for _ in range(10):
        miner.later(5)
        miner.falls_silent()
    assert miner.steps == [Step.WAKE]
    assert miner.state.phase is Phase.STARTING


def test_a_woken_miner_that_hashes_has_settled_and_says_so() -> None:
    miner = waking_miner()
    miner.later(60)
    miner.sees(HASHING, elapsed=10)
    assert miner.state.transition is None
    assert [effect.news.reason for effect in miner.effects if isinstance(effect, Announce)] == [""]


def test_a_wake_that_never_comes_is_announced_and_tried_again_later_each_time() -> None:
    miner = waking_miner()
    attempts = []
    for _ in range(4000):
        miner.later(5)
        before = len(miner.sent)
        miner.sees(STOPPED)
        if len(miner.sent) > before:
            attempts.append(miner.now)
            miner.ends()
    gaps = [later - earlier for earlier, later in itertools.pairwise(attempts)]
    assert len(gaps) >= 5
    assert all(b >= a for a, b in itertools.pairwise(gaps))
    assert max(gaps) <= 240 + 1800 + 10
    assert any("no effect" in effect.news.reason for effect in miner.effects if isinstance(effect, Announce))


def test_a_woken_miner_that_answers_again_without_a_mining_process_has_failed_and_waits_its_time() -> None:
    miner = waking_miner()
    woken = miner.now
    miner.later(10)
    miner.falls_silent()
    miner.later(60)
    miner.sees(STOPPED)
    assert phase(miner) is Phase.STARTING
    miner.later(5)
    miner.sees(STOPPED)
    assert phase(miner) is Phase.ASLEEP
    assert Step.WAKE in miner.state.backoffs
    while miner.steps == [Step.WAKE]:
        miner.later(5)
        miner.sees(STOPPED)
    assert miner.now == woken + 240 + 30


def test_a_woken_miner_whose_process_runs_has_all_its_time_to_hash() -> None:
    miner = waking_miner()
    miner.later(10)
    miner.falls_silent()
    miner.later(70)
    miner.sees(STARTING, elapsed=2)
    miner.later(100)
    miner.sees(STARTING, elapsed=102)
    assert phase(miner) is Phase.STARTING
    assert miner.state.backoffs == {}


def test_a_hashing_miner_that_is_to_be_idle_is_put_to_sleep() -> None:
    miner = hashing_miner()
    miner.wants(IDLE, 1)
    assert miner.steps == [Step.SLEEP]
    miner.ends()
    miner.later(5)
    miner.sees(STOPPED)
    assert miner.state.phase is Phase.ASLEEP
    assert miner.state.transition is None


def test_a_deactivate_during_a_boot_waits_for_the_process_and_then_stops_it() -> None:
    miner = waking_miner()
    miner.wants(IDLE, 2)
    miner.later(5)
    miner.falls_silent()
    assert miner.steps == [Step.WAKE]
    miner.later(30)
    miner.sees(STARTING, elapsed=2)
    assert miner.steps == [Step.WAKE, Step.SLEEP]


def test_a_wake_that_waits_to_be_sent_is_withdrawn_by_a_deactivate() -> None:
    miner = sleeping_miner()
    miner.wants(RUN, 1)
    wake = miner.sent[-1]
    assert Withdraw(wake.token) in miner.give(SetTarget(IDLE, Version(2)))
    miner.ends(Withdrawn("overtaken"))
    assert miner.steps == [Step.WAKE]
    assert miner.state.backoffs == {}


def test_a_miner_that_starts_by_itself_is_put_back() -> None:
    miner = sleeping_miner()
    miner.wants(IDLE, 1)
    miner.later(300)
    miner.sees(HASHING, elapsed=5)
    assert miner.steps == [Step.SLEEP]


def test_a_released_miner_is_not_touched_when_it_comes_back() -> None:
    miner = hashing_miner()
    miner.wants(RUN, 1)
    miner.falls_silent()
    miner.give(ReleaseControl(Version(2)))
    miner.later(60)
    miner.sees(STOPPED)
    assert miner.sent == []


def test_one_lost_answer_does_not_make_a_miner_unreachable() -> None:
    miner = hashing_miner()
    miner.polled(TimedOut("no answer"))
    assert phase(miner) is Phase.HASHING
    miner.polled(TimedOut("no answer"))
    assert phase(miner) is Phase.UNREACHABLE
    assert miner.state.reading is None


def test_a_miner_that_answers_again_is_reachable_at_once() -> None:
    miner = hashing_miner()
    miner.falls_silent()
    miner.sees(HASHING)
    assert miner.state.phase is Phase.HASHING


def test_a_changed_password_is_told_apart_from_silence() -> None:
    miner = DrivenMiner()
    miner.polled(TimedOut("no answer"), Unauthorized("401"))
    assert miner.state.phase is Phase.LOCKED


def test_polls_do_not_pile_up() -> None:
    miner = DrivenMiner()
    first = miner.give(PollDue())
    assert any(isinstance(effect, Poll) for effect in first)
    assert not any(isinstance(effect, Poll) for effect in miner.give(PollDue()))


def test_a_frequency_is_set_only_where_it_differs() -> None:
    miner = hashing_miner(SET_AWAKE)
    miner.wants(Setpoint(running=True, point=at(650)), 1)
    assert miner.sent == []
    miner.wants(AT_475, 2)
    assert miner.steps == [Step.TUNE]


def test_a_frequency_change_has_settled_when_the_miner_hashes_at_it() -> None:
    miner = hashing_miner(SET_AWAKE)
    miner.wants(AT_475, 1)
    miner.ends(True)
    miner.later(5)
    miner.sees(HASHING, setting=650)
    assert miner.state.transition is not None
    miner.later(60)
    miner.sees(HASHING, setting=475, elapsed=5)
    assert miner.state.transition is None
    assert miner.steps == [Step.TUNE]


def falls_asleep(miner: DrivenMiner) -> None:
    miner.ends()
    miner.later(5)
    miner.sees(STOPPED)


def test_a_miner_that_a_restart_may_break_is_put_to_sleep_to_be_set() -> None:
    miner = hashing_miner()
    miner.wants(AT_475, 1)
    falls_asleep(miner)
    miner.ends(True)
    miner.ends()
    miner.later(90)
    miner.sees(HASHING, setting=475, elapsed=30)
    assert miner.steps == [Step.SLEEP, Step.TUNE, Step.WAKE]
    assert report(miner.state, FACTS, Timestamp(miner.now)).settled


def test_a_miner_that_was_woken_for_a_setting_and_hashes_at_another_is_put_to_sleep_no_second_time() -> None:
    miner = hashing_miner()
    miner.wants(AT_475, 1)
    falls_asleep(miner)
    miner.ends(True)
    miner.ends()
    for _ in range(100):
        miner.later(90)
        miner.sees(HASHING, setting=650, elapsed=miner.now - 1000)
        if miner.state.call is not None:
            miner.ends(False)
    assert miner.steps.count(Step.SLEEP) == 1


def test_a_miner_is_put_to_sleep_to_be_set_for_no_order_that_the_fence_has_ended() -> None:
    miner = hashing_miner()
    miner.fenced = 1
    miner.wants(AT_475, 1)
    assert miner.steps == []


def test_a_miner_that_has_refused_a_setting_is_not_put_to_sleep_for_it() -> None:
    miner = hashing_miner(SET_AWAKE)
    miner.wants(AT_475, 1)
    miner.ends(CommandRefused("no"))
    miner.facts = FACTS
    miner.later(3600)
    miner.sees(HASHING)
    assert miner.steps == [Step.TUNE, Step.TUNE]


def test_a_sleeping_miner_gets_its_frequency_before_it_is_woken() -> None:
    miner = hashing_miner()
    miner.wants(IDLE, 1)
    miner.ends()
    miner.later(5)
    miner.sees(STOPPED)
    miner.wants(AT_475, 2)
    miner.ends(True)
    assert miner.steps == [Step.SLEEP, Step.TUNE, Step.WAKE]


def test_a_refused_step_is_not_repeated_at_once() -> None:
    miner = hashing_miner()
    miner.wants(IDLE, 1)
    miner.ends(CommandRefused("denied"))
    miner.later(1)
    miner.sees(HASHING)
    assert miner.steps == [Step.SLEEP]
    miner.later(5)
    miner.sees(HASHING)
    assert miner.steps == [Step.SLEEP, Step.SLEEP]


def test_an_operators_start_of_a_running_miner_reboots_nothing() -> None:
    miner = hashing_miner()
    reply = miner.operate(Step.WAKE, 1, RUN)
    assert [type(effect) for effect in miner.effects if isinstance(effect, Answer)] == [Answer]
    assert miner.sent == []
    assert not reply.done()


def test_an_operators_step_is_answered_with_what_the_device_said() -> None:
    miner = hashing_miner()
    reply = miner.operate(Step.SLEEP, 1, IDLE)
    error = CommandRefused("denied")
    miner.ends(error)
    assert Answer(reply, error) in miner.effects


def test_an_operators_step_waits_for_the_call_under_way_but_not_for_ever() -> None:
    miner = hashing_miner()
    miner.wants(IDLE, 1)
    reply = miner.operate(Step.RESTART, 2)
    assert miner.steps == [Step.SLEEP]
    miner.later(11)
    miner.ends(TimedOut("no answer"))
    answers = [effect.outcome for effect in miner.effects if isinstance(effect, Answer)]
    assert [type(answer) for answer in answers] == [TimedOut]
    assert Step.RESTART not in miner.steps
    assert reply is not None


def test_a_restart_is_over_when_the_miner_hashes_again_and_not_before() -> None:
    miner = hashing_miner()
    miner.operate(Step.RESTART, 1)
    miner.ends()
    miner.later(2)
    miner.sees(HASHING, elapsed=1002)
    assert miner.state.transition is not None
    miner.later(30)
    miner.sees(HASHING, elapsed=5)
    assert miner.state.transition is None


def test_hashing_time_is_counted() -> None:
    miner = hashing_miner()
    for _ in range(12):
        miner.later(300)
        miner.sees(HASHING)
    assert miner.state.hashed_s == 3600


def test_a_wake_that_the_fence_stopped_is_not_sent_again_for_the_same_order() -> None:
    miner = sleeping_miner()
    miner.wants(RUN, 5)
    miner.fenced = 6
    miner.ends(Withdrawn("a standby order came"))
    for _ in range(5):
        miner.later(60)
        miner.sees(STOPPED)
    assert miner.steps == [Step.WAKE]
    miner.wants(RUN, 7)
    assert miner.steps == [Step.WAKE, Step.WAKE]


def test_an_overtaken_order_may_still_put_a_miner_to_sleep() -> None:
    miner = hashing_miner()
    miner.fenced = 6
    miner.wants(IDLE, 5)
    assert miner.steps == [Step.SLEEP]


def test_a_miner_that_took_a_wake_and_is_stuck_in_its_start_is_woken_again_later() -> None:
    miner = waking_miner()
    for _ in range(48):
        miner.later(5)
        miner.sees(STARTING, elapsed=5)
    assert miner.steps == [Step.WAKE]
    assert miner.state.backoffs[Step.WAKE].failures == 1
    miner.later(35)
    miner.sees(STARTING, elapsed=5)
    assert miner.steps == [Step.WAKE, Step.WAKE]


def test_a_miner_that_starts_by_itself_is_not_woken_meanwhile_but_once_its_time_is_up() -> None:
    miner = hashing_miner()
    miner.wants(RUN, 1)
    for _ in range(48):
        miner.later(5)
        miner.sees(STARTING, elapsed=5)
    assert miner.sent == []
    for _ in range(10):
        miner.later(5)
        miner.sees(STARTING, elapsed=5)
    assert [sent.step for sent in miner.sent] == [Step.WAKE]


def test_a_miner_that_hashes_later_than_was_waited_for_has_not_failed() -> None:
    miner = waking_miner()
    miner.later(245)
    miner.sees(STOPPED)
    assert Step.WAKE in miner.state.backoffs
    miner.later(5)
    miner.sees(HASHING, elapsed=5)
    assert miner.state.backoffs == {}


def test_a_miner_whose_power_returns_is_given_the_time_to_boot_before_it_is_woken() -> None:
    miner = hashing_miner()
    miner.wants(RUN, 1)
    miner.falls_silent()
    miner.later(30)
    miner.sees(STOPPED)
    miner.later(40)
    miner.sees(STOPPED)
    assert miner.sent == []
    miner.later(25)
    miner.sees(STOPPED)
    assert miner.steps == [Step.WAKE]


def test_a_miner_that_was_silent_from_the_first_look_is_given_the_time_to_boot_before_it_is_woken() -> None:
    miner = DrivenMiner()
    miner.wants(RUN, 1)
    miner.falls_silent()
    miner.later(30)
    miner.sees(STOPPED)
    assert miner.sent == []
    miner.later(65)
    miner.sees(STOPPED)
    assert miner.steps == [Step.WAKE]


def test_a_woken_miner_that_stays_silent_longer_than_any_boot_is_given_up() -> None:
    miner = waking_miner()
    for _ in range(23):
        miner.later(5)
        miner.falls_silent()
    assert phase(miner) is Phase.STARTING
    miner.later(10)
    miner.falls_silent()
    assert phase(miner) is Phase.UNREACHABLE
    assert miner.state.transition is None


def test_a_miner_that_slept_before_it_fell_silent_is_woken_without_delay() -> None:
    miner = sleeping_miner()
    miner.falls_silent()
    miner.wants(RUN, 1)
    miner.sees(STOPPED)
    assert miner.steps == [Step.WAKE]


def test_a_call_that_the_fence_withdrew_is_not_repeated_before_the_next_look() -> None:
    miner = sleeping_miner()
    miner.wants(RUN, 1)
    miner.ends(Withdrawn("fenced"))
    assert miner.steps == [Step.WAKE]
    miner.later(5)
    miner.sees(STOPPED)
    assert miner.steps == [Step.WAKE, Step.WAKE]


def rebooted_miner() -> DrivenMiner:
    """A hashing miner that is wanted, and that an operator has just rebooted."""
    miner = hashing_miner()
    miner.wants(RUN, 1)
    miner.operate(Step.REBOOT, 2)
    miner.ends()
    return miner


def test_a_reboot_is_not_over_at_its_first_missed_poll_nor_after_a_silence_that_ended_nothing() -> None:
    miner = rebooted_miner()
    miner.later(3)
    miner.polled(TimedOut("no answer"))
    assert miner.state.transition is not None
    miner.falls_silent()
    assert miner.state.phase is Phase.STARTING
    miner.later(3)
    miner.sees(HASHING, elapsed=1006)
    assert miner.state.transition is not None


def test_a_reboot_that_was_quicker_than_two_polls_is_known_by_the_age_of_the_process() -> None:
    miner = rebooted_miner()
    miner.later(9)
    miner.sees(HASHING, elapsed=2)
    assert miner.state.transition is None


def test_a_process_that_was_younger_than_its_boot_takes_is_known_to_be_another() -> None:
    miner = DrivenMiner()
    miner.sees(HASHING, elapsed=10)
    miner.operate(Step.REBOOT, 1)
    miner.ends()
    miner.later(70)
    miner.sees(HASHING, elapsed=40)
    assert miner.state.transition is None


def test_a_miner_whose_process_is_found_stopped_after_its_reboot_is_not_started_a_second_time() -> None:
    miner = rebooted_miner()
    miner.later(5)
    miner.sees(HASHING, elapsed=3)
    miner.later(3)
    miner.sees(STOPPED)
    miner.later(200)
    miner.sees(STOPPED)
    assert miner.steps == [Step.REBOOT]
    miner.later(60)
    miner.sees(STOPPED)
    assert miner.steps == [Step.REBOOT, Step.WAKE]


def test_a_process_that_a_wake_brought_about_and_that_died_is_not_waited_for_until_the_wakes_limit() -> None:
    miner = waking_miner()
    miner.later(60)
    miner.sees(HASHING, elapsed=20)
    miner.later(20)
    miner.sees(STOPPED)
    miner.later(59)
    miner.sees(STOPPED)
    assert miner.steps == [Step.WAKE]
    miner.later(2)
    miner.sees(STOPPED)
    assert miner.steps == [Step.WAKE, Step.WAKE]


def test_a_process_that_died_and_that_its_watchdog_starts_again_costs_no_reboot() -> None:
    miner = hashing_miner()
    miner.wants(RUN, 1)
    miner.sees(STOPPED)
    miner.later(15)
    miner.sees(STOPPED)
    miner.later(40)
    miner.sees(HASHING, elapsed=40)
    assert miner.steps == []


def test_a_miner_that_was_put_to_sleep_is_woken_without_delay() -> None:
    miner = hashing_miner()
    miner.wants(IDLE, 1)
    miner.ends()
    miner.wants(RUN, 2)
    miner.later(2)
    miner.sees(STOPPED)
    assert miner.steps == [Step.SLEEP, Step.WAKE]


def test_a_reset_that_went_wrong_after_it_was_let_in_is_followed_by_no_second_start() -> None:
    miner = hashing_miner()
    miner.wants(RUN, 1)
    miner.operate(Step.RESET, 2)
    error = MalformedAnswer("500")
    error.may_have_acted = True
    miner.ends(error)
    for _ in range(2):
        miner.later(100)
        miner.sees(STOPPED)
    assert miner.steps == [Step.RESET]


def test_a_stop_without_effect_is_tried_the_other_way() -> None:
    miner = hashing_miner()
    miner.wants(IDLE, 1)
    miner.ends()
    for _ in range(8):
        miner.later(5)
        miner.sees(HASHING)
    assert [(send.step, send.insist) for send in miner.sent] == [(Step.SLEEP, False), (Step.SLEEP, True)]


def test_a_frequency_is_refused_while_the_miner_starts_and_the_fleet_is_told_so() -> None:
    miner = waking_miner()
    miner.later(40)
    miner.sees(STOPPED)  # the process runs, its port is not bound
    reply = miner.operate(Step.TUNE, 2, AT_475, setting=475)
    (answer,) = (effect for effect in miner.effects if isinstance(effect, Answer))
    assert answer.reply is reply
    assert str(answer.outcome) == "The miner is starting: set its frequency once it hashes."
    assert miner.steps == [Step.WAKE]
    (news,) = (effect.news for effect in miner.effects if isinstance(effect, Announce))
    assert (news.step, news.version, news.refused) == (Step.TUNE, 2, True)


def unapplied_miner() -> DrivenMiner:
    """A miner that hashes at 650 MHz with 475 MHz configured, and is wanted at 475."""
    miner = hashing_miner(SET_AWAKE)
    miner.wants(AT_475, 1)
    miner.ends(False)
    return miner


def test_a_frequency_that_is_configured_and_not_run_at_is_cured_by_a_restart() -> None:
    miner = unapplied_miner()
    assert miner.steps == [Step.TUNE, Step.RESTART]
    miner.ends()
    miner.later(60)
    miner.sees(HASHING, setting=475, elapsed=20)
    assert miner.state.transition is None
    assert miner.steps == [Step.TUNE, Step.RESTART]


def test_a_frequency_that_no_restart_brings_about_costs_one_restart_and_no_more() -> None:
    miner = unapplied_miner()
    miner.ends()
    born = miner.now
    for _ in range(4000):
        miner.later(5)
        miner.sees(HASHING, setting=650, elapsed=miner.now - born)
        if miner.state.call is not None:
            miner.ends(False)
    assert miner.steps.count(Step.RESTART) == 1
    assert miner.state.backoffs[Step.TUNE].failures > 2


OWN = Tuning(550, plain=False, settings=(("bitmain-autodownscale-profile", "3"),))
OWN_RUN = Setpoint(running=True, point=None, tuning=OWN)


def test_a_sleeping_miner_is_put_back_to_its_own_tuning_before_it_is_woken() -> None:
    miner = sleeping_miner()
    miner.wants(OWN_RUN, 1)
    assert miner.sent[-1].tuning == OWN
    miner.ends(True)
    news = [effect.news for effect in miner.effects if isinstance(effect, Announce)]
    assert [(each.step, each.reason) for each in news] == [(Step.RESTORE, "")]
    assert miner.steps == [Step.RESTORE, Step.WAKE]
    assert miner.state.setting == 550
    assert miner.give(SetTarget(RUN, Version(1))) == ()  # the tuning is no longer named: the wake goes on


def test_a_hashing_miner_is_put_back_once_and_has_settled_when_it_hashes_again() -> None:
    miner = hashing_miner(SET_AWAKE)
    miner.wants(OWN_RUN, 1)
    miner.ends(True)
    miner.later(60)
    miner.sees(HASHING, setting=550, elapsed=20)
    assert miner.state.transition is None
    assert report(miner.state, FACTS, Timestamp(miner.now)).settled
    miner.later(5)
    miner.sees(HASHING, setting=550, elapsed=25)
    assert miner.steps == [Step.RESTORE]
    assert [effect.news.reason for effect in miner.effects if isinstance(effect, Announce)] == [""]


def test_a_miner_whose_own_tuning_stands_already_is_not_restarted() -> None:
    miner = DrivenMiner()
    miner.sees(HASHING, setting=550)
    miner.wants(OWN_RUN, 1)
    miner.ends(False)
    assert miner.state.transition is None
    assert [effect.news.step for effect in miner.effects if isinstance(effect, Announce)] == [Step.RESTORE]
    assert miner.steps == [Step.RESTORE]


def test_a_tuning_that_cannot_be_put_back_keeps_no_miner_from_being_woken() -> None:
    miner = sleeping_miner()
    miner.wants(OWN_RUN, 1)
    miner.ends(CommandRefused("no"))
    assert miner.steps == [Step.RESTORE, Step.WAKE]


def test_a_tuning_is_put_back_asleep_where_a_restart_may_break_the_miner() -> None:
    miner = hashing_miner()
    miner.wants(OWN_RUN, 1)
    falls_asleep(miner)
    miner.ends(True)
    assert miner.steps == [Step.SLEEP, Step.RESTORE, Step.WAKE]


def test_a_tuning_is_put_back_anew_after_another_frequency_was_set() -> None:
    miner = DrivenMiner(SET_AWAKE)
    miner.sees(STOPPED)
    miner.wants(OWN_RUN, 1)
    miner.ends(True)
    miner.ends()
    miner.later(60)
    miner.sees(HASHING, setting=550, elapsed=20)
    miner.wants(AT_475, 2)
    miner.ends(True)
    miner.later(60)
    miner.sees(HASHING, setting=475, elapsed=20)
    miner.wants(OWN_RUN, 3)
    assert miner.steps == [Step.RESTORE, Step.WAKE, Step.TUNE, Step.RESTORE]


def ended(miner: DrivenMiner) -> list[tuple[Step, int, str]]:
    news = [effect.news for effect in miner.effects if isinstance(effect, Announce)]
    return [(one.step, one.version, one.reason) for one in news]


def test_an_operators_step_that_is_done_already_is_announced_as_done() -> None:
    for miner, step in ((sleeping_miner(), Step.SLEEP), (hashing_miner(), Step.WAKE)):
        assert miner.operate(step, 7, IDLE if step is Step.SLEEP else RUN) is not None
        assert miner.sent == []
        assert ended(miner) == [(step, 7, "")]


def test_an_operators_step_that_another_overtook_is_announced_with_the_reason() -> None:
    miner = hashing_miner()
    miner.operate(Step.RESTART, 7)
    miner.operate(Step.REBOOT, 8)
    miner.operate(Step.SLEEP, 9, IDLE)
    assert ended(miner) == [(Step.REBOOT, 8, "A newer command overtook this one.")]


@pytest.mark.parametrize(
    ("error", "lane"),
    [
        (TimedOut("x"), Lane.SILENT),
        (Unreachable("x"), Lane.SILENT),
        (PortClosed("x"), Lane.PROBE),
        (ConnectionLost("x"), Lane.PROBE),
        (MalformedAnswer("x"), Lane.PROBE),
    ],
)
def test_who_gave_no_sign_of_life_is_looked_at_apart_from_those_who_did(
    error: DeviceError, lane: Lane
) -> None:
    miner = DrivenMiner()
    (poll,) = miner.give(PollDue())
    assert isinstance(poll, Poll)
    (probe,) = miner.give(Polled(poll.token, error, Seconds(0.01)))
    assert isinstance(probe, Probe)
    assert lane_of(probe) is lane
