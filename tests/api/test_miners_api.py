"""Single miners: their status, details and actors."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from dashboard import BASE, ONE, get, refused, send
from falcon.testing.client import TestClient
from made_up import CAPABILITIES, family
from msgspec import structs as struct
from points import at
from stub_fleet import (
    HASHING,
    NOW,
    StubFleet,
    fleet_snapshot,
    registered,
    report,
    unreachable,
)

from actors.report import Backoff, Commanded, Desired, LastError, Step
from api.details_view import miner_details
from api.examples import EXAMPLES
from events.state import Hold, HoldKind
from netstab.devices import families
from netstab.devices.port import Activity, Details, Firmware
from netstab.dispatch.setpoint import Setpoint
from netstab.units import GigahashPerSecond, Megahertz, Timestamp, Version, WallTime, Watts


def test_a_miner_shows_its_share_of_the_target_and_what_ails_it(client: TestClient, fleet: StubFleet) -> None:
    miners = tuple(registered(f"127.0.1.{n}") for n in (1, 2, 3))
    trouble = LastError("timed_out", "No answer within 3 s.", NOW)
    reports = (report("127.0.1.1"), unreachable("127.0.1.2", last_error=trouble, seen_at=None))
    fleet.snapshot = fleet_snapshot(miners, reports, target=Watts(1460.0))
    first, lost, unseen = get(client, "/miners")
    assert (first["name"], first["target_power_kw"], first["error"]) == ("S9-1", 1.46, None)
    assert (lost["is_online"], lost["error"]) == (False, "No answer within 3 s.")
    assert (lost["target_power_kw"], lost["last_update"]) == (None, None)
    assert (unseen["is_online"], unseen["power_kw"], unseen["error"]) == (False, 0.0, None)


def test_an_old_trouble_is_no_error_of_a_healthy_miner(client: TestClient, fleet: StubFleet) -> None:
    trouble = LastError("timed_out", "No answer within 3 s.", Timestamp(NOW - 3600))
    fleet.snapshot = fleet_snapshot((registered(ONE),), (report(ONE, last_error=trouble),))
    assert get(client, f"/miners/{ONE}")["error"] is None


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/miners/127.0.1.9", None),
        ("GET", "/miners/127.0.1.9/actor", None),
        ("GET", "/miners/nonsense", None),
        ("GET", "/miner/127.0.1.9/details", None),
        ("GET", "/power/miner/127.0.1.9", None),
        ("POST", "/miners/127.0.1.9/control", {"action": "stop"}),
        ("POST", "/miner/127.0.1.9/blink", None),
        ("POST", "/power/set-frequency", {"miner_ip": "127.0.1.9", "frequency_mhz": 600}),
        ("DELETE", "/discovery/miners/127.0.1.9", None),
    ],
)
def test_an_unknown_miner_is_404(
    client: TestClient, fleet: StubFleet, method: str, path: str, body: dict[str, Any] | None
) -> None:
    assert refused(send(client, path, body, method), 404, "UNKNOWN_MINER", "is registered")
    assert fleet.given in ([], [("details", "127.0.1.9")])


def test_the_details_bring_the_devices_words_into_the_documented_shape(client: TestClient) -> None:
    details = get(client, f"/miner/{ONE}/details")
    assert details["system"]["minertype"] == "Antminer S9"
    assert details["system"]["firmware_version"] == "vnish 3.9.0"
    assert details["config"] == {
        "frequency": "650",
        "voltage": "880",
        "fan_ctrl": False,
        "fan_pwm": "100",
        "target_temp": "0",
        "shutdown_temp": "0",
        "asicboost": True,
    }
    assert details["shares"]["reject_rate"] == 0.4
    assert details["summary"]["hashrate_ghs_avg"] == 13450.0
    assert [board["id"] for board in details["boards"]] == [6, 7, 8]


WHATSMINER = replace(
    registered(ONE),
    model="Whatsminer M60S",
    firmware=Firmware.WHATSMINER,
    firmware_version="API 3.0.2, 20240826.21.Rel",
    mac="CA:FE:00:00:00:01",
    hostname="rack-7",
)


def test_what_a_make_does_not_call_by_the_s9s_names_is_what_it_was_found_to_be() -> None:
    details = Details(HASHING, {}, {"network": {}}, {}, (), {})
    system = miner_details(WHATSMINER, details).system
    assert (system.minertype, system.hostname, system.macaddr) == (
        "Whatsminer M60S",
        "rack-7",
        "CA:FE:00:00:00:01",
    )
    assert system.firmware_version == "whatsminer API 3.0.2, 20240826.21.Rel"
    of_unknown = replace(WHATSMINER, firmware=Firmware.UNKNOWN, firmware_version="")
    assert miner_details(of_unknown, details).system.firmware_version == ""
    named = replace(WHATSMINER, firmware=Firmware.VNISH, firmware_version="vnish 3.9.0")
    assert miner_details(named, details).system.firmware_version == "vnish 3.9.0"


def test_shares_that_are_not_told_are_not_none_accepted() -> None:
    untold = miner_details(WHATSMINER, Details(HASHING, {}, {}, {}, (), {})).shares
    assert set(struct.asdict(untold).values()) == {None}
    of_pools = {"accepted": 0, "rejected": 0, "stale": 0}
    told = miner_details(WHATSMINER, Details(HASHING, {}, {}, {}, (), of_pools)).shares
    assert (told.accepted, told.rejected, told.reject_rate, told.hw_errors) == (0, 0, 0.0, None)


@pytest.mark.parametrize(
    ("activity", "chips", "hashrate", "status"),
    [
        (Activity.HASHING, (63, 63), 4500.0, "healthy"),
        (Activity.HASHING, (60, 63), 4500.0, "degraded"),
        (Activity.HASHING, (63, 63), 0.0, "dead"),
        (Activity.HASHING, (0, 0), 4500.0, "healthy"),
        (Activity.HASHING, (0, 0), 0.0, "dead"),
        (Activity.STOPPED, (63, 63), 0.0, "healthy"),
        (Activity.STOPPED, (0, 63), 0.0, "dead"),
        (Activity.STARTING, (0, 0), 0.0, "healthy"),
    ],
)
def test_a_board_is_dead_by_its_chips_and_for_its_hashrate_only_while_its_miner_hashes(
    activity: Activity, chips: tuple[int, int], hashrate: float, status: str
) -> None:
    good, all_of_it = chips
    board = struct.replace(
        HASHING.boards[0], chips_ok=good, chips_total=all_of_it, hashrate=GigahashPerSecond(hashrate)
    )
    reading = struct.replace(HASHING, activity=activity, boards=(board,))
    (shown,) = miner_details(WHATSMINER, Details(reading, {}, {}, {}, (), {})).boards
    assert shown.status == status


def test_the_actor_view_shows_what_is_wanted_sent_and_seen(client: TestClient, fleet: StubFleet) -> None:
    attempt = Backoff(failures=2, next_at=Timestamp(NOW + 60))
    shown = report(
        ONE,
        desired=Desired(Setpoint(running=True, point=at(600)), Version(12), NOW),
        commanded=Commanded(Step.WAKE, None, Version(12), NOW),
        in_transition=Step.WAKE,
        settled=False,
        backoffs=((Step.WAKE, attempt),),
        last_error=LastError("no_effect", "The wake had no effect.", NOW),
    )
    hold = Hold(shown.miner_id, HoldKind.FREQUENCY, Megahertz(600), "command", WallTime(NOW))
    state = replace(fleet_snapshot((registered(ONE),)).state, holds=MappingProxyType({shown.miner_id: hold}))
    fleet.snapshot = fleet_snapshot((registered(ONE),), (shown,), state=state)
    fleet.inbox = 3
    view = get(client, f"/miners/{ONE}/actor")
    example = EXAMPLES[f"GET {BASE}/miners/{{miner_id}}/actor"].answer
    assert set(view) == set(example)
    assert view["age_seconds"] == 0.5
    assert view["desired"] == {
        "running": True,
        "frequency_mhz": 600,
        "setting": "600 MHz",
        "order": 12,
        "since": "2026-01-20T14:30:00.000Z",
    }
    assert view["commanded"]["step"] == "wake"
    assert view["observed"]["phase"] == "hashing"
    assert view["hold"]["command_id"] == "command"
    assert view["back_off"] == [{"step": "wake", "failures": 2, "next_at": "2026-01-20T14:31:00.000Z"}]
    assert view["last_error"]["kind"] == "no_effect"
    assert (view["inbox_length"], view["restarts"]) == (3, 2)
    assert view["not_controllable"] is None
    assert view["offers"] == ["switch", "frequency", "restart", "find"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"firmware": Firmware.STOCK, "controllable": False}, "stock firmware cannot be controlled"),
        ({"model": "Antminer L3+"}, "the model Antminer L3+ cannot be controlled"),
    ],
)
def test_the_actor_view_says_why_a_miner_cannot_be_controlled(
    client: TestClient, fleet: StubFleet, change: dict[str, Any], reason: str
) -> None:
    fleet.snapshot = fleet_snapshot((replace(registered(ONE), **change),))
    view = get(client, f"/miners/{ONE}/actor")
    assert (view["not_controllable"], view["offers"]) == (reason, [])


@pytest.mark.parametrize(("switchable", "offers"), [(True, ["switch"]), (False, [])])
def test_a_unit_in_watts_is_offered_what_its_family_has_a_way_for_and_no_frequency(
    client: TestClient,
    fleet: StubFleet,
    monkeypatch: pytest.MonkeyPatch,
    switchable: bool,
    offers: list[str],
) -> None:
    monkeypatch.setattr(families, "FAMILIES", {**families.FAMILIES, Firmware.STOCK: family(Firmware.STOCK)})
    told = replace(CAPABILITIES, switchable=switchable)
    unit = replace(registered(ONE), firmware=Firmware.STOCK, model="MU-3", capabilities=told)
    fleet.snapshot = fleet_snapshot((unit,))
    view = get(client, f"/miners/{ONE}/actor")
    assert (view["not_controllable"], view["offers"]) == (None, offers)


def test_the_actor_view_answers_before_the_first_report_and_without_an_actor(
    client: TestClient, fleet: StubFleet
) -> None:
    fleet.snapshot = fleet_snapshot((registered(ONE),))
    view = get(client, f"/miners/{ONE}/actor")
    assert (view["published_at"], view["age_seconds"], view["inbox_length"]) == (None, None, None)
