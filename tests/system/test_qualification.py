"""The qualification bench over real sockets: a server in a process of its own, and a simulated fleet."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from harness import Api, NewFleet, NewProcess, ServerProcess, wait_until
from waiting import PATIENCE, running_time

from netstab.cli import main
from netstab.client.calls import Client
from netstab.errors import NetstabError
from netstab.qualification.guard import refusals
from netstab.qualification.live import in_command
from netstab.qualification.plan import Loss
from netstab.qualification.remote import RemoteSite
from netstab.simulation.fleet import SimulatedFleet
from netstab.units import Seconds, Watts

EMS, OPERATOR = "e" * 20, "o" * 20


@pytest.fixture
def fleet(new_fleet: NewFleet) -> SimulatedFleet:
    return new_fleet(4, meter=True)


@pytest.fixture
def ems_timeout() -> str:
    """Return after how many seconds the EMS is silent: so late that the bench never is."""
    return "60"


@pytest.fixture
def server(fleet: SimulatedFleet, new_process: NewProcess, ems_timeout: str) -> ServerProcess:
    return new_process(
        fleet,
        EMS_TOKEN=EMS,
        DASHBOARD_TOKEN=OPERATOR,
        EMS_TIMEOUT_SECONDS=ems_timeout,
        EMS_FAILSAFE="standby",
        POWER_METER_URL=fleet.meter_url,
    )


@pytest.fixture
def api(server: ServerProcess) -> Api:
    """An operator at a server that knows all miners."""
    api = server.start()
    api.show(OPERATOR)
    api.wait_for_miners(4)
    return api


@pytest.fixture
def bench(api: Api) -> Iterator[RemoteSite]:
    with ExitStack() as stack:
        ems, dashboard = (
            stack.enter_context(Client(api.base, token, "", PATIENCE)) for token in (EMS, OPERATOR)
        )
        yield RemoteSite(ems, dashboard, clock=running_time)


def _refused(bench: RemoteSite, api: Api) -> str:
    bench.look()
    return " ".join(refusals(bench.shown, api.read("/dashboard/api/health"), None))


def _ended(bench: RemoteSite, said: list[str], act: Callable[[], object]) -> str:
    """Have something come between while half of the power is ordered; gives what the test ended with."""
    bench.look()
    try:
        with in_command(bench, said.append) as site:
            site.order(Watts(2920.0))
            act()
            site.sample()
    except (NetstabError, KeyboardInterrupt) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _interrupt() -> None:
    raise KeyboardInterrupt


def test_whatever_comes_between_ends_a_test_and_the_fleet_is_given_back(bench: RemoteSite, api: Api) -> None:
    said: list[str] = []

    def target() -> object:
        return api.status()["target_power_kw"]

    def orders() -> object:
        return api.tell("/dashboard/api/power/apply", {"target_power_kw": 1.46})

    def limits() -> object:
        return api.request("PUT", "/dashboard/api/limits/site", {"power_kw": 1.5})

    def limits_that_lapse() -> object:
        return [limit for limit in api.read("/dashboard/api/limits")["limits"] if limit["until"]]

    def overrides() -> object:
        return api.tell("/dashboard/api/override", {"enabled": True, "target_power_kw": 5.84})

    assert bench.limit(Watts(5840.0)).refusal == ""
    wait_until(limits_that_lapse)
    assert bench.limit(None).refusal == ""
    assert _ended(bench, said, _interrupt) == "KeyboardInterrupt: "
    assert (target(), "standby" in said[-1]) == (None, True)
    assert "Somebody else has ordered 1.46 kW" in _ended(bench, said, orders)
    assert (target(), "keeps command" in said[-1]) == (1.46, True)
    assert _ended(bench, said, lambda: None) == ""
    assert (target(), "1.46 kW" in said[-1]) == (1.46, True)
    assert "A limit was set" in _ended(bench, said, limits)
    assert (target(), "1.46 kW" in said[-1]) == (1.46, True)
    api.delete("/dashboard/api/limits/site")
    assert "taken command by an override" in _ended(bench, said, overrides)
    assert "operator has command" in said[-1]
    assert api.status()["override_target_power_kw"] == 5.84
    assert "override is in force" in _refused(bench, api)


@pytest.mark.parametrize("ems_timeout", ["3"])
def test_a_silent_bench_has_the_failsafe_act_and_what_a_lost_server_was_told_last_is_said(
    bench: RemoteSite, api: Api, server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def commands_again() -> bool:
        bench.lose(Loss.EMS, 1.0)
        bench.restore(Loss.EMS)
        return bool(api.status()["target_power_kw"] == 2.92)

    with in_command(bench, said.append) as site:
        site.order(Watts(2920.0))
        site.lose(Loss.EMS, 1.0)
        wait_until(lambda: not site.sample().target)
        assert api.read("/dashboard/api/dispatch")["in_command"] == "failsafe"
        wait_until(commands_again)
    assert api.status()["target_power_kw"] is None
    monkeypatch.setattr("netstab.qualification.remote._GONE_AFTER", 0.5)
    monkeypatch.setattr("netstab.qualification.live._RELEASED_WITHIN", 0.5)

    def lost() -> None:
        server.close()
        while bench.sample():
            bench.wait_until(Seconds(bench.now() + 0.1))

    assert "ConnectionGone" in _ended(bench, said, lost)
    assert "could not be given back" in said[-1]
    assert "3 s after it" in said[-1]


SECONDS = """
site = {full_minutes = 0.6, rest_minutes = 0.2, lead_minutes = 0.05}
T1 = {points = 1, interval_minutes = 0.1, judged_minutes = 0.05}
"""


@pytest.fixture
def command(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the command line of a test that takes seconds."""
    for name, value in {"URL": api.base, "TOKEN": OPERATOR, "EMS_TOKEN": EMS}.items():
        monkeypatch.setenv(f"NETSTAB_{name}", value)
    in_running_time = partial(RemoteSite, clock=running_time)
    monkeypatch.setattr("netstab.cli.qualify_server.RemoteSite", in_running_time)
    criteria = tmp_path / "seconds.toml"
    criteria.write_text(SECONDS)
    told = f"qualify --server --short --tests T1 --pace 6 --timeout {PATIENCE:g} --criteria {criteria} --into"
    return told.split()


def _ordering(command: list[str], api: Api) -> subprocess.Popen[str] | None:
    """Start a command; gives it once it has ordered, None where it has ended before."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: api.status()["target_power_kw"] is not None or process.poll() is not None)
    if process.poll() is None:
        return process
    process.communicate()
    return None


def test_a_server_is_qualified_by_a_command_that_is_refused_or_ended_without_harm(
    command: list[str], api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.request("PUT", "/dashboard/api/limits/site", {"power_kw": 1.5})
    assert main([*command, str(tmp_path / "refused")]) == 2
    assert "A limit of 1.5 kW by site is in force" in capsys.readouterr().err
    api.delete("/dashboard/api/limits/site")
    assert main([*command, str(tmp_path / "blind"), "--tests", "T12a"]) == 2
    assert "T12 needs --meter" in capsys.readouterr().err

    folder = next(
        folder
        for attempt in range(20)  # on a host that stands still the meter may show nothing of the load
        if main([*command, str(folder := tmp_path / f"report{attempt}")]) in (0, 1)
    )
    printed = capsys.readouterr()
    assert "each miner will be woken about" in printed.err
    assert "Left as it was ordered before: standby" in printed.err
    report = json.loads((folder / "report.json").read_text())
    assert "SHORTENED" in report["site"]
    recorded = {
        entry["version"]: entry for entry in api.read("/dashboard/api/history?detail=true")["commands"]
    }
    proven = [order for order in report["tests"][0]["orders"] if order["version"]]  # what repeats is no event
    assert len(proven) >= 3
    assert all(recorded[order["version"]]["request_id"] == order["request_id"] for order in proven)
    database = f"sqlite:///{tmp_path / 'log.db'}"
    assert main(["log", "--database", database, "verify", "--head", report["head"]]) == 0

    wait_until(lambda: api.status()["target_power_kw"] is None)
    again = [sys.executable, "-m", "netstab", *command, str(tmp_path / "again")]
    process = wait_until(
        lambda: _ordering(again, api)
    )  # again where it is refused for a host that stood still
    assert process is not None
    with process:
        process.terminate()
        assert "Left as it was ordered before" in process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 130
    assert api.status()["target_power_kw"] is None
