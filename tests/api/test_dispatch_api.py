from dataclasses import replace
from typing import Any

import pytest
from falcon.testing.client import TestClient
from stub_fleet import NOW, StubFleet, dependencies, report, seen_with, two_miners

from actors.report import Backoff, Phase, Step
from api.app import create_app
from api.schemas.authority import Command
from events.state import FRONTS, Failsafe, FrontSetpoint, Order, Override, Source
from netstab.dispatch.failsafe import FailsafeAction
from netstab.dispatch.forecast import Forecast
from netstab.dispatch.reach import Cause, Kept, OutOfReach
from netstab.units import Timestamp, WallTime, Watts

EARLIER = Timestamp(NOW - 300)


def order(source: Source = Source.EMS) -> Order:
    return Order(Watts(2000.0), "an id", source, 7, WallTime(EARLIER))


def shown(client: TestClient, fleet: StubFleet, **state: Any) -> dict[str, Any]:
    snapshot = fleet.snapshot
    fleet.snapshot = replace(snapshot, state=replace(snapshot.state, **state))
    document: dict[str, Any] = client.simulate_get("/dashboard/api/dispatch").json
    return document


@pytest.mark.parametrize(
    ("state", "commander"),
    [
        ({"order": None}, Command.NOBODY),
        ({"order": order()}, Command.EMS),
        ({"order": order(Source.DASHBOARD)}, Command.OPERATOR),
        *(({"order": order(front)}, Command(front.value)) for front in FRONTS),
        ({"order": order(), "override": Override(None, "an id", WallTime(EARLIER))}, Command.OVERRIDE),
        (
            {
                "order": order(),
                "failsafe": Failsafe(
                    WallTime(EARLIER), FailsafeAction.HOLD, "an id", None, WallTime(EARLIER)
                ),
            },
            Command.FAILSAFE,
        ),
    ],
)
def test_it_says_who_is_in_command(
    client: TestClient, fleet: StubFleet, state: dict[str, Any], commander: Command
) -> None:
    assert shown(client, fleet, **state)["in_command"] == commander


def remember(fleet: StubFleet, **changes: Any) -> None:
    """Have the control loop remember something else."""
    memory = replace(fleet.snapshot.memory, **changes)
    fleet.snapshot = replace(fleet.snapshot, memory=memory)


def test_it_shows_the_target_and_what_is_on_its_way(client: TestClient, fleet: StubFleet) -> None:
    remember(fleet, forecast=Forecast(Watts(2050), Watts(1400), Watts(300)))
    body = shown(client, fleet, order=order())
    assert (body["target_power_kw"], body["since"]) == (2.0, "2026-01-20T14:25:00.000Z")
    assert (body["expected_power_kw"], body["pending_up_kw"], body["pending_down_kw"]) == (2.05, 1.4, 0.3)


def test_it_says_what_can_be_had_of_a_target_out_of_reach(client: TestClient, fleet: StubFleet) -> None:
    kept = (Kept(Cause.HELD, 1, Watts(1409)),)
    short = OutOfReach(Watts(2900), Watts(102), Watts(1511), kept)
    remember(fleet, out_of_reach=short)
    assert shown(client, fleet, order=order())["out_of_reach"] == {
        "sentence": "Target 2.9 kW is out of reach: 1.511 kW can be had; 1 held.",
        "target_power_kw": 2.9,
        "reachable_power_kw": 1.511,
        "minimum_power_kw": 0.102,
        "kept": [{"reason": "held", "units": 1, "power_kw": 1.409}],
    }
    remember(fleet, out_of_reach=None)
    assert shown(client, fleet, order=order())["out_of_reach"] is None


def test_a_capacity_counts_only_what_obeys(client: TestClient, fleet: StubFleet) -> None:
    first, second = fleet.snapshot.reports
    attempts = ((Step.WAKE, Backoff(3, Timestamp(NOW + 60))),)
    reports = {
        first: fleet.snapshot.reports[first],
        second: replace(report(second), phase=Phase.ASLEEP, reading=None, power=Watts(51), backoffs=attempts),
    }
    fleet.snapshot = seen_with(fleet.snapshot, reports=reports)
    body = client.simulate_get("/dashboard/api/capacity").json
    assert body["rated_power_kw"] == 2.92
    assert body["reachable_power_kw"] == 1.511
    assert body["minimum_power_kw"] == 0.102
    assert body["units"] == {
        "total": 2,
        "available": 1,
        "on": 1,
        "in_transition": 0,
        "held": 0,
        "failed": 1,
        "not_controllable": 0,
    }
    assert body["passed_over"] == [{"reason": "failed_to_wake", "units": 1, "power_kw": 1.46}]
    (hands,) = [each for each in body["needs_hands"] if each["miner_id"] == second]
    assert "3 wakes in a row failed" in hands["reason"]


def test_it_shows_what_each_front_is_connected_with_and_what_went_wrong_last() -> None:
    given = dependencies(StubFleet(two_miners()))
    given.fronts.enter("mqtt", "mqtt://broker.example:1883")
    given.fronts.trouble("mqtt", "The broker is not there.")
    client = TestClient(create_app(given), headers={"Host": "localhost:8000"})
    [front] = client.simulate_get("/dashboard/api/dispatch").json["fronts"]
    assert (front["front"], front["connected_since"], front["error"]) == (
        "mqtt",
        None,
        "The broker is not there.",
    )
    given.fronts.connected("mqtt")
    [front] = client.simulate_get("/dashboard/api/dispatch").json["fronts"]
    assert front["connected_since"] is not None


def test_it_shows_what_each_way_in_wants_and_for_whom_it_waits(client: TestClient, fleet: StubFleet) -> None:
    def said(
        front: Source, target: Watts | None, version: int, until: WallTime | None = None
    ) -> FrontSetpoint:
        return FrontSetpoint(front, target, until, f"id {version}", WallTime(EARLIER), version, version)

    setpoints = {
        Source.SCHEDULE: said(Source.SCHEDULE, Watts(1000.0), 5, WallTime(NOW + 60)),
        Source.EMS: said(Source.EMS, None, 6),
        Source.MQTT: said(Source.MQTT, Watts(2000.0), 7),
    }
    commands = {Source.MQTT: WallTime(EARLIER)}
    body = shown(client, fleet, order=order(Source.MQTT), setpoints=setpoints, last_commands=commands)
    rest, mqtt, schedule = body["setpoints"]
    assert mqtt == {
        "source": "mqtt",
        "power_kw": 2.0,
        "since": "2026-01-20T14:25:00.000Z",
        "until": None,
        "command_id": "id 7",
        "in_force": True,
        "waits_for": None,
        "last_command": "2026-01-20T14:25:00.000Z",
        "silent": False,
    }
    assert [each["waits_for"] for each in (rest, schedule)] == ["mqtt", "ems"]
    assert (rest["power_kw"], schedule["until"]) == (None, "2026-01-20T14:31:00.000Z")
