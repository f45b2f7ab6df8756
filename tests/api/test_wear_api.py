"""What miners were put through, and what they are spared by, wherever it is shown."""

from dataclasses import replace
from typing import Any

from dashboard import get
from falcon.testing.client import TestClient
from stub_fleet import NOW, StubFleet, registered, report, seen_with

from actors.fleet.view import DecisionRules
from events.state import FleetState
from netstab.devices.port import Firmware
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.statistics import NEW
from netstab.dispatch.switching import UNTOUCHED
from netstab.dispatch.wear import UNWORN, Strain, Wear
from netstab.units import MinerId, Seconds, Timestamp, WallTime

ONE, TWO, READ = (MinerId(f"127.0.1.{n}") for n in (1, 2, 3))
HALF_AN_HOUR_AGO, LONG_AGO = WallTime(NOW - 1800), WallTime(NOW - 90_000)
SINCE = "2026-01-20T14:00:00.000Z"


def worn(*strains: Strain, at: WallTime = HALF_AN_HOUR_AGO) -> Wear:
    wear = UNWORN
    for strain in strains:
        wear = wear.after(strain, at, failed=False)
    return wear.after(Strain.WAKE, at, failed=True)


def put_through(fleet: StubFleet, **changes: Any) -> None:
    """Have the first of two miners that take commands be worn, beside one that is only read."""
    only_read = registered(READ, firmware=Firmware.STOCK, controllable=False)
    miners = {ONE: registered(ONE), TWO: registered(TWO), READ: only_read}
    wear = worn(Strain.WAKE, Strain.WAKE, Strain.RESTART)
    state = FleetState(
        version=12,
        power_mode=fleet.snapshot.state.power_mode,
        miners=miners,
        experience={ONE: replace(NEW, wear=wear)},
        wear=wear,
        **{"wear_since": HALF_AN_HOUR_AGO, **changes},
    )
    reports = {miner_id: report(miner_id) for miner_id in miners}
    fleet.snapshot = seen_with(fleet.snapshot, state=state, reports=reports)


def test_it_is_shown_of_a_miner_and_in_the_table(client: TestClient, fleet: StubFleet) -> None:
    put_through(fleet)
    shown = get(client, f"/miners/{ONE}/actor")["wear"]
    assert shown == {"wakes": 3, "restarts": 1, "failed_wakes": 1, "since": SINCE}
    table = get(client, "/fleet/table")
    assert (table["wakes"], table["restarts"]) == ([3, 0, 0], [1, 0, 0])


def test_of_the_fleet_it_is_told_for_each_miner_that_takes_commands(
    client: TestClient, fleet: StubFleet
) -> None:
    put_through(fleet)
    shown = get(client, "/dispatch")["wear"]
    assert shown == {"wakes": 1.5, "restarts": 0.5, "failed_wakes": 0.5, "since": SINCE}


def test_it_is_told_for_a_day_at_most_and_not_at_all_where_nobody_counted(
    client: TestClient, fleet: StubFleet
) -> None:
    put_through(fleet, wear_since=LONG_AGO)
    assert get(client, "/dispatch")["wear"]["since"] == "2026-01-19T14:00:00.000Z"
    put_through(fleet, wear_since=None)
    assert get(client, "/dispatch")["wear"]["since"] is None


def test_a_minimum_time_is_shown_with_its_end(client: TestClient, fleet: StubFleet) -> None:
    put_through(fleet)
    history = {ONE: UNTOUCHED.switched(Timestamp(NOW - 20), runs=True)}
    memory = fleet.snapshot.memory
    held = replace(memory, schedule=replace(memory.schedule, history=history))
    rules = DecisionRules(Constraints(min_on=Seconds(60.0)))
    view = replace(fleet.snapshot.view, rules=rules)
    fleet.snapshot = replace(fleet.snapshot, memory=held, view=view)
    shown = get(client, f"/miners/{ONE}/actor")["minimum_time"]
    assert shown == {"stays": "on", "until": "2026-01-20T14:30:40.000Z"}
    assert get(client, f"/miners/{TWO}/actor")["minimum_time"] is None
    assert get(client, "/fleet/table")["stays_until"] == [int(NOW) + 40, None, None]
