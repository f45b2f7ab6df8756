"""Clients that gave up, or were heard too late: nothing of what they sent is done later."""

import json
import signal
import socket
import sqlite3
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from harness import Controller, NewFleet, NewProcess, asleep, commands, wait_until
from waiting import PATIENCE
from watch import EmsWatch

from actors import port
from netstab.simulation.fleet import SimulatedFleet
from netstab.units import Seconds

SENT = (
    ("POST", "/api/activate", '{"activationPowerInKw": 2.92}'),
    ("POST", "/dashboard/api/override", '{"enabled": true, "target_power_kw": 2.92}'),
    ("POST", "/dashboard/api/power/apply", '{"target_power_kw": 2.92}'),
    ("POST", "/dashboard/api/power-mode", '{"mode": "frequency"}'),
    ("PATCH", "/dashboard/api/config", '{"min_miner_power_percent": 50}'),
    ("POST", "/dashboard/api/miners/{miner}/control", '{"action": "start"}'),
    ("POST", "/dashboard/api/power/set-frequency", '{"miner_ip": "{miner}", "frequency_mhz": 500}'),
    ("POST", "/dashboard/api/miner/{miner}/blink", ""),
    ("POST", "/dashboard/api/discovery/scan", "{}"),
    ("POST", "/dashboard/api/discovery/add", '{"ip": "{miner}"}'),
    ("DELETE", "/dashboard/api/discovery/miners/{miner}", ""),
)
PAUSE = 2.5


@pytest.mark.parametrize("copies", [1, 30])
def test_what_was_sent_to_a_server_that_did_not_hear_it_is_never_carried_out(
    new_fleet: NewFleet, new_process: NewProcess, copies: int
) -> None:
    fleet = new_fleet()
    process = new_process(fleet)
    api = process.start()
    api.wait_for_miners(2)
    before, told = api.history(), commands(fleet)
    process.send(signal.SIGSTOP)
    for method, path, body in SENT * copies:
        request = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        request += f"Content-Length: {len(body.replace('{miner}', fleet.miners[0]))}\r\n\r\n{body}"
        with closing(socket.create_connection(("127.0.0.1", api.port), PATIENCE)) as connection:
            connection.sendall(request.replace("{miner}", fleet.miners[0]).encode())
    time.sleep(PAUSE)
    process.send(signal.SIGCONT)
    with EmsWatch(api.port, sheds=True) as ems:
        wait_until(lambda: len(ems.latencies) > 40)
    ems.verify()
    done = [entry["command"] for entry in api.history()[: -len(before)] if entry["success"]]
    assert set(done) <= {"deactivate"}  # the watching EMS's own
    assert commands(fleet) == told
    assert asleep(fleet)


def test_what_lay_in_a_socket_for_too_long_is_refused_also_where_its_client_still_waits(
    new_fleet: NewFleet, new_process: NewProcess
) -> None:
    fleet = new_fleet()
    process = new_process(fleet)
    api = process.start()
    api.wait_for_miners(2)
    told = commands(fleet)
    process.send(signal.SIGSTOP)
    with ExitStack() as stack:
        waiting = []
        for method, path, body in (*SENT, ("POST", "/api/deactivate", "")):
            text = body.replace("{miner}", fleet.miners[0])
            request = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            request += f"Content-Length: {len(text)}\r\n\r\n{text}"
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", api.port), PATIENCE))
            connection.sendall(request.replace("{miner}", fleet.miners[0]).encode())
            waiting.append(connection)
        time.sleep(PAUSE)
        process.send(signal.SIGCONT)
        for connection in waiting:
            answer = connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 503 "), answer
            assert b"X-Error-Code: TOO_LATE" in answer
    assert [entry["command"] for entry in api.history() if entry["success"]] == ["register"]
    assert commands(fleet) == told
    assert asleep(fleet)


def test_a_command_given_up_while_the_log_is_held_is_not_carried_out_when_it_is_free(
    new_fleet: NewFleet, new_process: NewProcess, tmp_path: Path
) -> None:
    fleet = new_fleet()
    api = new_process(fleet, DATABASE_URL=f"sqlite:///{tmp_path / 'held.db'}").start()
    api.wait_for_miners(2)
    body = '{"activationPowerInKw": 2.92}'
    head = "POST /api/activate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with closing(sqlite3.connect(tmp_path / "held.db")) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with closing(socket.create_connection(("127.0.0.1", api.port), PATIENCE)) as connection:
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
            time.sleep(0.3)
        time.sleep(0.2)
        holder.rollback()
    api.wait_for(state="standby", errors=[])
    assert api.request("POST", "/api/deactivate", {}).status_code in (200, 503)  # after all that came before
    done = [entry["command"] for entry in api.history() if entry["success"]]
    assert set(done) <= {"register", "deactivate"}
    assert commands(fleet) == []
    assert asleep(fleet)


def test_what_came_too_late_is_refused_and_recorded_and_not_done(
    controller: Controller, fleet: SimulatedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, told = len(controller.history()), commands(fleet)
    monkeypatch.setattr("api.arrival.waited", lambda _environment: Seconds(port.COMMAND_DEADLINE + 0.1))
    for method, path, body in SENT:
        place, content = (text.replace("{miner}", fleet.miners[0]) for text in (path, body))
        answer = controller.once(method, place, json.loads(content) if content else None)
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (503, "TOO_LATE"), path
    late = controller.history()[:-before] if before else controller.history()
    assert [entry["success"] for entry in late] == [False] * len(late)
    scanning = ("/dashboard/api/discovery/scan", "/dashboard/api/discovery/add")
    assert len(late) == sum(path not in scanning for _, path, _ in SENT)
    assert commands(fleet) == told
