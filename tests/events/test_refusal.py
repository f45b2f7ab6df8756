import math
from dataclasses import replace
from types import MappingProxyType

import pytest
from recording import ONE, TWO

from events.commands import (
    Activate,
    ApplyPower,
    Command,
    ControlMiner,
    Deactivate,
    FindMiner,
    MinerAction,
    RegisterMiners,
    RemoveMiner,
    SetFrequency,
    SetLimit,
    SetOverride,
    SetPowerMode,
)
from events.refusal import Facts, refusal
from events.state import FleetState, Override
from netstab.power.allocation import PowerMode
from netstab.power.unit import Capabilities, PowerRange
from netstab.units import GigahashPerSecond, Megahertz, MinerId, WallTime, Watts

FLEET = FleetState(
    version=3,
    power_mode=PowerMode.ON_OFF,
    miners=MappingProxyType({ONE.miner_id: ONE, TWO.miner_id: replace(TWO, controllable=False)}),
)
UNDER_OVERRIDE = replace(FLEET, override=Override(None, "id", WallTime(0.0)))
EMPTY = replace(FLEET, miners=MappingProxyType({}))
WELL = Facts(rated_power=Watts(2920.0), reachable=2, initializing=False)
CUT_OFF = replace(WELL, reachable=0)
NOBODY = MinerId("127.0.0.99")


def code(state: FleetState, command: Command, facts: Facts = WELL) -> str | None:
    rejected = refusal(state, command, facts)
    return rejected.code if rejected else None


@pytest.mark.parametrize("power", [0.0, 1.0, 2920.0])
def test_a_power_within_rated_limits_is_taken(power: float) -> None:
    assert code(FLEET, Activate(Watts(power))) is None
    assert code(FLEET, ApplyPower(Watts(power))) is None
    assert code(FLEET, SetOverride(enabled=True, target=Watts(power))) is None


@pytest.mark.parametrize("power", [-1.0, 2921.0])
def test_a_power_out_of_bounds_is_bad_input_whatever_the_fleets_condition(power: float) -> None:
    assert code(UNDER_OVERRIDE, Activate(Watts(power)), CUT_OFF) == "INVALID_POWER"
    assert code(FLEET, ApplyPower(Watts(power))) == "INVALID_POWER"
    assert code(FLEET, SetOverride(enabled=True, target=Watts(power))) == "INVALID_POWER"


def test_a_power_above_rated_is_refused_in_the_contracts_words() -> None:
    rejected = refusal(FLEET, Activate(Watts(3000.0)), WELL)
    assert rejected is not None
    assert rejected.message == "Requested power exceeds rated limits."


@pytest.mark.parametrize("power", [-500.0, math.nan, -math.inf, math.inf])
def test_what_is_no_power_is_refused_alike_for_every_command_in_words_of_no_front(power: float) -> None:
    unrated = replace(WELL, rated_power=Watts(0.0))
    for command in (
        Activate(Watts(power)),
        ApplyPower(Watts(power)),
        SetOverride(enabled=True, target=Watts(power)),
        SetLimit("grid", Watts(power)),
    ):
        rejected = refusal(FLEET, command, unrated)
        assert rejected is not None
        assert rejected.code == "INVALID_POWER"
        given = f"{power / 1000:g} kW"
        assert rejected.message == f"power must be a finite number of 0 kW or more, got {given}."
        assert rejected.bad is not None
        assert (rejected.bad.parameter, rejected.bad.rule, rejected.bad.bound) == ("power", "at_least", 0.0)


def test_an_override_refuses_the_ems_and_not_the_operator() -> None:
    assert code(UNDER_OVERRIDE, Activate(Watts(1.0))) == "MANUAL_OVERRIDE"
    assert code(UNDER_OVERRIDE, Deactivate()) == "MANUAL_OVERRIDE"
    assert code(UNDER_OVERRIDE, ApplyPower(Watts(1.0))) is None
    assert code(UNDER_OVERRIDE, SetPowerMode(PowerMode.FREQUENCY)) is None


def test_an_offline_fleet_takes_a_deactivate_and_no_activate() -> None:
    assert code(FLEET, Activate(Watts(1.0)), CUT_OFF) == "FLEET_OFFLINE"
    assert code(EMPTY, Activate(Watts(1.0))) == "FLEET_OFFLINE"
    assert code(FLEET, Deactivate(), CUT_OFF) is None


def test_a_fleet_that_is_not_known_yet_is_not_offline() -> None:
    assert code(FLEET, Activate(Watts(1.0)), replace(CUT_OFF, initializing=True)) is None


@pytest.mark.parametrize(
    "command",
    [
        RemoveMiner(NOBODY),
        ControlMiner(NOBODY, MinerAction.STOP),
        SetFrequency(NOBODY, Megahertz(600), None),
        FindMiner(NOBODY, enabled=True),
    ],
)
def test_a_miner_that_is_not_registered_is_unknown(command: Command) -> None:
    assert code(FLEET, command) == "UNKNOWN_MINER"


def test_a_miner_that_cannot_be_controlled_is_not_commanded_but_can_be_found_and_removed() -> None:
    assert code(FLEET, ControlMiner(TWO.miner_id, MinerAction.STOP)) == "MINER_REFUSED"
    assert code(FLEET, SetFrequency(TWO.miner_id, Megahertz(600), None)) == "MINER_REFUSED"
    assert code(FLEET, FindMiner(TWO.miner_id, enabled=True)) is None
    assert code(FLEET, RemoveMiner(TWO.miner_id)) is None


def test_no_frequency_is_set_of_a_unit_that_has_none_and_the_refusal_says_so() -> None:
    wide = PowerRange(Watts(1000.0), Watts(3400.0), Watts(10.0), GigahashPerSecond(120_000.0))
    other = replace(ONE, model="Range unit", capabilities=Capabilities(switchable=True, range=wide))
    fleet = replace(FLEET, miners=MappingProxyType({**FLEET.miners, ONE.miner_id: other}))
    rejected = refusal(fleet, SetFrequency(ONE.miner_id, Megahertz(600), None), WELL)
    assert rejected is not None
    assert rejected.code == "MINER_REFUSED"
    assert "is not set by frequency" in rejected.message
    assert code(fleet, ControlMiner(ONE.miner_id, MinerAction.STOP)) is None


def test_more_miners_than_there_is_room_for_are_refused_and_known_ones_never(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    third = replace(ONE, miner_id=NOBODY)
    monkeypatch.setattr("events.refusal.MOST_MINERS", 2)
    assert code(FLEET, RegisterMiners((ONE, TWO), "look")) is None
    assert code(FLEET, RegisterMiners((ONE, third), "scan")) == "TOO_MANY_MINERS"
    assert code(EMPTY, RegisterMiners((ONE, third), "scan")) is None
    monkeypatch.setattr("events.refusal.MOST_MINERS", 1)
    assert code(FLEET, RegisterMiners((ONE,), "look")) is None
