from dataclasses import replace

import pytest
from fleet_values import NOW, A, failed, fleet_of, hold, miner, report

from actors.fleet.availability import availability, dispatchability
from actors.fleet.view import View
from actors.report import LastError, Phase, Step
from events.state import HoldKind
from netstab.dispatch.unit_status import Availability
from netstab.units import Timestamp


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        (Phase.HASHING, Availability.AVAILABLE),
        (Phase.STARTING, Availability.AVAILABLE),
        (Phase.ASLEEP, Availability.AVAILABLE),
        (Phase.UNREACHABLE, Availability.UNREACHABLE),
        (Phase.LOCKED, Availability.LOCKED),
        (Phase.UNKNOWN, Availability.UNKNOWN),
    ],
)
def test_the_phase_says_whether_dispatch_may_use_a_miner(phase: Phase, expected: Availability) -> None:
    assert availability(miner(), report(phase), None)[0] is expected


MODELS = (
    ("Antminer L3", "the model Antminer L3 cannot be controlled"),
    ("unknown", "its model is not known"),
)


@pytest.mark.parametrize(("model", "reason"), MODELS)
def test_a_model_that_is_not_known_is_left_alone_though_an_old_log_has_it_as_controllable(
    model: str, reason: str
) -> None:
    of_old = miner(model=model, controllable=True)
    kind, why = availability(of_old, report(Phase.HASHING), None)
    assert (kind, why) == (Availability.NOT_CONTROLLABLE, reason)
    standing = View(fleet_of(of_old), {A: report(Phase.HASHING)}, NOW).units[0]
    assert (standing.measured_power, standing.idle_power) == (1400.0, 0.0)


def test_why_one_is_only_read_is_said_in_its_own_words_where_it_tells() -> None:
    of_old = miner(model="Antminer S21 Pro")
    told = report(Phase.HASHING, closed="Its firmware is too old: update it to 25.07.")
    expected = (Availability.NOT_CONTROLLABLE, "Its firmware is too old: update it to 25.07.")
    assert availability(of_old, told, None) == expected


def test_a_hold_stands_before_everything_else() -> None:
    kinds = [availability(miner(), report(Phase.UNREACHABLE), hold(kind))[0] for kind in HoldKind]
    assert kinds == [Availability.HELD] * 3


def test_the_reason_is_the_miners_last_trouble() -> None:
    trouble = LastError("timed_out", "No answer within 3 s.", NOW)
    silent = report(Phase.UNREACHABLE, last_error=trouble)
    assert availability(miner(), silent, None) == (Availability.UNREACHABLE, "No answer within 3 s.")


@pytest.mark.parametrize("step", [Step.WAKE, Step.TUNE])
def test_a_sleeping_miner_whose_start_failed_is_passed_over_until_its_next_attempt(step: Step) -> None:
    asleep = report(Phase.ASLEEP, backoffs=failed(step, wait=30))
    kind, reason = availability(miner(), asleep, None)
    assert kind is Availability.FAILED_TO_WAKE
    assert reason == "failed to wake 1 times, next attempt within 1 min"
    later = replace(asleep, at=Timestamp(NOW + 30))
    assert availability(miner(), later, None)[0] is Availability.AVAILABLE


def test_a_miner_that_hashes_is_used_whatever_failed_before() -> None:
    hashing = report(Phase.HASHING, backoffs=failed(Step.TUNE))
    assert availability(miner(), hashing, None)[0] is Availability.AVAILABLE


def test_a_miner_that_starts_for_too_long_is_passed_over_though_nothing_failed() -> None:
    since = Timestamp(NOW - 241)
    kind, reason = availability(miner(), report(Phase.STARTING, phase_since=since), None)
    assert kind is Availability.FAILED_TO_WAKE
    assert "does not hash" in reason
    waking = report(Phase.STARTING, phase_since=since, in_transition=Step.WAKE)
    assert availability(miner(), waking, None)[0] is Availability.AVAILABLE


def test_a_plan_hears_of_a_held_miner_that_starts_or_stops_hashing() -> None:
    held = hold(HoldKind.STOPPED)
    hashing, asleep = report(Phase.HASHING), report(Phase.ASLEEP)
    assert dispatchability(miner(), hashing, held) != dispatchability(miner(), asleep, held)
    assert dispatchability(miner(), hashing, None) == dispatchability(miner(), asleep, None)
