"""`netstab check` beside a server that runs: its ports are its own, its miners are asked and left alone."""

from pathlib import Path

import pytest
from harness import Controller, NewController, NewFleet, NewProcess, commands, environment
from waiting import PATIENCE

from netstab.check.all import findings
from netstab.check.finding import Grade
from netstab.simulation.fleet import SimulatedFleet


def told(settings: dict[str, str], part: str) -> dict[str, Grade]:
    return {finding.text: finding.grade for finding in findings(settings) if finding.part == part}


@pytest.fixture(autouse=True)
def _time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no miner, and no server, taken for silent because this host stood still."""
    have_patience(monkeypatch, PATIENCE)
    monkeypatch.setattr("netstab.check.all.WITHIN", PATIENCE * 2)
    monkeypatch.setattr("netstab.check.host._ANSWER_WITHIN", PATIENCE)


def have_patience(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    for name in ("antminer.reads.WEB_READ", "web.CONNECT"):
        monkeypatch.setattr(f"netstab.devices.{name}", seconds)


@pytest.fixture
def settings(fleet: SimulatedFleet, controller: Controller, tmp_path: object) -> dict[str, str]:
    return environment(fleet, tmp_path, NETSTAB_PORT=str(controller.port))  # type: ignore[arg-type]


def test_the_ports_of_a_running_server_are_its_own(settings: dict[str, str]) -> None:
    [(text, grade)] = told(settings, "ports").items()
    assert grade is Grade.OK
    assert "this product listens already, as the leader" in text
    assert "A server leads" in next(iter(told(settings, "leader")))


def test_a_server_that_does_not_serve_this_host_is_not_said_to_stand_by(
    fleet: SimulatedFleet, new_process: NewProcess, tmp_path: Path
) -> None:
    elsewhere = {"EMS_ALLOWED_NETWORKS": "10.0.0.0/8", "DASHBOARD_ALLOWED_NETWORKS": "10.0.0.0/8"}
    port = new_process(fleet, **elsewhere).start().port
    [(text, grade)] = told(environment(fleet, tmp_path, NETSTAB_PORT=str(port)), "ports").items()
    assert grade is Grade.OK
    assert "as one that does not serve this host" in text


def test_a_wrong_password_is_told_from_no_answer_and_no_miner_is_changed(
    settings: dict[str, str], fleet: SimulatedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = commands(fleet)
    assert set(told(settings, "miners").values()) == {Grade.OK}
    refused = told(settings | {"MINER_PASSWORD": "another"}, "miners")
    assert set(refused.values()) == {Grade.FAIL}
    assert all(
        "refuses our user name and password" in text and "Set MINER_USERNAME and" in text for text in refused
    )
    assert commands(fleet) == before
    for miner_id in fleet.miners:
        fleet.answer_instead(miner_id, web=b"<html>")
    others = told(settings, "miners")
    assert set(others.values()) == {Grade.WARN}
    assert all("is no miner" in text for text in others)
    have_patience(monkeypatch, 0.5)
    for miner_id in fleet.miners:
        fleet.cut_power(miner_id)
    silent = told(settings, "miners")
    assert set(silent.values()) == {Grade.WARN}
    assert all("power and network" in text for text in silent)


def test_three_miners_of_a_larger_fleet_are_asked(
    new_fleet: NewFleet, new_controller: NewController, tmp_path: object
) -> None:
    fleet = new_fleet(8)
    controller = new_controller(fleet)
    controller.wait_for_miners(8)
    own = environment(fleet, tmp_path, NETSTAB_PORT=str(controller.port))  # type: ignore[arg-type]
    assert len(told(own, "miners")) == 3
