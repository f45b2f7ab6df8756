"""A server with tokens: who did what is in the log, and no token is anywhere."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import requests
from harness import Api, NewProcess, ServerProcess
from waiting import PATIENCE

from netstab.simulation.fleet import SimulatedFleet

EMS, ALICE, VIEWER = "ems-0123456789abcdef", "alice-0123456789abcd", "viewer-0123456789abc"


@pytest.fixture
def process(new_process: NewProcess, fleet: SimulatedFleet, tmp_path: Path) -> ServerProcess:
    file = tmp_path / "dashboard.token"
    file.write_text(f"alice:{ALICE}\n")
    file.chmod(0o600)
    tokens = {"EMS_TOKEN": EMS, "DASHBOARD_TOKEN_FILE": str(file), "VIEWER_TOKEN": f"auditor:{VIEWER}"}
    return new_process(fleet, MINER_DISCOVERY_ENABLED="false", EMS_PORT="0", **tokens)


def bearing(api: Api, token: str) -> Api:
    """Return a client of the same server that has a token."""
    client = Api(api.port)
    client._session.headers["Authorization"] = f"Bearer {token}"
    return client


def recorded(api: Api) -> list[tuple[str, str]]:
    """Return what clients have commanded, the newest first, and who it was."""
    commands = api.read("/dashboard/api/history?limit=1000&detail=true")["commands"]
    return [(each["command"], each["principal"]) for each in commands if each["source"] != "system"]


def by_whom(lines: Iterable[dict[str, Any]]) -> list[str]:
    """Return who commanded, the oldest first, of commands that clients gave."""
    return [line["principal"] for line in lines if line.get("source", "system") != "system"]


def test_who_did_it_is_recorded_and_no_token_is_shown(
    process: ServerProcess, fleet: SimulatedFleet, tmp_path: Path
) -> None:
    api = process.start()
    ems, alice, viewer = (bearing(api, token) for token in (EMS, ALICE, VIEWER))
    alice.tell("/dashboard/api/discovery/add", _added(fleet, 0))
    alice.scan({"network_cidr": f"{fleet.miners[1]}/32"})
    ems.deactivate()
    alice.tell("/dashboard/api/override", {"enabled": False})
    assert viewer.post("/dashboard/api/override", {"enabled": True}).status_code == 403
    assert [client.get("/api/status").status_code for client in (api, alice, viewer)] == [401] * 3
    assert [client.get("/dashboard/api/status").status_code for client in (api, ems)] == [401] * 2
    assert (
        requests.get(f"http://127.0.0.1:{process.ems_port}/api/status", timeout=PATIENCE).status_code == 401
    )
    assert api.get("/healthz").status_code == 200
    whole = recorded(viewer)
    assert set(whole) == {("register", "alice"), ("deactivate", "ems"), ("override", "alice")}
    exported = viewer.get("/dashboard/api/history/export?format=csv").text
    told = _told(tmp_path, "--json")
    everyone = [principal for _, principal in reversed(whole)]
    assert by_whom(csv.DictReader(io.StringIO(exported))) == everyone
    assert by_whom(map(json.loads, told.splitlines())) == everyone
    assert "alice" in _told(tmp_path)
    shown = process.log() + exported + told + json.dumps(viewer.read("/dashboard/api/config"))
    shown += Path(f"/proc/{process.pid}/cmdline").read_text()
    shown += "".join(path.read_bytes().decode("latin-1") for path in tmp_path.glob("log.db*"))
    assert "127.0.0.1 (TOKEN_REQUIRED)" in shown
    assert [token for token in (EMS, ALICE, VIEWER) if token in shown] == []


def _added(fleet: SimulatedFleet, index: int) -> dict[str, Any]:
    return {"ip": str(fleet.miners[index]), "port": fleet.api_port}


def _told(folder: Path, *options: str) -> str:
    command = (
        sys.executable,
        "-m",
        "netstab",
        "log",
        "--database",
        f"sqlite:///{folder / 'log.db'}",
        "replay",
    )
    return subprocess.run((*command, *options), capture_output=True, text=True, check=True).stdout
