"""History, the past and its proof, over a real log."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, get_args

import pytest
import recording
from dashboard import BASE, ONE, get, refused
from falcon.app import App
from falcon.testing import StartResponseMock, create_environ
from falcon.testing.client import TestClient
from stub_fleet import NOW, registered

from api.export import EXPORTS_AT_ONCE
from api.schemas.history import CommandName
from events.commands import (
    Activate,
    ApplyPower,
    Command,
    ControlMiner,
    Deactivate,
    EnterFailsafe,
    FindMiner,
    MinerAction,
    Origin,
    RegisterMiners,
    SetFrequency,
    SetOverride,
)
from events.history import HistoryReader
from events.index import COMMANDS
from events.log import FleetLog
from events.state import Source
from netstab.dispatch.delivery import DeliveryRecord
from netstab.dispatch.failsafe import FailsafeAction
from netstab.power.allocation import PowerMode
from netstab.units import Megahertz, MinerId, Volts, WallTime, Watts

TWO = MinerId("127.0.1.167")
COMMANDS_GIVEN: tuple[tuple[Command, Source], ...] = (
    (RegisterMiners((registered(ONE), registered(TWO)), "scan"), Source.SYSTEM),
    (Activate(Watts(2000.0)), Source.EMS),
    (ControlMiner(ONE, MinerAction.STOP), Source.DASHBOARD),
    (SetFrequency(TWO, Megahertz(525), Volts(8.5)), Source.DASHBOARD),
    (FindMiner(TWO, enabled=True), Source.DASHBOARD),
    (SetOverride(enabled=True, target=None), Source.DASHBOARD),
    (ApplyPower(Watts(1250.0)), Source.DASHBOARD),
    (SetOverride(enabled=False, target=None), Source.DASHBOARD),
    (Deactivate(), Source.EMS),
    (Activate(Watts(500.0)), Source.EMS),
)
KEYS = {"timestamp", "source", "command", "parameters", "success", "message"}
DETAIL = {"version", "command_id", "client", "code", "outcome", "principal", "request_id"}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'log.db'}"


@pytest.fixture
def log(url: str) -> Iterator[FleetLog]:
    """One event a second from 14:30:00 on."""
    seconds = count()
    log = FleetLog(url, lambda: WallTime(NOW + 0.25 + next(seconds)), PowerMode.FREQUENCY)
    for number, (command, source) in enumerate(COMMANDS_GIVEN):
        log.accept(command, origin(number, source), "größer")
    log.reject(Activate(Watts(9e6)), origin(90), "INVALID_POWER", "Requested power exceeds rated limits.")
    yield log
    log.close()


def origin(number: int, source: Source = Source.EMS) -> Origin:
    return Origin(f"id-{number}", source, "127.0.0.1")


def delivery(order: int) -> DeliveryRecord:
    return replace(recording.delivery(order), begun_at=WallTime(NOW), ended_at=WallTime(NOW + 60))


@pytest.fixture
def history(log: FleetLog, url: str) -> Iterator[HistoryReader]:
    reader = HistoryReader(url)
    yield reader
    reader.close()


def commands(client: TestClient, query: str = "") -> list[Any]:
    found: list[Any] = get(client, f"/history?detail=true&limit=1000{query}")["commands"]
    return found


def test_a_page_is_as_documented_and_says_more_when_asked(client: TestClient) -> None:
    assert {frozenset(entry) for entry in get(client, "/history")["commands"]} == {frozenset(KEYS)}
    assert {frozenset(entry) for entry in commands(client)} == {frozenset(KEYS | DETAIL)}


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("source=dashboard", lambda entry: entry["source"] == "dashboard"),
        ("source=system", lambda entry: entry["source"] == "system"),
        ("command=activate", lambda entry: entry["command"] == "activate"),
        ("success=false", lambda entry: not entry["success"]),
        ("success=true&command=activate&source=ems", lambda e: e["success"] and e["command"] == "activate"),
        (
            f"miner_id={TWO}",
            lambda e: TWO in (e["parameters"].get("miner_id"), *e["parameters"].get("miners", [])),
        ),
        (f"miner_id={TWO}&command=blink", lambda entry: entry["command"] == "blink"),
        ("miner_id=127.0.1.99", lambda entry: False),
        ("since=2026-01-20T14:30:05.250Z", lambda entry: entry["timestamp"] >= "2026-01-20T14:30:05.250Z"),
        ("until=2026-01-20T14:30:05.250Z", lambda entry: entry["timestamp"] < "2026-01-20T14:30:05.250Z"),
        ("since=2030-01-01T00:00:00Z", lambda entry: False),
        (
            "since=2026-01-20T15:30:03%2B01:00&until=2026-01-20T14:30:05Z",
            lambda entry: "2026-01-20T14:30:03" <= entry["timestamp"] < "2026-01-20T14:30:05",
        ),
    ],
)
def test_a_filter_gives_what_fits_it_and_nothing_else(
    client: TestClient, query: str, fits: Callable[..., Any]
) -> None:
    every = commands(client)
    assert commands(client, f"&{query}") == [entry for entry in every if fits(entry)]


def test_a_command_is_joined_to_the_lines_that_its_request_has_left(
    client: TestClient, log: FleetLog
) -> None:
    log.accept(Deactivate(), replace(origin(77), request_id="ems-4711"), "")
    newest, *others = commands(client)
    assert newest["request_id"] == get(client, "/history/id-77")["request_id"] == "ems-4711"
    assert {each["request_id"] for each in others} == {""}


def test_pages_follow_one_another_without_gap_or_overlap(client: TestClient) -> None:
    every, found, before = commands(client), [], ""
    while page := get(client, f"/history?detail=true&limit=4{before}")["commands"]:
        found += page
        before = f"&before={page[-1]['version']}"
    assert found == every


@pytest.mark.parametrize(
    "query",
    [
        "source=nobody",
        "command=explode",
        "success=perhaps",
        "since=yesterday",
        "since=2026-01-20T14:00:00",
        "before=0",
        "limits=3",
        "detail=2",
        "source=ems&source=system",
    ],
)
def test_a_bad_filter_is_refused(client: TestClient, query: str) -> None:
    assert refused(client.simulate_get(f"{BASE}/history", query_string=query), 400, "INVALID_INPUT")


def test_a_filter_knows_every_command() -> None:
    assert set(get_args(CommandName)) == set(COMMANDS)


def test_a_command_is_shown_with_what_came_of_it(client: TestClient, log: FleetLog) -> None:
    version = log.accept(Activate(Watts(2000.0)), origin(700), "Fleet activated")
    pending = get(client, f"/history/{origin(700).command_id}")
    assert (pending["outcome"], pending["delivery"]) == ("under_way", None)
    log.deliveries([delivery(version), delivery(version - 1)])
    shown = get(client, f"/history/{origin(700).command_id}")
    assert set(shown) == KEYS | DETAIL | {"delivery"}
    assert shown["outcome"] == "reached"
    assert shown["delivery"]["disobedient"] == [{"miner_id": "127.0.0.2", "reason": "unreachable: timed out"}]
    assert shown["delivery"]["asked_kwh"] == 0.0333


def test_an_unknown_command_is_404(client: TestClient) -> None:
    assert refused(client.simulate_get(f"{BASE}/history/nothing"), 404, "UNKNOWN_COMMAND", "nothing")


def test_the_head_is_that_of_the_log(client: TestClient, log: FleetLog) -> None:
    assert get(client, "/history/head") == {"version": log.head.version, "hash": log.head.digest}


def test_the_past_is_shown_by_version_and_by_moment(client: TestClient, log: FleetLog) -> None:
    activated = next(entry for entry in commands(client) if entry["parameters"] == {"power_kw": 2.0})
    by_version = get(client, f"/history/state?at={activated['version']}")
    assert by_version == get(client, f"/history/state?at={activated['timestamp']}")
    assert by_version["target_power_kw"] == 2.0
    assert by_version["order"]["command_id"] == activated["command_id"]
    assert [miner["miner_id"] for miner in by_version["miners"]] == [ONE, TWO]
    assert get(client, f"/history/state?at={activated['version'] - 1}")["order"] is None
    latest = get(client, "/history/state?at=2099-01-01T00:00:00Z")
    assert latest["version"] == log.state.version
    assert [hold["frequency_mhz"] for hold in latest["holds"]] == [None, 525]


def test_a_failsafe_is_shown_in_the_history_and_in_the_past(client: TestClient, log: FleetLog) -> None:
    entered = EnterFailsafe(FailsafeAction.POWER, Watts(1460.0), WallTime(NOW))
    version = log.accept(entered, origin(800, Source.SYSTEM), "EMS silent")
    [entry] = commands(client, "&command=failsafe")
    assert (entry["source"], entry["version"]) == ("system", version)
    assert entry["parameters"] == {
        "action": "power",
        "power_kw": 1.46,
        "silent_since": "2026-01-20T14:30:00.000Z",
    }
    past = get(client, f"/history/state?at={version}")
    assert past["failsafe"] == {
        "since": entry["timestamp"],
        "silent_since": "2026-01-20T14:30:00.000Z",
        "action": "power",
        "power_kw": 1.46,
        "command_id": entry["command_id"],
    }
    assert past["order"]["source"] == "system"
    assert get(client, f"/history/state?at={version - 1}")["failsafe"] is None


@pytest.mark.parametrize("at", ["99999", "2020-01-01T00:00:00Z", str(2**63 - 1)])
def test_a_past_that_is_not_recorded_is_404(client: TestClient, at: str) -> None:
    assert refused(client.simulate_get(f"{BASE}/history/state", query_string=f"at={at}"), 404, "NOT_RECORDED")


@pytest.mark.parametrize("at", ["at=0", "at=-1", f"at={2**63}", "at=noon", "", "at=2026-01-20T14:00:00"])
def test_a_moment_that_is_none_is_refused(client: TestClient, at: str) -> None:
    assert refused(client.simulate_get(f"{BASE}/history/state", query_string=at), 400, "INVALID_INPUT")


def test_an_export_holds_every_command_the_oldest_first(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.history.CHUNK", 3)
    answer = client.simulate_get(f"{BASE}/history/export")
    assert answer.headers["Content-Type"] == "application/jsonl"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="history.jsonl"'
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == commands(client)[::-1]


def test_an_export_for_spreadsheets_holds_the_same_and_no_formula(
    client: TestClient, log: FleetLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.history.CHUNK", 3)
    log.reject(Deactivate(), origin(91), "MANUAL_OVERRIDE", "=HYPERLINK(1)")
    answer = client.simulate_get(f"{BASE}/history/export?format=csv&source=ems")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    lines = [
        json.loads(x) for x in client.simulate_get(f"{BASE}/history/export?source=ems").text.splitlines()
    ]
    assert [json.loads(row["parameters"]) for row in rows] == [line["parameters"] for line in lines]
    assert [row["version"] for row in rows] == [str(line["version"]) for line in lines]
    assert rows[-1]["message"] == "'=HYPERLINK(1)"
    assert rows[-1]["success"] == "false"


def test_an_export_of_nothing_is_empty(client: TestClient) -> None:
    query = "since=2030-01-01T00:00:00Z"
    assert client.simulate_get(f"{BASE}/history/export?{query}").text == ""
    assert client.simulate_get(f"{BASE}/history/export?{query}&format=csv").text.count("\n") == 1


def test_few_exports_run_at_once_and_each_gives_its_place_back(
    client: TestClient, app: App[Any, Any]
) -> None:
    path = f"{BASE}/history/export"
    for _ in range(3):
        running = [_open(app, path) for _ in range(EXPORTS_AT_ONCE)]
        assert refused(client.simulate_get(path), 503, "BUSY")
        next(iter(running[0]))
        for answer in running:
            answer.close()
    assert client.simulate_get(path).status_code == 200


def _open(app: App[Any, Any], path: str) -> Any:
    """Begin an answer as the server does, and leave it unread."""
    return app(create_environ(path, host="localhost"), StartResponseMock())


def test_an_export_of_a_log_that_cannot_be_read_is_an_error_and_gives_its_place_back(
    client: TestClient, log: FleetLog, tmp_path: Path
) -> None:
    log.close()
    (tmp_path / "log.db").write_bytes(b"not a database, " * 1000)
    for _ in range(EXPORTS_AT_ONCE + 1):
        assert refused(client.simulate_get(f"{BASE}/history/export"), 503, "LOG_UNAVAILABLE")
