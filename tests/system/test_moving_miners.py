"""Machines whose leases end, that have two addresses, or are seen while they boot: each is one machine."""

from typing import Any

import pytest
from harness import Api, Controller, NewController, NewFleet, wait_until

from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.physics import Stage
from netstab.units import MinerId

SCAN = "/dashboard/api/discovery/scan"
BASE = "/dashboard/api"


@pytest.fixture
def watchful(monkeypatch: pytest.MonkeyPatch, impatience: float) -> float:
    """Have discovery look again and search within a second instead of minutes."""
    for name in ("FIRST_LOOK", "MISSING_AFTER", "FIRST_SEARCH"):
        monkeypatch.setattr(f"actors.discovery.lookout.{name}", 0.5)
    return impatience


def lease_ends(fleet: SimulatedFleet, old: MinerId, new: MinerId) -> None:
    """Have the machine of one address answer at another, which nobody had, and no more where it was."""
    fleet.cut_power(old)
    share_a_mac(fleet, old, new)
    fleet.return_power(new)


def share_a_mac(fleet: SimulatedFleet, one: MinerId, other: MinerId) -> None:
    index = fleet.tamper(one, lambda device: device.index)
    fleet.tamper(other, lambda device: setattr(device, "index", index))


def registered(api: Api) -> dict[str, Any]:
    return {miner["id"]: miner for miner in api.read(f"{BASE}/discovery/miners")["miners"]}


def moves(api: Api) -> list[dict[str, str]]:
    entries = api.read(f"{BASE}/history?command=move&limit=100")["commands"]
    return [move for entry in entries for move in entry["parameters"]["moves"]]


def with_a_free_address(new_fleet: NewFleet, count: int) -> SimulatedFleet:
    """Return miners of which the last is not there."""
    fleet = new_fleet(count)
    fleet.cut_power(fleet.miners[-1])
    return fleet


def test_a_miner_that_a_scan_finds_at_another_address_is_the_same_one(
    new_fleet: NewFleet, new_controller: NewController, impatience: float
) -> None:
    fleet = with_a_free_address(new_fleet, 3)
    old, other, new = fleet.miners
    controller = new_controller(fleet)
    controller.wait_for_miners(2)
    controller.tell(f"{BASE}/miners/{old}/control", {"action": "stop"})
    controller.tell(f"{BASE}/discovery/add", {"ip": old, "rated_power_watts": 1300.0})
    lease_ends(fleet, old, new)
    wait_until(lambda: new in {one["id"] for one in controller.scan({})["miners"]})
    assert set(registered(controller)) == {other, new}
    assert [(move["from"], move["to"]) for move in moves(controller)] == [(old, new)]
    status = controller.status()
    assert (status["total_miners"], status["rated_power_kw"]) == (2, 2.76)
    head = controller.read(f"{BASE}/history/head")["version"]
    holds = controller.read(f"{BASE}/history/state?at={head}")["holds"]
    assert [hold["miner_id"] for hold in holds] == [new]
    found = controller.read(f"{BASE}/history?miner_id={new}&command=control")["commands"]
    assert [entry["parameters"]["miner_id"] for entry in found] == [old]
    assert controller.get(f"{BASE}/miners/{old}").status_code == 404
    controller.tell(f"{BASE}/miners/{new}/control", {"action": "start"})


def test_a_miner_that_is_missing_is_found_without_being_asked_for(
    new_fleet: NewFleet, new_controller: NewController, watchful: float
) -> None:
    fleet = with_a_free_address(new_fleet, 3)
    old, other, new = fleet.miners
    controller = new_controller(fleet)
    controller.wait_for_miners(2)
    lease_ends(fleet, old, new)
    wait_until(lambda: set(registered(controller)) == {other, new})
    controller.wait_for(online_miners=2, total_miners=2)
    assert [entry["source"] for entry in controller.history() if entry["command"] == "move"] == ["system"]
    controller.activate(2.92)
    controller.wait_for(mining_miners=2)


def test_two_addresses_of_one_machine_are_counted_once(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(3)
    first, second, other = fleet.miners
    share_a_mac(fleet, first, second)
    controller = new_controller(fleet, MINER_DISCOVERY_ENABLED="false")
    assert controller.scan({})["miners_found"] == 2
    assert set(registered(controller)) == {first, other}
    assert controller.read(SCAN)["doubles"] == [{"address": second, "miner_id": first}]
    added = controller.tell(f"{BASE}/discovery/add", {"ip": second, "rated_power_watts": 1200.0})["miner"]
    assert (added["id"], added["is_online"], added["rated_power_watts"]) == (first, True, 1200.0)
    controller.wait_for(total_miners=2, rated_power_kw=2.66)
    errors = controller.wait_for(online_miners=2)["errors"]
    assert [error for error in errors if second in error] == [
        f"{second} and {first} are one machine, by its MAC: it is counted once, as {first}."
    ]


def test_a_machine_that_boots_is_looked_at_again_by_itself_and_never_a_second_one(
    new_fleet: NewFleet, new_controller: NewController, watchful: float
) -> None:
    fleet = with_a_free_address(new_fleet, 3)
    old, other, new = fleet.miners
    controller: Controller = new_controller(fleet)
    controller.wait_for_miners(2)
    lease_ends(fleet, old, new)
    fleet.hang(new, api=False)  # its web server is not up yet: only the mining process answers
    wait_until(lambda: new in {one["id"] for one in controller.scan({})["miners"]})
    seen = registered(controller)
    assert set(seen) == {old, other, new}
    assert controller.status()["rated_power_kw"] <= 2.92
    fleet.hang(new, api=False, web=False)
    wait_until(lambda: set(registered(controller)) == {other, new})
    assert registered(controller)[new]["firmware_type"] == "vnish"
    assert controller.status()["rated_power_kw"] == 2.92


def test_a_machine_whose_address_another_one_took_keeps_its_hold_where_it_is_now(
    new_fleet: NewFleet, new_controller: NewController, impatience: float
) -> None:
    fleet = with_a_free_address(new_fleet, 2)
    old, new = fleet.miners
    controller = new_controller(fleet)
    controller.wait_for_miners(1)
    controller.tell(f"{BASE}/miners/{old}/control", {"action": "stop"})
    share_a_mac(fleet, old, new)
    fleet.tamper(old, lambda device: setattr(device, "index", 99))
    fleet.return_power(new)
    wait_until(lambda: new in {one["id"] for one in controller.scan({})["miners"]})
    assert set(registered(controller)) == {old, new}
    assert [(move["from"], move["to"]) for move in moves(controller)] == [(old, new)]
    assert controller.actor(new)["hold"] is not None
    assert controller.actor(old)["hold"] is None


def test_an_address_that_answers_again_as_another_machine_is_noticed_without_being_asked_for(
    new_fleet: NewFleet, new_controller: NewController, watchful: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.fleet.machine._AWAY_FOR", 0.1)
    monkeypatch.setattr("actors.discovery.lookout.MISSING_AFTER", 3600.0)
    fleet = with_a_free_address(new_fleet, 2)
    old, new = fleet.miners
    controller = new_controller(fleet)
    controller.wait_for_miners(1)
    fleet.cut_power(old)
    controller.wait_for(online_miners=0)
    wait_until(lambda: controller.actor(old)["observed"]["phase"] == "unreachable")
    share_a_mac(fleet, old, new)
    fleet.tamper(old, lambda device: setattr(device, "index", 99))
    fleet.return_power(new)
    wait_until(lambda: fleet.inspect(new).stage is Stage.HASHING)
    fleet.return_power(old)
    wait_until(lambda: set(registered(controller)) == {old, new})
    assert [(move["from"], move["to"]) for move in moves(controller)] == [(old, new)]
