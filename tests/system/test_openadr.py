"""A VTN steers the fleet over real sockets; each exchange is held to the specification's own document."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from harness import Controller, NewController, NewFleet, wait_until
from validated import VERSIONS, require_sound

from netstab.simulation.vtn import SimulatedVtn, VtnTrouble

SECRET = "ven-secret"


def now() -> datetime:
    return datetime.now(UTC)


def event(
    program: str, *asked: tuple[float, str, float], start: datetime | None = None, **more: Any
) -> dict[str, Any]:
    """Return an event of intervals, each of so many seconds, with a payload of one value."""
    begun = start or now() - timedelta(seconds=1)
    intervals = []
    for number, (seconds, kind, value) in enumerate(asked):
        period = {"start": begun.isoformat(), "duration": f"PT{seconds:g}S"}
        intervals.append(
            {"id": number, "intervalPeriod": period, "payloads": [{"type": kind, "values": [value]}]}
        )
        begun += timedelta(seconds=seconds)
    return {"programID": program, "intervals": intervals} | more


@pytest.fixture(params=VERSIONS)
def vtn(request: pytest.FixtureRequest) -> Iterator[SimulatedVtn]:
    with SimulatedVtn(version=request.param, secret=SECRET) as served:
        yield served
        assert require_sound(served) > 0


def settings(vtn: SimulatedVtn) -> dict[str, str]:
    return {
        "OPENADR_VTN_URL": vtn.url,
        "OPENADR_VERSION": vtn.version,
        "OPENADR_CLIENT_ID": "ven",
        "OPENADR_CLIENT_SECRET": SECRET,
        "OPENADR_PROGRAM": "curtailment",
        "OPENADR_VEN_NAME": "site-7",
        "OPENADR_POLL_SECONDS": "1",
    }


def told(controller: Controller) -> list[tuple[Any, ...]]:
    """Return what OpenADR has commanded, the oldest first."""
    return [
        (entry["command"], entry["success"])
        for entry in reversed(controller.history())
        if entry["source"] == "openadr"
    ]


def test_a_fleet_follows_a_vtn_through_setpoints_limits_overrides_and_absence(
    vtn: SimulatedVtn, new_fleet: NewFleet, new_controller: NewController
) -> None:
    program = vtn.make("programs", {"programName": "curtailment"})["id"]
    fleet = new_fleet(4)
    controller = new_controller(fleet, **settings(vtn))
    controller.wait_for(total_miners=4, online_miners=4)
    wait_until(lambda: vtn.listed("resources"))
    first = vtn.make("events", event(program, (3600, "DISPATCH_SETPOINT", 2.92)))
    controller.wait_for(target_power_kw=2.92)
    controller.wait_for(state="active", mining_miners=2)
    vtn.change(
        "events", first["id"], intervals=event(program, (3600, "DISPATCH_SETPOINT", 99.0))["intervals"]
    )
    controller.wait_for(target_power_kw=5.84)
    emergency = vtn.make("events", event(program, (3600, "SIMPLE", 1)))
    wait_until(lambda: controller.read("/dashboard/api/dispatch")["binding_limit"] == "openadr-simple")
    assert controller.read("/dashboard/api/dispatch")["pursued_power_kw"] == 4.38
    vtn.trouble = VtnTrouble(status=500)
    vtn.remove("events", emergency["id"])
    assert [each for each in told(controller) if each[0] == "lift_limit"] == []
    vtn.trouble = VtnTrouble()
    wait_until(lambda: ("lift_limit", True) in told(controller))
    vtn.remove("events", first["id"])
    controller.wait_for(target_power_kw=None)
    assert told(controller) == [
        ("activate", True),
        ("activate", True),
        ("set_limit", True),
        ("lift_limit", True),
        ("release", True),
    ]
