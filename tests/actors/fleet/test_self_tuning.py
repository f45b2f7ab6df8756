"""A unit whose firmware moves its power by itself: it promises what it does, and is told no setting."""

from typing import Any

import pytest
from fleet_values import NOW, A, B, fleet_of, miner, report
from hypothesis import given
from hypothesis import strategies as st
from mixed_units import in_steps, in_watts

from actors.fleet.memory import Schedule
from actors.fleet.view import View
from actors.report import MinerReport, Phase
from netstab.devices.port import Activity, Reading
from netstab.dispatch.forecast import forecast, forecast_share
from netstab.dispatch.plan import Rules, plan
from netstab.dispatch.reach import most
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.dispatch.sums import Sums
from netstab.dispatch.unit_status import UnitStatus
from netstab.power.unit import Capabilities, PowerMode
from netstab.units import GigahashPerSecond, MinerId, Watts

WATTS = in_watts(1000, 3000, 10)
RULES = Rules(PowerMode.FREQUENCY)


def of(miner_id: MinerId, can: Capabilities = WATTS) -> Any:
    return miner(miner_id, capabilities=can, model="MU-3", rated_power=Watts(3000.0), home_frequency=None)


def seen(phase: Phase, miner_id: MinerId, power: float, agent: str = "", **changes: Any) -> MinerReport:
    at = {"setting": 3000, "at": NOW} | changes
    look = Reading(
        Activity.HASHING, Watts(power), GigahashPerSecond(1e5), 3000, None, (), (), self_tuning=agent
    )
    return report(phase, miner_id, power=Watts(power), reading=look, **at)


def units(*reports: MinerReport, can: Capabilities = WATTS, **view: Any) -> tuple[UnitStatus, ...]:
    fleet = fleet_of(*(of(each.miner_id, can) for each in reports))
    return tuple(View(fleet, {each.miner_id: each for each in reports}, NOW, **view).units)


def test_it_is_good_for_what_it_draws_and_no_more() -> None:
    found = units(seen(Phase.HASHING, A, 2204.0, "ATM"), seen(Phase.HASHING, B, 2204.0))
    assert [most([each], PowerMode.FREQUENCY) for each in found] == [2200.0, 3000.0]
    assert [each.self_tuning for each in found] == [True, False]


@pytest.mark.parametrize("mode", PowerMode)
@pytest.mark.parametrize("can", [WATTS, in_steps(1000, 2000, 3000)])
def test_it_is_told_no_setting_and_the_others_take_up_what_it_is_off(
    mode: PowerMode, can: Capabilities
) -> None:
    found = units(seen(Phase.HASHING, A, 2200.0, "ATM"), seen(Phase.HASHING, B, 3000.0), can=can)
    planned = plan(Watts(4200.0), found, Rules(mode))
    assert planned.setpoints[A] == Setpoint(running=True, point=None)
    beside = planned.setpoints[B].point
    assert beside is not None
    assert beside.power == 2000.0


def test_it_may_still_be_switched_off_and_on() -> None:
    (running,) = units(seen(Phase.HASHING, A, 2200.0, "ATM"))
    assert plan(None, [running], RULES).setpoints == {A: IDLE}
    (asleep,) = units(seen(Phase.ASLEEP, A, 40.0, "ATM", setting=2500))
    planned = plan(Watts(2500.0), [asleep], RULES)
    assert planned.setpoints == {A: Setpoint(running=True, point=None)}
    assert planned.power == 2500.0


def test_what_it_draws_more_or_less_is_seen_as_off_the_target() -> None:
    told = Setpoint(running=True, point=None)
    for power in (1800.0, 2400.0):
        (unit,) = units(seen(Phase.HASHING, A, power, "ATM"), schedule=Schedule({A: told}))
        sums = Sums.of([(A, forecast_share(unit, told))])
        assert forecast(sums, Watts(0.0)).expected == power


agents = st.sampled_from(["", "dynamic power scaling", "ATM", "preset switcher"])
phases = st.sampled_from([Phase.HASHING, Phase.STARTING, Phase.ASLEEP])
looks = st.lists(
    st.tuples(phases, st.integers(0, 3500), agents, st.none() | st.integers(500, 3500)), max_size=5
)


@given(
    looks,
    st.integers(0, 20_000),
    st.sampled_from(PowerMode),
    st.sampled_from([WATTS, in_steps(900, 1500, 3000)]),
)
def test_no_plan_ever_counts_on_one_for_more_than_it_does(
    drawn: list[tuple[Phase, int, str, int | None]], target: int, mode: PowerMode, can: Capabilities
) -> None:
    reports = {
        MinerId(f"127.0.0.{place}"): seen(
            phase, MinerId(f"127.0.0.{place}"), float(power), agent, setting=setting
        )
        for place, (phase, power, agent, setting) in enumerate(drawn, 1)
    }
    found = units(*reports.values(), can=can)
    planned = plan(Watts(float(target)), found, Rules(mode))
    for unit in found:
        saw = reports[unit.unit_id]
        if saw.self_tuning:
            told = planned.setpoints[unit.unit_id]
            assert told.point is None
            bound = saw.power if saw.phase is Phase.HASHING and saw.power > unit.idle_power else 3000.0
            assert unit.power_at(unit.full_point) <= max(1.0, bound)
            assert unit.best_gain(mode) <= max(0.0, max(1.0, bound) - unit.idle_power)
