"""A Modbus master that writes its registers each second, over a real log, in a time the test moves."""

from collections.abc import Callable
from typing import Any

import pytest

from actors.messages import CommandRequest
from events.commands import Command, Origin
from events.state import Source
from netstab.fronts.modbus.controls import QUIET, Controls, due, reconciled
from netstab.fronts.modbus.fleet import Fleet, fleet_in
from netstab.fronts.modbus.writing import accepted
from netstab.units import Timestamp

CLIENT = "modbus 127.0.0.1"
MINUTES = 10


def fleet_of(setting: Any) -> Fleet:
    return fleet_in(setting.status, None, None)


def give(setting: Any, command: Command) -> None:
    origin = Origin(f"{CLIENT}/{setting.now}/{command.name}", Source.MODBUS, CLIENT)
    setting.give(CommandRequest(command, origin, Timestamp(setting.now + 1.5)))


def second_of(setting: Any, controls: Controls, points: dict[str, float]) -> Controls:
    """Write, let it settle, and let the second pass."""
    now = Timestamp(setting.now)
    if points:
        controls = accepted(controls, points, fleet_of(setting), now, CLIENT)
    controls, what = due(controls, fleet_of(setting), Timestamp(now + QUIET))
    for command in what.commands:
        give(setting, command)
    setting.ticks(1)
    return reconciled(controls, fleet_of(setting))


@pytest.mark.parametrize(
    "points",
    [
        {"target": 1460.0},
        {"target_whole": 1460, "watchdog": 5},
        {"WSetEna": 1, "WSet": -1460},
        {"WSetEna": 1, "WSet": -1460, "WSetRvrtTms": 10},
        {"WSetEna": 1, "WSet": -1460, "WSetRvrtTms": 900},
        {"WMaxLimPctEna": 1, "WMaxLimPct": 50.0, "WMaxLimPctRvrtTms": 60},
        {"run": 0},
    ],
)
def test_it_leaves_one_event_a_minute_and_its_timers_never_run_out(
    begin: Callable[..., Any], points: dict[str, float]
) -> None:
    setting, controls = begin(), Controls()
    controls = second_of(setting, controls, points)
    before = len(setting.stored())
    for _ in range(60 * MINUTES):
        controls = second_of(setting, controls, points)
    assert MINUTES - 2 <= len(setting.stored()) - before <= MINUTES
    assert all(controls[name] == points[name] for name in points.keys() & controls.stored.keys())


def test_once_it_stops_its_timer_lets_go_of_the_setpoint(begin: Callable[..., Any]) -> None:
    setting, controls = begin(), Controls()
    for _ in range(100):
        controls = second_of(setting, controls, {"WSetEna": 1, "WSet": -1460, "WSetRvrtTms": 30})
    for _ in range(29):
        controls = second_of(setting, controls, {})
    assert setting.status.target == 1460.0
    for _ in range(3):
        controls = second_of(setting, controls, {})
    assert setting.status.target is None
    assert setting.stored().count("Released") == 1


def test_a_server_that_is_gone_for_good_leaves_a_setpoint_that_ends_by_itself(
    begin: Callable[..., Any],
) -> None:
    setting, controls = begin(), Controls()
    for _ in range(100):
        controls = second_of(setting, controls, {"WSetEna": 1, "WSet": -1460, "WSetRvrtTms": 30})
    setting.ticks(140)  # its front has died
    assert setting.status.target == 1460.0
    setting.ticks(20)
    assert setting.status.target is None
