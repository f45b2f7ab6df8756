from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.dispatch.failsafe import Circumstances, FailsafeAction, Fallback, fallback
from netstab.units import Seconds, Timestamp, Watts

START = Timestamp(1_768_921_500.0)
TIMEOUT = Seconds(60.0)
RATED = Watts(2920.0)

moments = st.integers(-500, 500).map(lambda second: Timestamp(START + second))
powers = st.integers(0, 5000).map(lambda power: Watts(float(power)))
instructions = st.sampled_from(["hold", "standby"]) | powers
circumstances = st.builds(
    Circumstances,
    now=moments,
    started_at=moments,
    last_command=st.none() | moments,
    released_at=st.none() | moments,
    ordered=st.booleans(),
    target=st.none() | powers,
    overridden=st.booleans(),
    in_failsafe=st.booleans(),
)
SILENT = Circumstances(
    now=Timestamp(START + 100), started_at=START, last_command=Timestamp(START + 40), target=Watts(1460.0)
)


@pytest.mark.parametrize(
    ("instruction", "action", "power"),
    [
        ("hold", FailsafeAction.HOLD, None),
        ("standby", FailsafeAction.STANDBY, None),
        (Watts(2000.0), FailsafeAction.POWER, Watts(2000.0)),
        (Watts(9000.0), FailsafeAction.POWER, RATED),
        (Watts(0.0), FailsafeAction.STANDBY, None),
    ],
)
def test_a_setpoint_that_was_not_repeated_in_time_gives_way_to_what_is_set(
    instruction: Watts | str, action: FailsafeAction, power: Watts | None
) -> None:
    assert fallback(SILENT, TIMEOUT, instruction, RATED) == Fallback(action, power, Timestamp(START + 40))


@pytest.mark.parametrize(
    "change",
    [
        {"last_command": Timestamp(START + 41)},
        {"last_command": None},
        {"released_at": Timestamp(START + 41)},
        {"started_at": Timestamp(START + 41)},
        {"ordered": False},
        {"overridden": True},
        {"in_failsafe": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_there_is_no_failsafe_without_a_reason(change: dict[str, Any]) -> None:
    assert fallback(replace(SILENT, **change), TIMEOUT, "standby", RATED) is None


def test_a_rating_that_is_unknown_bounds_nothing() -> None:
    entered = fallback(SILENT, TIMEOUT, Watts(2000.0), Watts(0.0))
    assert entered is not None
    assert entered.power == 2000.0


@given(circumstances, instructions)
def test_without_a_time_out_there_is_none(seen: Circumstances, instruction: Watts | str) -> None:
    assert fallback(seen, Seconds(0.0), instruction, RATED) is None


@given(circumstances, st.integers(1, 200), instructions)
def test_it_is_entered_when_and_only_when_a_command_has_lapsed(
    seen: Circumstances, timeout: int, instruction: Watts | str
) -> None:
    entered = fallback(seen, Seconds(timeout), instruction, RATED)
    past = [at for at in (seen.last_command, seen.released_at, seen.started_at) if at]
    lapsed = bool(past) and all(seen.now - at >= timeout for at in past)
    applies = seen.last_command is not None and seen.ordered and not seen.overridden and not seen.in_failsafe
    assert (entered is not None) is (lapsed and applies)
    if entered is not None:
        assert entered.silent_since == max(past)


@given(circumstances, st.integers(1, 200), instructions, powers)
def test_power_is_within_the_rating_and_a_standby_is_never_left(
    seen: Circumstances, timeout: int, instruction: Watts | str, rated: float
) -> None:
    entered = fallback(seen, Seconds(timeout), instruction, Watts(rated))
    if entered is None:
        return
    assert (entered.power is not None) is (entered.action is FailsafeAction.POWER)
    assert entered.power is None or 0 < entered.power <= (rated or entered.power)
    if not seen.target:
        assert entered.action is FailsafeAction.HOLD


@given(circumstances, st.integers(1, 200), instructions, st.integers(0, 100))
def test_what_is_entered_now_is_entered_later_too_if_nobody_speaks(
    seen: Circumstances, timeout: int, instruction: Watts | str, seconds: int
) -> None:
    entered = fallback(seen, Seconds(timeout), instruction, RATED)
    later = fallback(replace(seen, now=Timestamp(seen.now + seconds)), Seconds(timeout), instruction, RATED)
    assert entered is None or entered == later
