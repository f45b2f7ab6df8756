import pytest
from fleet_values import NOW, A, fleet_of, miner

from actors.fleet.wording import accepted_message
from events.commands import (
    ApplyPower,
    ChangeConfiguration,
    ControlMiner,
    Deactivate,
    EnterFailsafe,
    FindMiner,
    MinerAction,
    RegisterMiners,
    RemoveMiner,
    SetFrequency,
    SetOverride,
    SetPowerMode,
)
from events.state import Configuration
from netstab.dispatch.failsafe import FailsafeAction
from netstab.power.allocation import PowerMode
from netstab.units import Megahertz, Watts


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (Deactivate(), "Fleet deactivation command accepted. All miners stopping."),
        (ApplyPower(Watts(2500.0)), "Fleet activated at 2.5 kW"),
        (SetOverride(enabled=True, target=None), "Manual override enabled, all miners stopping"),
        (SetOverride(enabled=True, target=Watts(1460.0)), "Manual override enabled at 1.46 kW"),
        (SetOverride(enabled=False, target=None), "Manual override disabled"),
        (
            EnterFailsafe(FailsafeAction.HOLD, None, NOW),
            "EMS silent since 2026-01-20T15:05:00.000Z: the failsafe holds the order in force",
        ),
        (
            EnterFailsafe(FailsafeAction.STANDBY, None, NOW),
            "EMS silent since 2026-01-20T15:05:00.000Z: the failsafe orders standby",
        ),
        (
            EnterFailsafe(FailsafeAction.POWER, Watts(1460.0), NOW),
            "EMS silent since 2026-01-20T15:05:00.000Z: the failsafe orders 1.46 kW",
        ),
        (SetPowerMode(PowerMode.ON_OFF), "Power control mode set to on_off"),
        (ChangeConfiguration(Configuration(), ()), "Configuration unchanged"),
        (ChangeConfiguration(Configuration(), ("miner_priority",)), "Configuration updated: miner_priority"),
        (RegisterMiners((miner(),), "add"), "1 miner registered or updated by add"),
        (RegisterMiners((), "scan"), "0 miners registered or updated by scan"),
        (RemoveMiner(A), "Miner 127.0.0.1 removed"),
        (ControlMiner(A, MinerAction.STOP), "Miner 127.0.0.1: stop commanded"),
        (SetFrequency(A, Megahertz(500), None), "Miner 127.0.0.1: 500 MHz commanded"),
        (FindMiner(A, enabled=True), "blink accepted"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_every_accepted_command_is_answered_in_words(command, message):
    assert accepted_message(command, None, fleet_of(miner())) == message
