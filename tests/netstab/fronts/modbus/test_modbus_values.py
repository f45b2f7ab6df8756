"""What points show of a fleet, held to SunSpec's own symbols and to the table of the document."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from modbus_load import RATED, load

from actors.snapshot import FleetPhase
from netstab.fronts.modbus.controls import Controls
from netstab.fronts.modbus.fleet import Fleet
from netstab.fronts.modbus.points import Value
from netstab.fronts.modbus.values import power_scale, values_of
from netstab.units import Timestamp, Watts


def shown(fleet: Fleet, model: int, name: str, scale: int = 0) -> Value:
    return values_of(fleet, Controls(), scale, Timestamp(70_000.5))[model, name]


def symbols(model: int, name: str) -> dict[str, int]:
    document = json.loads(Path(f"tests/fixtures/sunspec/model_{model}.json").read_text())
    [point] = [each for each in document["group"]["points"] if each["name"] == name]
    return {each["name"]: each["value"] for each in point["symbols"]}


@pytest.mark.parametrize(
    ("changes", "in_command"),
    [({}, 0), ({"override": True}, 1), ({"failsafe": True}, 2), ({"override": True, "failsafe": True}, 1)],
)
def test_the_plain_map_says_who_is_in_command(changes: dict[str, Any], in_command: int) -> None:
    assert shown(load(**changes), 0, "in_command") == in_command
    local = "LOCAL" if changes.get("override") else "REMOTE"
    assert shown(load(**changes), 715, "LocRemCtl") == symbols(715, "LocRemCtl")[local]


@pytest.mark.parametrize(
    ("phase", "plain", "inverter"),
    [
        (FleetPhase.INITIALIZING, 0, "OFF"),
        (FleetPhase.STANDBY, 1, "STANDBY"),
        (FleetPhase.ACTIVATING, 2, "STARTING"),
        (FleetPhase.ACTIVE, 3, "RUNNING"),
        (FleetPhase.DEACTIVATING, 4, "SHUTTING_DOWN"),
        (FleetPhase.FAULT, 5, "FAULT"),
    ],
)
def test_each_phase_has_its_number_in_both_maps(phase: FleetPhase, plain: int, inverter: str) -> None:
    fleet = load(state=phase, pursued=RATED)
    assert shown(fleet, 0, "state") == plain
    assert shown(fleet, 701, "InvSt") == symbols(701, "InvSt")[inverter]


def test_who_runs_below_the_rating_is_throttled_and_by_what_is_said() -> None:
    bits = symbols(701, "ThrotSrc")
    below = load(3000.0, state=FleetPhase.ACTIVE)
    assert shown(below, 701, "InvSt") == symbols(701, "InvSt")["THROTTLED"]
    assert shown(below, 701, "ThrotSrc") == 1 << bits["FIXED_W"]
    limited = load(10_000.0, state=FleetPhase.ACTIVE, pursued=Watts(4000.0))
    assert shown(limited, 701, "ThrotSrc") == 1 << bits["FIXED_W"] | 1 << bits["MAX_W"]
    assert shown(load(), 701, "ThrotSrc") == 0


def test_an_operators_standby_and_errors_are_alarms() -> None:
    bits = symbols(701, "Alrm")
    assert shown(load(), 701, "Alrm") == 0
    assert shown(load(2000.0, override=True), 701, "Alrm") == 0
    assert shown(load(override=True), 701, "Alrm") == 1 << bits["MANUAL_SHUTDOWN"]
    failing = load(errors=("one", "another"))
    assert shown(failing, 701, "Alrm") == 1 << bits["MANUFACTURER_ALRM"]
    assert shown(failing, 701, "MnAlrmInfo") == "one; another"


def test_consumption_is_negative_of_a_resource_and_positive_of_a_meter_and_in_the_plain_map() -> None:
    fleet = load(3000.0, active=Watts(2950.0))
    assert [shown(fleet, *point) for point in ((701, "W"), (203, "W"), (0, "active"))] == [-2950, 2950, 2950]
    assert (shown(fleet, 0, "target_in_force"), shown(load(), 0, "target_in_force")) == (3000.0, 0.0)
    assert (shown(fleet, 0, "least"), shown(fleet, 0, "step")) == (800.0, 90.0)
    assert (shown(fleet, 0, "reachable"), shown(fleet, 0, "registered")) == (6, 7)


def test_a_counter_of_energy_is_in_wh_and_begins_anew_where_its_registers_end() -> None:
    fleet = load(energy_kwh=2**31 / 1000 + 0.005)
    assert shown(fleet, 0, "energy") == 5
    assert shown(fleet, 701, "TotWhAbs") == 2**31 + 5
    assert shown(fleet, 203, "TotWhImp") == 2**31 + 5
    assert shown(load(energy_kwh=12.345), 203, "TotWhImp", 1) == 12_340
    unknown = load(energy_kwh=None)
    assert {shown(unknown, *at) for at in ((0, "energy"), (701, "TotWhAbs"), (203, "TotWhImp"))} == {None}


def test_what_is_left_of_a_timer_is_shown_in_whole_seconds_and_never_below_0() -> None:
    names = ("WSetRvrtRem", "WMaxLimPctRvrtRem")
    controls = Controls(setpoint_reverts_at=Timestamp(100.0), limit_reverts_at=Timestamp(50.0))
    for now, left in ((40.5, [60, 10]), (60.0, [40, 0])):
        values = values_of(load(), controls, 0, Timestamp(now))
        assert [values[704, name] for name in names] == left


def test_the_heartbeat_of_the_server_counts_seconds() -> None:
    assert (shown(load(), 0, "heartbeat"), shown(load(), 715, "DERHb")) == (70_000 - 65_536, 70_000)


@pytest.mark.parametrize(
    ("rated", "scale"), [(0, 0), (32_000, 0), (32_001, 1), (320_000, 1), (320_001, 2), (1e9, 5)]
)
def test_powers_have_the_scale_that_suits_the_rating(rated: float, scale: int) -> None:
    assert power_scale(Watts(rated)) == scale


@given(st.lists(st.floats(0, 1e12), min_size=1))
def test_the_scale_of_powers_never_falls_and_always_holds_the_rating(ratings: list[float]) -> None:
    scale = 0
    for rated in ratings:
        before, scale = scale, power_scale(Watts(rated), scale)
        assert scale >= before
        assert rated / 10**scale <= 0x7FFF
