"""A site's own schedule and prices, as its operator enters them and its miners see them."""

import signal
from datetime import UTC, datetime, timedelta
from typing import Any

from harness import Api, Controller, NewFleet, NewProcess, asleep, hashing, wait_until

BASE = "/dashboard/api"
IN_FORCE_WITHIN = 6.0
SLEEP = 30.0
"""What a miner may take to fall asleep: so much sooner than its start a limit is in force."""


def said(api: Api, source: str) -> list[tuple[str, str]]:
    """Return the commands of a source and for what each was said, the oldest first."""
    entries = api.read(f"{BASE}/history?limit=200&detail=true")["commands"]
    found = [entry for entry in entries if entry["source"] == source]
    return [(entry["command"], entry["client"]) for entry in reversed(found)]


def put(api: Api, path: str, body: object) -> Any:
    answer = api.request("PUT", BASE + path, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rates(value: float) -> list[dict[str, object]]:
    now = datetime.now(UTC)
    return [{"start": now.isoformat(), "end": (now + timedelta(hours=2)).isoformat(), "value": value}]


def test_a_schedule_is_followed_from_before_its_start_and_across_a_kill_and_an_override(
    new_fleet: NewFleet, new_process: NewProcess
) -> None:
    fleet = new_fleet()
    process = new_process(fleet, SCHEDULE_RETURN_SECONDS="0")
    api = process.start()
    api.wait_for_miners(2)

    start = datetime.now(UTC) + timedelta(seconds=SLEEP + 10)
    event = {
        "start": start.isoformat(),
        "end": (start + timedelta(hours=1)).isoformat(),
        "limit_kw": 0,
        "reason": "4CP watch",
    }
    entered = put(api, "/schedule", {"schedule": [event], "otherwise": {"setpoint_kw": 2.92}})
    api.wait_for(within=IN_FORCE_WITHIN, target_power_kw=2.92)
    wait_until(lambda: hashing(fleet) == 2)
    ahead = [(each["kind"], each["value_kw"], each["reason"]) for each in api.read(f"{BASE}/outlook?hours=1")]
    assert ahead == [("setpoint", 2.92, "otherwise"), ("limit", 0.0, "4CP watch")]

    wait_until(lambda: api.read(f"{BASE}/limits")["limits"])
    wait_until(lambda: asleep(fleet))
    assert datetime.now(UTC) < start
    process.end(signal.SIGKILL)
    api = process.start()
    [limit] = api.read(f"{BASE}/limits")["limits"]
    assert (limit["source"], limit["power_kw"]) == ("schedule", 0.0)

    stale = api.request("PUT", f"{BASE}/schedule", {"version": entered["version"] - 1})
    assert (stale.status_code, stale.headers["X-Error-Code"]) == (409, "CHANGED_MEANWHILE")
    put(api, "/schedule", {"otherwise": {"setpoint_kw": 1.46}, "version": entered["version"]})
    api.wait_for(within=IN_FORCE_WITHIN, target_power_kw=1.46)
    wait_until(lambda: not api.read(f"{BASE}/limits")["limits"])

    api.tell(f"{BASE}/override", {"enabled": True, "target_power_kw": 0.5})
    put(api, "/schedule", {"otherwise": {"setpoint_kw": 2.0}})
    api.tell(f"{BASE}/override", {"enabled": False})
    api.wait_for(within=IN_FORCE_WITHIN, target_power_kw=2.0)
    named = f"schedule {start:%Y-%m-%dT%H:%MZ} to {start + timedelta(hours=1):%Y-%m-%dT%H:%MZ} 4CP watch"
    assert said(api, "schedule") == [
        ("activate", "schedule otherwise"),
        ("set_limit", named),
        ("activate", "schedule otherwise"),
        ("lift_limit", "schedule nothing is scheduled"),
        ("activate", "schedule otherwise"),
    ]


def test_prices_stop_what_is_not_worth_running_and_a_missing_one_is_said(
    new_fleet: NewFleet, new_process: NewProcess
) -> None:
    fleet = new_fleet()
    process = new_process(fleet, PRICE_MISSING="standby", PRICE_GRACE_MINUTES="0")
    api = process.start()
    api.wait_for_miners(2)
    put(api, "/schedule", {"otherwise": {"setpoint_kw": 2.92}})
    wait_until(lambda: hashing(fleet) == 2)
    put(api, "/prices", {"rates": rates(0.5), "hash_price": 40})
    wait_until(lambda: asleep(fleet))
    put(api, "/prices", rates(-0.01))
    wait_until(lambda: hashing(fleet) == 2)
    put(api, "/prices", [])
    wait_until(lambda: asleep(fleet))
    wait_until(lambda: any("No energy price is known" in each for each in api.status()["errors"]))
    assert api.status()["target_power_kw"] == 2.92
    commands, causes = zip(*said(api, "price"), strict=True)
    assert commands == ("set_limit", "lift_limit", "set_limit")
    assert [cause.split(" from ")[0] for cause in causes] == [
        "price 0.5 per kWh",
        "price -0.01 per kWh",
        "price no price is known",
    ]


def test_an_ems_is_above_the_schedules_setpoint_and_under_its_limit(controller: Controller) -> None:
    day = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "to": "24:00"}
    put(controller, "/schedule", {"weekly": [{**day, "limit_kw": 1.5}], "otherwise": {"setpoint_kw": 2.92}})
    controller.wait_for(within=IN_FORCE_WITHIN, target_power_kw=2.92)
    controller.activate(2.0)
    wait_until(lambda: controller.read(f"{BASE}/limits")["limits"])
    shown = controller.read(f"{BASE}/dispatch")
    assert (shown["target_power_kw"], shown["pursued_power_kw"], shown["binding_limit"]) == (
        2.0,
        1.5,
        "schedule",
    )
    put(controller, "/schedule", {})
    wait_until(lambda: not controller.read(f"{BASE}/limits")["limits"])
    assert controller.read(f"{BASE}/dispatch")["target_power_kw"] == 2.0
    assert [command for command, _ in said(controller, "schedule")] == [
        "activate",
        "set_limit",
        "release",
        "lift_limit",
    ]
