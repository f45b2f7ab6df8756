"""`netstab check`: what is wrong is said, with what to do, and nothing is changed by the looking."""

import json
import socket
import sqlite3
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cem import cem
from modbus_masters import obedient, serving
from postgres_server import PostgresServer, postgres
from recording import SteppedClock, record_everything

from events.lock import lock_for
from events.log import FleetLog
from netstab.check import host
from netstab.check.all import findings
from netstab.check.finding import Finding, Grade, found, good
from netstab.cli import main
from netstab.power.allocation import PowerMode
from netstab.simulation.awesome_miner import SimulatedAwesomeMiner, Watched, rig
from netstab.units import WallTime

__all__ = ["postgres"]

Environment = dict[str, str]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """Settings with which all is well on any host, its clock taken for synchronised."""
    monkeypatch.setattr(host, "_adjtimex", lambda: 0)
    monkeypatch.setattr(host, "_ENOUGH", 1)
    monkeypatch.setattr(host, "_TOO_LITTLE", 1)
    monkeypatch.chdir(tmp_path)
    return {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'data' / 'log.db'}",
        "MINER_NETWORK_CIDR": "127.0.9.0/28",
        "NETSTAB_HOST": "127.0.0.1",
        "NETSTAB_PORT": "0",
    }


def looked(environment: Mapping[str, str]) -> dict[str, list[Finding]]:
    told: dict[str, list[Finding]] = {}
    for finding in findings(environment):
        told.setdefault(finding.part, []).append(finding)
    return told


def the(environment: Mapping[str, str], part: str) -> Finding:
    """Return the worst finding of a part."""
    return max(looked(environment)[part], key=lambda finding: finding.grade)


def begin(url: str, at: float = 1_768_921_500.0) -> None:
    with closing(FleetLog(url, SteppedClock(WallTime(at)), PowerMode.ON_OFF)) as log:
        record_everything(log)


def test_before_the_first_start_all_can_be_well_and_nothing_is_made(
    environment: Environment, tmp_path: Path
) -> None:
    told = looked(environment)
    assert {finding.grade for found in told.values() for finding in found} == {Grade.OK}
    assert "the first start begins one" in told["database"][0].text
    assert list(tmp_path.iterdir()) == []


def test_every_fault_of_the_settings_is_a_line(environment: Environment) -> None:
    told = looked(environment | {"NETSTAB_PORT": "x", "EMS_FAILSAFE": "y"})
    assert list(told) == ["settings"]
    assert [finding.grade for finding in told["settings"]] == [Grade.FAIL] * 2
    assert the(environment | {"MINER_PASWORD": "x"}, "settings").grade == Grade.WARN


def test_the_end_of_the_log_is_verified_and_its_leader_seen(environment: Environment, tmp_path: Path) -> None:
    url = environment["DATABASE_URL"]
    begin(url)
    content = (tmp_path / "data" / "log.db").read_bytes()
    assert the(environment, "log") == good("log", "It ends with event 44; the last 44 hold.")
    assert "Nobody leads" in the(environment, "leader").text
    assert (tmp_path / "data" / "log.db").read_bytes() == content
    assert not list(tmp_path.rglob("*.lock"))
    lock = lock_for(url)
    assert lock.acquire()
    assert "A server leads" in the(environment, "leader").text
    lock.release()
    assert "Nobody leads" in the(environment, "leader").text


def test_an_event_that_was_changed_lately_is_found(environment: Environment) -> None:
    begin(environment["DATABASE_URL"])
    with closing(sqlite3.connect(environment["DATABASE_URL"].removeprefix("sqlite:///"))) as other, other:
        other.execute("UPDATE stored_events SET topic = topic || ' ' WHERE originator_version = 30")
    finding = the(environment, "log")
    assert finding.grade == Grade.FAIL


def test_a_log_on_postgres_is_looked_at_likewise(environment: Environment, postgres: PostgresServer) -> None:
    own = environment | {"DATABASE_URL": postgres.new_database()}
    assert "the first start begins one" in the(own, "database").text
    begin(own["DATABASE_URL"])
    assert "can be reached and written" in the(own, "database").text
    assert the(own, "log").text == "It ends with event 44; the last 44 hold."
    lock = lock_for(own["DATABASE_URL"])
    assert "Nobody leads" in the(own, "leader").text
    assert lock.acquire()
    assert "A server leads" in the(own, "leader").text
    lock.release()


def test_a_database_that_is_away_is_said_without_its_password(environment: Environment) -> None:
    finding = the(environment | {"DATABASE_URL": "postgresql://me:s3cret@127.0.0.1:1/log"}, "database")
    assert finding.grade == Grade.FAIL
    assert "s3cret" not in finding.text


def test_a_database_that_may_not_be_written_is_said(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(environment["DATABASE_URL"])
    monkeypatch.setattr("os.access", lambda path, _: Path(path).suffix != ".db")
    finding = the(environment, "database")
    assert finding.grade == Grade.FAIL
    assert "may not write" in finding.text


def test_a_reserve_file_that_could_not_be_kept_is_said(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert the(environment, "reserve").grade == Grade.OK
    assert "is no file" in the(environment | {"RESERVE_FILE": str(tmp_path)}, "reserve").text
    monkeypatch.setattr("os.access", lambda path, _: Path(path) != tmp_path)
    finding = the(environment, "reserve")
    assert finding.grade == Grade.WARN
    assert f"may not write {tmp_path}" in finding.text


def test_a_clock_behind_the_log_or_on_its_own_is_said(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(environment["DATABASE_URL"], at=4_000_000_000.0)
    assert "ahead of this host's clock" in the(environment, "clock").text
    for state, grade in ((5, Grade.WARN), (None, Grade.WARN), (0, Grade.OK)):
        monkeypatch.setattr(host, "_adjtimex", lambda state=state: state)
        assert [finding.grade for finding in host.clock(2.0, 1.0)] == [grade]


def test_a_port_that_another_program_has_is_said(environment: Environment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        finding = the(environment | {"EMS_PORT": port}, "ports")
    assert finding.grade == Grade.FAIL
    assert "Set EMS_PORT" in finding.text
    assert the(environment | {"EMS_PORT": port}, "ports").grade == Grade.OK
    assert the(environment | {"NETSTAB_HOST": "203.0.113.7"}, "ports").grade == Grade.FAIL


def test_whether_modbus_can_be_listened_on_or_is_already_is_said(environment: Environment) -> None:
    with serving(obedient()) as port:
        ours = environment | {"MODBUS_LISTEN": f"127.0.0.1:{port}"}
        assert "this product listens already" in the(ours, "modbus").text
    assert "can be listened on; masters of 127.0.0.0/8" in the(ours, "modbus").text
    with socket.create_server(("127.0.0.1", 0)) as other:

        def hang_up() -> None:
            other.accept()[0].close()

        threading.Thread(target=hang_up).start()
        theirs = environment | {"MODBUS_LISTEN": f"127.0.0.1:{other.getsockname()[1]}"}
        finding = the(theirs, "modbus")
    assert finding.grade == Grade.FAIL
    assert "set MODBUS_LISTEN" in finding.text
    assert "modbus" not in looked(environment)


def test_a_meter_that_does_not_answer_is_said(environment: Environment) -> None:
    finding = the(environment | {"POWER_METER_URL": "http://127.0.0.1:1/"}, "meter")
    assert finding.grade == Grade.FAIL
    assert "POWER_METER_URL" in finding.text


def test_awesome_miner_is_asked_where_it_is_set_and_its_key_is_not_said(environment: Environment) -> None:
    assert "awesome miner" not in looked(environment)
    miner = Watched(7, "S9-07", "s9-07", rig())
    with SimulatedAwesomeMiner([miner], key="0123abcd") as behind:
        given = environment | {"AWESOME_MINER_URL": behind.url, "AWESOME_MINER_KEY": "0123abcd"}
        finding = the(given, "awesome miner")
        assert (finding.grade, finding.text) == (Grade.OK, "It lists 1 units.")
        wrong = the(given | {"AWESOME_MINER_KEY": "ffff9999"}, "awesome miner")
    assert wrong.grade == Grade.FAIL
    assert "AWESOME_MINER_KEY" in wrong.text
    assert "ffff9999" not in wrong.text


def test_an_energy_manager_of_s2_is_reached_where_it_is_set_and_its_token_is_not_said(
    environment: Environment,
) -> None:
    assert "s2" not in looked(environment)
    with cem(token="0123abcd") as (_, port):
        given = environment | {"S2_URL": f"ws://127.0.0.1:{port}/", "S2_TOKEN": "0123abcd"}
        assert the(given, "s2").grade == Grade.OK
        wrong = the(given | {"S2_TOKEN": "ffff9999"}, "s2")
    assert wrong.grade == Grade.FAIL
    assert "S2_TOKEN" in wrong.text
    assert "ffff9999" not in wrong.text


def test_too_few_descriptors_and_a_full_disk_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (1024, 1024))
    assert [finding.grade for finding in host.descriptors(256)] == [Grade.OK]
    assert [finding.grade for finding in host.descriptors(257)] == [Grade.WARN]
    monkeypatch.setattr(host, "_TOO_LITTLE", 1 << 60)
    assert [finding.grade for finding in host.space(tmp_path)] == [Grade.FAIL]


def test_with_the_networks_that_are_set_by_default_nothing_leaves_this_host(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: list[tuple[int, Any]] = []
    original = socket.socket.connect

    class Watched(socket.socket):
        def connect(self, address: Any) -> None:
            connected.append((self.type, address))
            if ip_address(address[0]).is_loopback:
                original(self, address)

    monkeypatch.setattr("socket.socket", Watched)
    del environment["MINER_NETWORK_CIDR"]
    begin(environment["DATABASE_URL"])
    assert "network" in looked(environment)
    assert [kind for kind, _ in connected] == [socket.SOCK_DGRAM]


def test_a_network_without_a_way_to_it_is_said(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoWay(socket.socket):
        def connect(self, _address: Any) -> None:
            raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("socket.socket", NoWay)
    finding = the(environment, "network")
    assert finding.grade == Grade.FAIL
    assert "Set MINER_NETWORK_CIDR right" in finding.text
    further = looked(environment | {"MINER_ALLOWED_NETWORKS": "127.0.10.0/28"})["network"][1]
    assert "Set MINER_ALLOWED_NETWORKS right" in further.text


def test_no_look_takes_for_ever_and_none_spoils_the_others() -> None:
    hanging = threading.Event()

    def hangs() -> list[Finding]:
        hanging.wait()
        return []

    def breaks() -> list[Finding]:
        raise RuntimeError("why")

    looks: list[tuple[Callable[[], list[Finding]], float]] = [(hangs, 0.1), (breaks, 60.0)]
    told = [found("part", look, within) for look, within in looks]
    hanging.set()
    assert [finding.grade for [finding] in told] == [Grade.FAIL] * 2
    assert "no end of it" in told[0][0].text
    assert "RuntimeError: why" in told[1][0].text


def test_the_worst_is_the_exit_status(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(["check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 8
    assert all(line.startswith("ok ") for line in lines)
    monkeypatch.setenv("MINER_PASWORD", "x")
    assert main(["check", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["worst"] == "warn"
    assert {"part", "grade", "text"} == set(told["findings"][0])
    monkeypatch.setenv("NETSTAB_PORT", "x")
    assert main(["check"]) == 2
