"""What limits leave of a setpoint, and what the log knows of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recording import STARTED, SteppedClock, origin

from events.commands import Activate, LiftLimit, SetLimit
from events.history import HistoryReader, Outcome
from events.limits import MOST_LIMITS, binding, limited, pursued
from events.log import FleetLog
from events.refusal import Facts, refusal
from events.state import FleetState, Limit, Order, Override, Source
from netstab.power.allocation import PowerMode
from netstab.units import WallTime, Watts

NOW = STARTED
FLEET = FleetState(version=3, power_mode=PowerMode.ON_OFF)
FACTS = Facts(rated_power=Watts(2920.0), reachable=2, initializing=False, at=NOW)

powers = st.floats(0, 5000).map(Watts)
ends = st.none() | st.floats(NOW - 100, NOW + 100).map(WallTime)


def limit(number: int, power: float, until: WallTime | None = None) -> Limit:
    return Limit(f"source-{number}", Watts(power), until, "id", NOW, number)


def under(*limits: Limit, target: float | None = 2000.0) -> FleetState:
    order = Order(None if target is None else Watts(target), "id", Source.EMS, 2, NOW)
    return replace(FLEET, order=order, limits=MappingProxyType({each.source: each for each in limits}))


limit_sets = st.lists(st.tuples(powers, ends), max_size=5).map(
    lambda found: [limit(number, *each) for number, each in enumerate(found)]
)


@given(powers, limit_sets, st.floats(-200, 200))
def test_pursued_is_the_least_of_the_setpoint_and_all_limits_in_force(
    target: Watts, limits: Sequence[Limit], later: float
) -> None:
    state, at = under(*limits, target=target), WallTime(NOW + later)
    in_force = [each.power for each in limits if each.until is None or at < each.until]
    assert pursued(state, at) == min([target, *in_force])
    found = binding(state, at)
    assert (found is not None) == any(power < target for power in in_force)
    assert found is None or found.power == pursued(state, at)


@given(limit_sets)
def test_a_limit_raises_nothing(limits: Sequence[Limit]) -> None:
    assert pursued(under(*limits, target=None), NOW) is None
    assert pursued(under(*limits, target=0.0), NOW) == 0.0
    assert pursued(replace(under(*limits), order=None), NOW) is None


@given(powers, limit_sets)
def test_an_override_knows_no_limits(target: Watts, limits: Sequence[Limit]) -> None:
    state = replace(under(*limits, target=target), override=Override(target, "id", NOW))
    assert limited(target, state, NOW) == target
    assert binding(state, NOW) is None


def code(command: SetLimit | LiftLimit, state: FleetState = FLEET) -> str | None:
    rejected = refusal(state, command, FACTS)
    return rejected.code if rejected else None


@pytest.mark.parametrize("source", ["", "a b", "ä", "x" * 65, "a/b", "a\n"])
def test_a_source_is_a_short_plain_name(source: str) -> None:
    assert code(SetLimit(source, Watts(1.0))) == "INVALID_INPUT"
    assert code(LiftLimit(source)) == "INVALID_INPUT"


@pytest.mark.parametrize("power", [-1.0, float("nan"), float("inf")])
def test_a_limit_is_a_finite_power_of_0_or_more(power: float) -> None:
    assert code(SetLimit("site", Watts(power))) == "INVALID_POWER"


def test_a_limit_above_the_rating_is_taken_for_it_may_change() -> None:
    assert code(SetLimit("site", Watts(1e6))) is None


def test_a_limit_ends_in_the_future() -> None:
    assert code(SetLimit("site", Watts(1.0), NOW)) == "INVALID_INPUT"
    assert code(SetLimit("site", Watts(1.0), WallTime(NOW + 0.001))) is None


@pytest.mark.parametrize("until", [-1e300, float("nan"), float("inf")])
def test_an_end_that_no_clock_shows_is_refused_and_can_be_recorded(url: str, until: float) -> None:
    command = SetLimit("x" * 4000, Watts(1.0), WallTime(until))
    assert code(replace(command, limit_source="site")) == "INVALID_INPUT"
    log = FleetLog(url, SteppedClock(), PowerMode.ON_OFF)
    log.reject(command, origin(), "INVALID_INPUT", "no")
    log.close()
    reader = HistoryReader(url)
    [record] = reader.recent(1)
    reader.close()
    assert record.parameters["limit_source"] == "x" * 200


def test_sources_are_bounded_and_those_that_have_ended_make_room() -> None:
    full = under(*(limit(number, 100.0) for number in range(MOST_LIMITS)))
    assert code(SetLimit("one-more", Watts(1.0)), full) == "TOO_MANY_LIMITS"
    assert code(SetLimit("source-0", Watts(1.0)), full) is None
    ended = under(*(limit(number, 100.0, NOW) for number in range(MOST_LIMITS)))
    assert code(SetLimit("one-more", Watts(1.0)), ended) is None


def test_only_a_limit_in_force_can_be_lifted() -> None:
    assert code(LiftLimit("source-1")) == "UNKNOWN_LIMIT"
    assert code(LiftLimit("source-1"), under(limit(1, 100.0, NOW))) == "UNKNOWN_LIMIT"
    assert code(LiftLimit("source-1"), under(limit(1, 100.0))) is None


def test_a_limit_that_has_ended_counts_no_more_at_any_later_moment(url: str) -> None:
    log = FleetLog(url, SteppedClock(), PowerMode.ON_OFF)
    log.accept(SetLimit("grid", Watts(500.0), WallTime(STARTED + 10)), origin(), "")
    log.accept(SetLimit("site", Watts(900.0)), origin(), "")
    assert set(log.state.limits) == {"grid", "site"}
    log.close()
    reader = HistoryReader(url)

    def shown(seconds: float) -> set[str]:
        state = reader.state(datetime.fromtimestamp(STARTED + seconds, UTC))
        assert state is not None
        return set(state.limits)

    assert [shown(seconds) for seconds in (1, 2, 3, 9.9, 10, 99)] == [
        set(),
        {"grid"},
        {"grid", "site"},
        {"grid", "site"},
        {"site"},
        {"site"},
    ]
    reader.close()


def test_limits_outlive_a_restart_and_ended_ones_are_dropped_by_the_next_change(url: str) -> None:
    clock = SteppedClock()
    log = FleetLog(url, clock, PowerMode.ON_OFF)
    log.accept(SetLimit("grid", Watts(500.0), WallTime(STARTED + 10)), origin(), "")
    log.accept(Activate(Watts(2000.0)), origin(), "")
    log.close()
    clock.now = WallTime(STARTED + 60)
    log = FleetLog(url, clock, PowerMode.ON_OFF)
    assert pursued(log.state, WallTime(STARTED + 5)) == 500.0
    assert pursued(log.state, WallTime(STARTED + 60)) == 2000.0
    log.accept(SetLimit("site", Watts(900.0)), origin(), "")
    assert set(log.state.limits) == {"site"}
    log.accept(LiftLimit("site"), origin(), "")
    assert not log.state.limits
    log.close()


def test_the_history_shows_limits_like_every_command(url: str) -> None:
    log = FleetLog(url, SteppedClock(), PowerMode.ON_OFF)
    log.accept(SetLimit("grid", Watts(500.0), WallTime(STARTED + 10)), origin(), "")
    log.accept(LiftLimit("grid"), origin(), "")
    log.close()
    reader = HistoryReader(url)
    lifted, set_ = reader.recent(10)
    reader.close()
    assert (set_.command, lifted.command) == ("set_limit", "lift_limit")
    assert set_.parameters == {"limit_source": "grid", "power_kw": 0.5, "until": "2026-01-20T15:05:10.250Z"}
    assert set_.outcome is lifted.outcome is Outcome.DONE
