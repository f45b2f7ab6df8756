"""A VTN steers the fleet over real sockets; each exchange is held to the specification's own document."""

import signal
from datetime import UTC, datetime, timedelta
from typing import Any

from harness import Api, NewController, NewFleet, NewProcess, still, wait_until
from validated import require_sound

from netstab.simulation.vtn import SimulatedVtn, VtnTrouble

SECRET = "ven-secret"
HOUR = 3600.0


def event(*asked: tuple[float, str, float], **more: Any) -> dict[str, Any]:
    """Return an event of intervals from now on, each of so many seconds, with a payload of one value."""
    start, intervals = datetime.now(UTC), []
    for number, (seconds, kind, value) in enumerate(asked):
        period = {"start": start.isoformat(), "duration": f"PT{seconds:g}S"}
        payloads = [{"type": kind, "values": [value]}]
        intervals.append({"id": number, "intervalPeriod": period, "payloads": payloads})
        start += timedelta(seconds=seconds)
    return {"programID": "p1", "intervals": intervals} | more


def settings(vtn: SimulatedVtn) -> dict[str, str]:
    vtn.make("programs", {"programName": "curtailment"})
    return {
        "OPENADR_VTN_URL": vtn.url,
        "OPENADR_VERSION": vtn.version,
        "OPENADR_CLIENT_ID": "ven",
        "OPENADR_CLIENT_SECRET": SECRET,
        "OPENADR_PROGRAM": "curtailment",
        "OPENADR_VEN_NAME": "site-7",
        "OPENADR_POLL_SECONDS": "1",
    }


def told(api: Api) -> list[tuple[str, bool]]:
    """Return what OpenADR has commanded, the oldest first."""
    return [
        (entry["command"], entry["success"])
        for entry in reversed(api.history())
        if entry["source"] == "openadr"
    ]


def connected(api: Api) -> bool:
    [front] = [each for each in api.read("/dashboard/api/dispatch")["fronts"] if each["front"] == "openadr"]
    return front["connected_since"] is not None


def reported(vtn: SimulatedVtn, event_id: str) -> dict[str, Any]:
    """Return what was reported of an event, by what it is of."""
    found = [each for each in vtn.listed("reports") if each["eventID"] == event_id]
    payloads = [each["resources"][0]["intervals"][0]["payloads"][0] for each in found]
    return {each["type"]: each["values"][0] for each in payloads}


def test_a_fleet_follows_a_vtn_and_reports(new_fleet: NewFleet, new_controller: NewController) -> None:
    with SimulatedVtn(version="3.0.1", secret=SECRET) as vtn:
        api = new_controller(new_fleet(4), **settings(vtn))
        api.wait_for(total_miners=4, online_miners=4)
        api.tell("/dashboard/api/override", {"enabled": True, "target_power_kw": 2.92})
        asks = [{"payloadType": kind} for kind in ("OPERATING_STATE", "DEMAND")]
        overridden = vtn.make("events", event((5, "DISPATCH_SETPOINT", 1.46), reportDescriptors=asks))
        wait_until(lambda: ("activate", False) in told(api))
        assert api.wait_for(mining_miners=2)["target_power_kw"] == 2.92
        wait_until(lambda: is_over(overridden))
        api.tell("/dashboard/api/override", {"enabled": False})

        cut = vtn.make("events", event((HOUR, "DISPATCH_SETPOINT", 1.46)))
        api.wait_for(target_power_kw=1.46)
        vtn.change("events", cut["id"], **event((HOUR, "DISPATCH_SETPOINT", 99.0)))
        api.wait_for(target_power_kw=5.84)
        newest = api.read("/dashboard/api/history?limit=1&detail=true")["commands"][0]
        assert newest["client"] == f"openadr event {cut['id']} interval 0, 99 kW clamped to rated"
        shed = vtn.make("events", event((HOUR, "SIMPLE", 1)))
        wait_until(lambda: api.read("/dashboard/api/dispatch")["pursued_power_kw"] == 4.38)
        assert api.read("/dashboard/api/dispatch")["binding_limit"] == "openadr-simple"

        ahead = {each["source"]: each for each in api.read("/dashboard/api/outlook?hours=1")}
        assert ahead["openadr-simple"]["value_kw"] == 4.38
        assert shed["id"] in str(ahead["openadr-simple"])

        vtn.trouble = VtnTrouble(status=500)
        vtn.remove("events", shed["id"])
        wait_until(lambda: not connected(api))
        assert still(api, lambda: told(api)[-1] == ("set_limit", True))
        vtn.trouble = VtnTrouble()
        wait_until(lambda: told(api)[-1] == ("lift_limit", True))
        vtn.remove("events", cut["id"])
        api.wait_for(target_power_kw=None)
        assert told(api)[1:] == [
            ("activate", True),
            ("activate", True),
            ("set_limit", True),
            ("lift_limit", True),
            ("release", True),
        ]
        wait_until(lambda: len(reported(vtn, overridden["id"])) == 2)
        assert reported(vtn, overridden["id"])["OPERATING_STATE"] == "RUNNING_OPTED_OUT"
        assert reported(vtn, overridden["id"])["DEMAND"] > 0
        require_sound(vtn)


def is_over(made: dict[str, Any]) -> bool:
    """Whether the only interval of an event has ended."""
    period = made["intervals"][0]["intervalPeriod"]
    return datetime.fromisoformat(period["start"]) + timedelta(seconds=5) < datetime.now(UTC)


def test_an_event_is_followed_on_where_the_server_is_killed_and_the_vtn_is_gone(
    new_fleet: NewFleet, new_process: NewProcess
) -> None:
    with SimulatedVtn(version="3.1.0", secret=SECRET) as vtn:
        process = new_process(new_fleet(2), **settings(vtn))
        api = process.start()
        api.wait_for_miners(2)
        cut = vtn.make("events", event((HOUR, "DISPATCH_SETPOINT", 1.46)))
        api.wait_for(target_power_kw=1.46, state="active")
        process.end(signal.SIGKILL)
        api = process.start()
        wait_until(lambda: connected(api))
        api.wait_for(target_power_kw=1.46, state="active")
        assert still(api, lambda: told(api) == [("activate", True)])
        vtn.stop()
        wait_until(lambda: not connected(api))
        assert still(api, lambda: api.status()["target_power_kw"] == 1.46)
        vtn.start()
        wait_until(lambda: connected(api))
        vtn.remove("events", cut["id"])
        api.wait_for(target_power_kw=None)
        assert told(api) == [("activate", True), ("release", True)]
        require_sound(vtn)
