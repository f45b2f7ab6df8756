"""One command's whole story is found by one id: request, event, actor and device call."""

import json
import signal
from contextlib import closing
from pathlib import Path
from typing import Any

import requests
from harness import Api, NewProcess, ServerProcess, wait_until
from waiting import PATIENCE

from events.store import FleetStore
from netstab.simulation.fleet import SimulatedFleet


def lines(process: ServerProcess, request_id: str) -> list[dict[str, Any]]:
    """Return what was logged of an id, but for what the host was too busy to hear in time."""
    found = (line for line in process.log().splitlines() if request_id in line)
    return [json.loads(line) for line in found if "TOO_LATE" not in line]


def activated(api: Api, kilowatts: float, **headers: str) -> str:
    """Activate, and say it again where the host was too busy to hear it in time; gives the answer's id."""
    body = {"activationPowerInKw": kilowatts}

    def told() -> str:
        answer = requests.post(f"{api.base}/api/activate", json=body, headers=headers, timeout=PATIENCE)
        if answer.headers.get("X-Error-Code") == "TOO_LATE":
            return ""
        assert answer.status_code == 200, answer.text
        return str(answer.headers["X-Request-Id"])

    return wait_until(told)


def told(process: ServerProcess, request_id: str) -> bool:
    found = lines(process, request_id)
    taken = {line["miner"] for line in found if line.get("outcome") == "taken"}
    return len(taken) == 2 and any(line["logger"] == "api.request_ids" for line in found)


def test_an_id_leads_from_the_request_to_the_event_the_actor_and_the_device(
    fleet: SimulatedFleet, new_process: NewProcess, tmp_path: Path
) -> None:
    process = new_process(fleet, LOG_FORMAT="json")
    api = process.start()
    api.wait_for_miners(2)
    assert activated(api, 2.92, **{"X-Request-Id": "ems-4711"}) == "ems-4711"
    wait_until(lambda: told(process, "ems-4711"))
    found = lines(process, "ems-4711")
    assert {line["request_id"] for line in found} == {"ems-4711"}
    assert {line["logger"] for line in found} == {
        "api.request_ids",
        "actors.fleet.command_lines",
        "actors.miner.actor",
    }
    assert {line["order"] for line in found} == {_version(found)}
    assert [line for line in found if line["event"].endswith("is to run.")]
    with closing(FleetStore(f"sqlite:///{tmp_path / 'log.db'}", read_only=True)) as store:
        event: Any = store.domain_event(store.event(_version(found)))
    assert event.request_id == "ems-4711"
    assert {line["command_id"] for line in found} == {event.command_id}


def _version(found: list[dict[str, Any]]) -> int:
    (version,) = {line["order"] for line in found if line["logger"] == "actors.fleet.command_lines"}
    return int(version)


def test_a_request_without_an_id_or_with_a_bad_one_has_that_of_its_command(
    fleet: SimulatedFleet, new_process: NewProcess
) -> None:
    process = new_process(fleet, LOG_FORMAT="json")
    api = process.start()
    api.wait_for_miners(2)
    powers = iter((2.92, 1.46, 2.0, 1.5))
    for headers in ({}, {"X-Request-Id": "a b"}, {"X-Request-Id": "x" * 65}, {"X-Request-Id": 'a"b'}):
        request_id = activated(api, next(powers), **headers)
        assert api.read(f"/dashboard/api/history/{request_id}")["command"] == "activate"
    assert len(api.get("/dashboard/api/status").headers["X-Request-Id"]) == 36


def test_what_a_scan_and_an_addition_register_is_found_by_the_id_of_the_request(
    fleet: SimulatedFleet, new_process: NewProcess
) -> None:
    process = new_process(fleet, LOG_FORMAT="json", MINER_DISCOVERY_ENABLED="false")
    api = process.start()
    first, second = fleet.miners
    found = asked(api, "scan", {"network_cidr": f"{first}/32"}, **{"X-Request-Id": "scan-1"})
    added = asked(api, "add", {"ip": second, "port": fleet.api_port})
    assert (found, len(added)) == ("scan-1", 36)
    newest, *_, oldest = api.read("/dashboard/api/history?detail=true")["commands"]
    assert [each["request_id"] for each in (newest, oldest)] == [added, "scan-1"]
    for each in (newest, oldest):
        assert api.read(f"/dashboard/api/history/{each['command_id']}")["request_id"] == each["request_id"]
        assert [line for line in lines(process, each["request_id"]) if "register by" in line["event"]]


def asked(api: Api, what: str, body: object, **headers: str) -> str:
    """Have discovery do something, again where the host was too slow; gives the id that the answer has."""

    def done() -> str | None:
        url = f"{api.base}/dashboard/api/discovery/{what}"
        answer = requests.post(url, json=body, headers=headers, timeout=PATIENCE)
        return answer.headers["X-Request-Id"] if answer.status_code == 200 else None

    return str(wait_until(done))


def test_an_order_that_is_repeated_is_told_once_and_a_refusal_too(
    fleet: SimulatedFleet, new_process: NewProcess
) -> None:
    process = new_process(fleet)
    api = process.start()
    api.wait_for_miners(2)
    for _ in range(5):
        activated(api, 2.92)
    api.tell("/dashboard/api/override", {"enabled": True, "target_power_kw": 1.0})
    for _ in range(5):
        api.post("/api/activate", {"activationPowerInKw": 1.0})
    process.end(signal.SIGTERM)
    log = process.log()
    assert log.count("activate by ems is event") == 1
    assert log.count("activate by ems is refused (MANUAL_OVERRIDE)") == 1
    assert log.count("POST /api/activate from 127.0.0.1: done") == 1
    assert log.count("POST /api/activate from 127.0.0.1: MANUAL_OVERRIDE") == 1
