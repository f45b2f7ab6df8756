from dataclasses import replace

import pytest
from dispatch_units import AVAILABLE, HOME, fleet, kept_out
from hypothesis import given, settings
from hypothesis import strategies as st
from points import at

from netstab.dispatch.plan import Plan, Rules, plan
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.power.allocation import Action, PowerMode
from netstab.power.look_ahead import LookAhead
from netstab.power.tuning import Tuning
from netstab.power.unit import Capabilities, OperatingPoint
from netstab.units import GigahashPerSecond, MinerId, Watts

ON_OFF, FREQUENCY = PowerMode.ON_OFF, PowerMode.FREQUENCY


def planned(target: int | None, units: list[UnitStatus], mode: PowerMode = ON_OFF) -> Plan:
    return plan(None if target is None else Watts(target), units, Rules(mode))


class TestSetpoints:
    def test_only_available_miners_get_one(self) -> None:
        units = fleet(AVAILABLE, *(kept_out(kind) for kind in Availability if kind != "available"))
        assert list(planned(2000, units).setpoints) == ["127.0.0.1"]

    @pytest.mark.parametrize("target", [None, 0])
    def test_standby_idles_every_available_miner(self, target: int | None) -> None:
        units = fleet(AVAILABLE, replace(AVAILABLE, running_at=HOME, hashing=True))
        standby = planned(target, units)
        assert set(standby.setpoints.values()) == {IDLE}
        assert standby.shortfall == 0.0

    @pytest.mark.parametrize("home", [None, at(600), at(650)])
    @pytest.mark.parametrize("running_at", [None, at(475), at(550), at(650)])
    def test_on_off_mode_names_no_frequency_whatever_a_miner_is_tuned_to(
        self, home: OperatingPoint | None, running_at: OperatingPoint | None
    ) -> None:
        away = replace(AVAILABLE, running_at=running_at, own_point=home)
        assert planned(1460, [away]).setpoints[away.unit_id] == Setpoint(running=True, point=None)

    def test_on_off_mode_puts_back_what_was_changed(self) -> None:
        tuning = Tuning(550, plain=False, settings=(("bitmain-autodownscale-profile", "3"),))
        changed = replace(AVAILABLE, running_at=at(475), own_tuning=tuning)
        assert planned(1460, [changed]).setpoints[changed.unit_id].tuning == tuning
        assert planned(1460, [changed], FREQUENCY).setpoints[changed.unit_id].tuning is None

    def test_frequency_mode_names_every_running_miners_frequency(self) -> None:
        setpoints = planned(1460 + 950, fleet(AVAILABLE, AVAILABLE, AVAILABLE), FREQUENCY).setpoints
        assert list(setpoints.values()) == [
            Setpoint(running=True, point=at(650)),
            Setpoint(running=True, point=at(475)),
            IDLE,
        ]


class TestPowerOutsideOfDispatch:
    def test_what_a_held_miner_draws_counts_against_the_target(self) -> None:
        held = kept_out(Availability.HELD, 1400)
        counted = planned(2860, fleet(held, AVAILABLE, AVAILABLE))
        assert counted.uncontrolled_power == 1400.0
        assert counted.allocation.target == 1460.0
        assert counted.allocation.count(Action.FULL) == 1

    def test_their_idle_draw_counts_too(self) -> None:
        asleep = replace(kept_out(Availability.HELD), measured_power=Watts(51))
        assert planned(1460, fleet(asleep, AVAILABLE)).uncontrolled_power == 51.0

    def test_more_than_the_target_leaves_nothing_to_share_out(self) -> None:
        rogue = kept_out(Availability.NOT_CONTROLLABLE, 1400)
        over = planned(1000, fleet(rogue, AVAILABLE))
        assert over.allocation.target == 0.0
        assert over.shortfall == 0.0

    def test_what_an_available_miner_draws_is_not_counted_twice(self) -> None:
        hashing = replace(AVAILABLE, running_at=HOME, hashing=True, measured_power=Watts(1390))
        assert planned(2920, fleet(hashing, AVAILABLE)).allocation.target == 2920.0


def test_a_minimum_time_holds_though_others_draw_the_target_but_not_against_standby() -> None:
    on = replace(AVAILABLE, running_at=HOME, hashing=True, measured_power=Watts(1460), stays=True)
    units = fleet(kept_out(Availability.HELD, 1600), on)
    assert planned(1000, units).setpoints[MinerId("127.0.0.2")].running
    assert planned(None, units).setpoints[MinerId("127.0.0.2")] == IDLE


@pytest.mark.parametrize("mode", PowerMode)
def test_what_is_only_switched_is_told_no_setting(mode: PowerMode) -> None:
    can = Capabilities(switchable=True, steps=(OperatingPoint(Watts(3000.0), GigahashPerSecond(1e5), "on"),))
    switched = [replace(unit, capabilities=can, own_point=None) for unit in fleet(AVAILABLE, AVAILABLE)]
    told = planned(1400, switched, mode).setpoints.values()
    assert Setpoint(running=True, point=None) in told
    assert {setpoint.setting for setpoint in told} == {None}


def test_miners_passed_over_keep_their_reason() -> None:
    units = fleet(AVAILABLE, kept_out(Availability.LOCKED, reason="401 from the web server"))
    assert tuple(other[:3] for other in planned(2920, units).excluded) == (
        ("127.0.0.2", Availability.LOCKED, "401 from the web server"),
    )


def test_the_shortfall_is_what_all_available_miners_together_lack() -> None:
    assert planned(2920, fleet(AVAILABLE, kept_out(Availability.UNREACHABLE))).shortfall == 1460.0
    assert planned(1800, fleet(AVAILABLE, AVAILABLE)).shortfall == 0.0


units_of_any_kind = st.lists(
    st.builds(
        replace,
        st.just(AVAILABLE),
        running_at=st.sampled_from([None, at(475), at(650)]),
        rated_power=st.integers(0, 1500),
        measured_power=st.integers(0, 1500),
        hashing=st.booleans(),
        availability=st.sampled_from(Availability),
    ),
    max_size=8,
).map(lambda units: fleet(*units))


@settings(max_examples=200)
@given(st.none() | st.integers(0, 15_000), units_of_any_kind, st.sampled_from(PowerMode))
def test_a_plan_accounts_for_every_miner_and_every_watt(
    target: int | None, units: list[UnitStatus], mode: PowerMode
) -> None:
    made = planned(target, units, mode)
    assert made.setpoints.keys() | {other.miner_id for other in made.excluded} == {
        unit.unit_id for unit in units
    }
    assert len(made.setpoints) + len(made.excluded) == len(units)
    most = made.uncontrolled_power + sum(
        one.whole_power(mode) for one in units if one.unit_id in made.setpoints
    )
    assert made.shortfall == max(0, (target or 0) - most)
    assert made.shortfall == 0.0 or made.allocation.power + made.uncontrolled_power == most
    running = {miner_id for miner_id, setpoint in made.setpoints.items() if setpoint.running}
    assert running == {told.unit_id for told in made.allocation.assignments if told.power > 0}


@settings(max_examples=200)
@given(
    target=st.integers(0, 12_000),
    most=st.integers(600, 12_000),
    running=st.lists(st.booleans(), min_size=1, max_size=8),
    mode=st.sampled_from(PowerMode),
)
def test_no_plan_lies_above_a_limit_nor_a_miner_more_below_it_than_need_be(
    target: int, most: int, running: list[bool], mode: PowerMode
) -> None:
    units = fleet(*(replace(AVAILABLE, running_at=HOME if runs else None) for runs in running))
    found = plan(Watts(min(target, most)), units, Rules(mode), most=Watts(most))
    free = plan(Watts(min(target, most)), units, Rules(mode))
    idle = sum(unit.idle_power for unit in units)
    assert found.allocation.power <= max(most, idle)
    assert found.allocation.power > free.allocation.power - 2 * 1460
    if free.allocation.power <= most:
        assert found.setpoints == free.setpoints


@settings(max_examples=100)
@given(
    most=st.integers(1500, 12_000),
    surely=st.lists(st.sampled_from([0.3, 0.6, 0.85, 1.0]), min_size=4, max_size=8),
)
def test_a_limit_is_met_within_a_miner_however_unevenly_they_are_counted_on(
    most: int, surely: list[float]
) -> None:
    units = fleet(*(replace(AVAILABLE, certainty=each) for each in surely))
    found = plan(Watts(most), units, Rules(ON_OFF), most=Watts(most)).allocation.power
    others = (plan(Watts(most - less), units, Rules(ON_OFF)) for less in range(0, most, 100))
    fitting = (other.allocation.power for other in others if other.allocation.power <= most)
    assert max(fitting) - 1460 <= found <= max(most, 51 * len(units))


def test_a_plan_suits_other_limits_as_long_as_it_is_below_them_and_none_has_kept_it_down() -> None:
    units = fleet(*[replace(AVAILABLE, running_at=HOME)] * 4)
    free = plan(Watts(5200.0), units, Rules(ON_OFF))
    kept = plan(Watts(5200.0), units, Rules(ON_OFF), most=Watts(5200.0))
    assert (free.allocation.count(Action.FULL), kept.allocation.count(Action.FULL)) == (4, 3)
    assert free.suits(Watts(5200.0), Watts(6000.0))
    assert not free.suits(Watts(5200.0), Watts(5200.0))
    assert not free.suits(Watts(5000.0), Watts(6000.0))
    assert kept.suits(Watts(5200.0), Watts(5200.0))
    assert not kept.suits(Watts(5200.0), Watts(6000.0))


def test_a_plan_that_a_limit_has_cut_looks_ahead_to_nothing() -> None:
    """Else it would be made anew each second, to end what it looks ahead to."""
    hashing = fleet(*[replace(AVAILABLE, running_at=HOME)] * 10)
    most = Watts(7.6 * 1460)
    cut = plan(most, hashing, Rules(ON_OFF), most=most)
    assert cut.look_ahead < 0
    assert not cut.looks_ahead
    assert plan(most, hashing, Rules(ON_OFF), LookAhead(start=Watts(1460.0))).looks_ahead
