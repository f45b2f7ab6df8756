"""The command line's client against a whole server with real miners' sockets."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from harness import Controller, NewController, asleep, hashing
from waiting import wait_until

from netstab.cli import main
from netstab.client.calls import Outcome
from netstab.settings.variables import TOKENS
from netstab.simulation.fleet import SimulatedFleet

Told = tuple[int, str, str]
Run = Callable[..., Told]


@pytest.fixture
def run(controller: Controller, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command against the server, again where the host was too busy to hear it in time.

    Gives its exit status and what it printed.
    """
    monkeypatch.setenv("NETSTAB_URL", controller.base)
    monkeypatch.setattr("netstab.cli.remote._TIMEOUT", 60.0)

    def told(line: str) -> list[Told]:
        status = main(line.split())
        printed = capsys.readouterr()
        too_late = status == Outcome.UNREACHABLE and "TOO_LATE" in printed.out + printed.err
        return [] if too_late else [(status, printed.out, printed.err)]

    return lambda line: wait_until(lambda: told(line))[0]


def answered(told: Told) -> Any:
    status, out, _ = told
    assert status == 0, told
    return json.loads(out)


def test_a_fleet_is_steered_and_looked_at_by_command_line(
    run: Run, fleet: SimulatedFleet, controller: Controller
) -> None:
    status, out, _ = run("activate 2.92")
    assert status == 0
    assert "Fleet activated successfully at 2920W" in out
    assert wait_until(lambda: hashing(fleet) == 2)
    wait_until(lambda: answered(run("status --json"))["mining_miners"] == 2)
    assert "2 mining, 2 online, 2 registered" in run("status")[1]
    assert [miner["is_mining"] for miner in answered(run("miners --json"))] == [True, True]
    assert all(miner in run("miners")[1] for miner in fleet.miners)
    assert answered(run("miners --faulty --json")) == []
    assert run("deactivate")[0] == 0
    assert wait_until(lambda: asleep(fleet))
    commands = answered(run("history --json --source ems --limit 2"))["commands"]
    assert [command["command"] for command in commands] == ["deactivate", "activate"]
    assert "Fleet activated successfully at 2920W" in run("history --command activate")[1]


def test_who_is_in_command_and_what_may_be_drawn_is_told_by_command_line(run: Run) -> None:
    assert run("override 1.5")[0] == 0
    assert answered(run("status --json"))["override_target_power_kw"] == 1.5
    status, out, err = run("activate 1")
    assert (status, out) == (3, "")
    assert "(MANUAL_OVERRIDE)" in err
    assert run("override stop")[0] == 0
    assert "all miners stopped" in run("status")[1]
    assert run("override off")[0] == 0
    assert answered(run("status --json"))["manual_override_active"] is False
    assert run("limits set grid-operator 1.25 --until 2099-01-01T00:00:00Z")[0] == 0
    [limit] = answered(run("limits list --json"))["limits"]
    assert (limit["source"], limit["power_kw"]) == ("grid-operator", 1.25)
    assert "grid-operator" in run("limits list")[1]
    assert run("limits clear grid-operator")[0] == 0
    assert run("limits list")[1] == "none\n"
    assert run("limits clear grid-operator")[0] == 2
    status, out, _ = run("activate 1000 --json")
    assert status == 2
    assert json.loads(out)["code"] == "INVALID_POWER"
    assert "activate" in run("history --refused")[1]


def test_each_token_opens_its_own_commands_and_nothing_is_done_without(
    fleet: SimulatedFleet,
    new_controller: NewController,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tokens = {name: f"{name.lower().replace('_', '-')}-0123456789abcdef" for name in TOKENS}
    guarded = new_controller(fleet, **tokens)
    monkeypatch.setenv("NETSTAB_URL", guarded.base)
    monkeypatch.setattr("netstab.cli.remote._TIMEOUT", 60.0)
    exits = {}
    for name in ("", *TOKENS):
        monkeypatch.setenv("NETSTAB_TOKEN", tokens.get(name, ""))
        exits[name] = [
            main(line.split()) for line in ("status", "override stop", "override off", "deactivate")
        ]
    assert exits == {
        "": [5, 5, 5, 5],
        "EMS_TOKEN": [5, 5, 5, 0],
        "DASHBOARD_TOKEN": [0, 0, 0, 5],
        "VIEWER_TOKEN": [0, 5, 5, 5],
    }
    printed = capsys.readouterr()
    assert "0123456789abcdef" not in printed.out + printed.err
