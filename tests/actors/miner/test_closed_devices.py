"""A device that answers and takes nothing from here is asked again rarely, and used again by itself."""

from dataclasses import replace

import pytest
from driven_miner import FACTS, IDLE, DrivenMiner, reading
from msgspec import structs

from actors.messages import ReleaseControl
from actors.miner.report import report
from actors.miner.state import Announce, Answer
from actors.report import MinerReport, Step
from netstab.devices.family import Timings
from netstab.devices.port import Activity
from netstab.dispatch.setpoint import Setpoint
from netstab.errors import (
    CommandRefused,
    DeviceError,
    FirmwareTooOld,
    HeldByAnother,
    StillStarting,
    TimedOut,
    Unauthorized,
    WriteAccessClosed,
)
from netstab.power.unit import Capabilities, PowerRange
from netstab.units import GigahashPerSecond, Seconds, Timestamp, Version, Watts

CAN = Capabilities(
    switchable=True,
    range=PowerRange(Watts(2000.0), Watts(3400.0), Watts(34.0), GigahashPerSecond(1e5)),
    restarts_on_change=False,
    settles_within=Seconds(10.0),
    volatile=True,
)
OTHER = replace(FACTS, capabilities=CAN, timings=Timings(start=Seconds(900.0)))
CLOSED = WriteAccessClosed("Its write access is closed: open it with the maker's tool.")
HOUR = 3600.0


def at(power: int) -> Setpoint:
    return Setpoint(running=True, point=CAN.point_of(power))


@pytest.fixture
def miner() -> DrivenMiner:
    miner = DrivenMiner(OTHER)
    miner.sees(Activity.HASHING, 3400)
    return miner


def shown(miner: DrivenMiner) -> MinerReport:
    return report(miner.state, miner.facts, Timestamp(miner.now))


def refused(miner: DrivenMiner, error: DeviceError) -> float:
    """Have what is under way refused, and return how long it is until it is tried again."""
    asked, began = len(miner.sent), miner.now
    miner.ends(error)
    while len(miner.sent) == asked and miner.now < began + 3 * HOUR:
        miner.later(5.0)
        miner.sees(Activity.HASHING, 3400)
    return miner.now - began


def test_what_is_to_be_done_at_it_is_said_and_it_counts_as_no_failure(miner: DrivenMiner) -> None:
    miner.wants(IDLE, order=2)
    miner.ends(CLOSED)
    seen = shown(miner)
    assert (seen.closed, seen.closed_since, seen.backoffs) == (str(CLOSED), miner.now, ())
    assert seen.last_error is not None
    assert seen.last_error.kind == "write_access_closed"


@pytest.mark.parametrize("error", [CLOSED, FirmwareTooOld("Too old."), Unauthorized("Wrong password.")])
def test_it_is_asked_again_after_minutes_up_to_an_hour(miner: DrivenMiner, error: DeviceError) -> None:
    miner.wants(IDLE, order=2)
    waits = [refused(miner, error) for _ in range(9)]
    assert waits == sorted(waits)
    assert waits[0] >= 120.0
    assert waits[-1] == pytest.approx(HOUR, abs=5.0)
    assert len(set(miner.steps)) == 1


def test_one_that_another_client_has_is_asked_again_every_minute(miner: DrivenMiner) -> None:
    miner.wants(at(2680), order=2)
    assert [refused(miner, HeldByAnother("Held.")) for _ in range(4)] == [60.0] * 4


def test_it_is_used_again_once_it_has_taken_a_command(miner: DrivenMiner) -> None:
    miner.wants(IDLE, order=2)
    refused(miner, CLOSED)
    miner.ends()
    assert shown(miner).closed == ""


def test_a_setpoint_that_came_meanwhile_is_the_one_that_is_tried(miner: DrivenMiner) -> None:
    miner.wants(at(2680), order=2)
    miner.ends(CLOSED)
    miner.wants(IDLE, order=3)
    assert miner.steps == [Step.TUNE]
    miner.later(125.0)
    miner.sees(Activity.HASHING, 3400)
    assert miner.steps == [Step.TUNE, Step.SLEEP]


def test_one_whose_readings_say_so_is_sent_nothing_until_they_say_otherwise(miner: DrivenMiner) -> None:
    told = reading(Activity.HASHING, 3400)
    miner.polled(structs.replace(told, closed="Its write access is closed."))
    miner.wants(IDLE, order=2)
    assert (miner.sent, shown(miner).closed) == ([], "Its write access is closed.")
    miner.later(5.0)
    miner.polled(structs.replace(told, closed=""))
    assert (miner.steps, shown(miner).closed) == ([Step.SLEEP], "")


def test_one_that_says_it_was_opened_is_asked_at_once(miner: DrivenMiner) -> None:
    miner.wants(IDLE, order=2)
    miner.ends(CLOSED)
    miner.later(5.0)
    miner.polled(structs.replace(reading(Activity.HASHING, 3400), closed=""))
    assert miner.steps == [Step.SLEEP, Step.SLEEP]


def test_that_another_has_it_is_not_over_because_it_could_be_written_to(miner: DrivenMiner) -> None:
    miner.wants(IDLE, order=2)
    miner.ends(HeldByAnother("Held."))
    miner.later(5.0)
    miner.polled(structs.replace(reading(Activity.HASHING, 3400), closed=""))
    assert miner.steps == [Step.SLEEP]


def test_one_that_sets_its_own_power_is_set_to_nothing_and_switched_all_the_same(miner: DrivenMiner) -> None:
    own = structs.replace(reading(Activity.HASHING, 3400), self_tuning="preset switcher")
    miner.wants(at(2680), order=2)
    miner.ends(HeldByAnother("Its preset switcher is on."))
    miner.later(5.0)
    miner.polled(own)
    assert (shown(miner).closed, shown(miner).settled, miner.steps) == ("", True, [Step.TUNE])
    miner.wants(IDLE, order=3)
    assert miner.steps == [Step.TUNE, Step.SLEEP]


def test_a_setting_that_an_agent_takes_back_at_once_has_not_failed(miner: DrivenMiner) -> None:
    miner.wants(at(2680), order=2)
    miner.ends()
    miner.later(5.0)
    miner.polled(structs.replace(reading(Activity.HASHING, 2431), self_tuning="dynamic power scaling"))
    miner.later(60.0)
    miner.polled(structs.replace(reading(Activity.HASHING, 2431), self_tuning="dynamic power scaling"))
    assert (shown(miner).backoffs, shown(miner).settled, miner.steps) == ((), True, [Step.TUNE])


def test_an_s9_whose_password_was_changed_fails_as_ever() -> None:
    miner = DrivenMiner()
    miner.sees(Activity.HASHING)
    miner.wants(IDLE, order=2)
    miner.ends(Unauthorized("The password was changed."))
    assert (shown(miner).closed, [step for step, _ in shown(miner).backoffs]) == ("", [Step.SLEEP])


def test_other_errors_are_failures(miner: DrivenMiner) -> None:
    miner.wants(IDLE, order=2)
    miner.ends(CommandRefused("no"))
    assert (shown(miner).closed, [step for step, _ in shown(miner).backoffs]) == ("", [Step.SLEEP])


def climbing(miner: DrivenMiner) -> DrivenMiner:
    """One that hashes after a wake, has lost its setting by it, and takes a new one only once it is up."""
    miner.sees(Activity.STOPPED)
    miner.wants(at(2680), order=2)
    miner.ends()
    miner.later(30.0)
    miner.sees(Activity.STARTING, 3400)
    miner.later(30.0)
    miner.sees(Activity.HASHING, 3400)
    assert miner.steps == [Step.WAKE, Step.TUNE]
    return miner


def test_one_that_climbs_yet_is_asked_again_at_the_next_look_and_has_not_failed(miner: DrivenMiner) -> None:
    climbing(miner)
    for _ in range(60):
        miner.ends(StillStarting("It climbs yet."))
        assert (shown(miner).backoffs, miner.state.call) == ((), None)
        miner.later(5.0)
        miner.sees(Activity.HASHING, 3400)
        assert miner.state.call is not None
    miner.ends()
    miner.later(2.0)
    miner.sees(Activity.HASHING, 2680)
    assert shown(miner).settled


def test_one_that_climbs_for_longer_than_any_start_has_failed(miner: DrivenMiner) -> None:
    climbing(miner)
    miner.later(901.0)
    miner.ends(StillStarting("It climbs yet."))
    assert [step for step, _ in shown(miner).backoffs] == [Step.TUNE]


def test_an_operators_command_is_answered_though_it_is_only_too_early(miner: DrivenMiner) -> None:
    miner.operate(Step.TUNE, order=3, setting=2680)
    miner.ends(StillStarting("It climbs yet."))
    answers = [effect.outcome for effect in miner.effects if isinstance(effect, Answer)]
    assert [type(each) for each in answers] == [StillStarting]


def test_it_may_still_be_put_to_sleep_while_it_climbs(miner: DrivenMiner) -> None:
    climbing(miner)
    miner.ends(StillStarting("It climbs yet."))
    miner.wants(IDLE, order=3)
    assert miner.steps[-1] is Step.SLEEP


@pytest.mark.parametrize("sends", ["idle", "released"])
def test_one_that_nothing_is_left_to_be_tried_with_is_counted_on_again_after_its_wait(
    miner: DrivenMiner, sends: str
) -> None:
    miner.wants(IDLE, order=2)
    miner.ends(HeldByAnother("Another client has it."))
    if sends == "released":
        miner.give(ReleaseControl(Version(3)))
    else:
        miner.sees(Activity.STOPPED)  # the other client had it stop
    assert shown(miner).takes_nothing
    miner.later(61.0)
    miner.sees(Activity.STOPPED)
    seen = shown(miner)
    assert (seen.takes_nothing, seen.may_be_open, seen.closed) == (False, True, "Another client has it.")
    miner.wants(Setpoint(running=True, point=None), order=4)
    assert miner.steps == [Step.SLEEP, Step.WAKE]
    miner.ends(HeldByAnother("Another client has it."))
    assert shown(miner).takes_nothing
    miner.later(61.0)
    miner.sees(Activity.STOPPED)
    assert miner.steps == [Step.SLEEP, Step.WAKE, Step.WAKE]
    assert shown(miner).takes_nothing
    miner.ends()
    assert (shown(miner).closed, shown(miner).may_be_open) == ("", False)


def test_one_that_says_itself_that_it_is_closed_is_not_counted_on(miner: DrivenMiner) -> None:
    asleep = structs.replace(reading(Activity.STOPPED), closed="Its write access is closed.")
    miner.wants(IDLE, order=2)
    miner.ends(HeldByAnother("Another client has it."))
    miner.later(3600.0)
    miner.polled(asleep)
    assert shown(miner).takes_nothing


NOES = [
    CLOSED,
    HeldByAnother("Another tool holds it."),
    FirmwareTooOld("Update it."),
    Unauthorized("It refuses the password."),
    CommandRefused("not now"),
    StillStarting("a first stop has yet to be seen to work"),
]


@pytest.mark.parametrize("error", NOES, ids=lambda error: error.kind)
def test_an_operators_stop_that_the_device_says_no_to_is_never_carried_out_later(
    miner: DrivenMiner, error: DeviceError
) -> None:
    miner.operate(Step.SLEEP, 7, IDLE)
    miner.ends(error)
    assert [each.news.refused for each in miner.effects if isinstance(each, Announce)] == [True]
    for _ in range(100):
        miner.later(60.0)
        miner.sees(Activity.HASHING, 3400)
    assert miner.steps == [Step.SLEEP]


def test_an_operators_stop_that_is_not_answered_stays_ordered(miner: DrivenMiner) -> None:
    miner.operate(Step.SLEEP, 7, IDLE)
    miner.ends(TimedOut("no answer"))
    assert [each.news.refused for each in miner.effects if isinstance(each, Announce)] == [False]
    miner.later(60.0)
    miner.sees(Activity.HASHING, 3400)
    assert miner.steps == [Step.SLEEP, Step.SLEEP]
