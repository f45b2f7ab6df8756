"""Finding miners in an address block, and what becomes of those that go or are added by hand."""

import asyncio
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from harness import Api, Controller, NewController, NewFleet, NewProcess, asleep, block, commands, wait_until
from waiting import PATIENCE, running_time

from netstab.devices.knocking import Door, Knocker
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.physics import Stage
from netstab.simulation.profiles import DOCUMENT
from netstab.units import MinerId

SCAN = "/dashboard/api/discovery/scan"
ADD = "/dashboard/api/discovery/add"
MIXED = replace(DOCUMENT, stock_share=0.25, locked_share=0.25)


def registered(controller: Controller) -> dict[str, dict[str, object]]:
    return {miner["id"]: miner for miner in controller.read("/dashboard/api/discovery/miners")["miners"]}


def turn_into_something_else(fleet: SimulatedFleet, miner_id: MinerId) -> None:
    """Have another machine's web page at a miner's address."""
    fleet.answer_instead(miner_id, api=b"\0", web=b"<!DOCTYPE html><html>a printer</html>")


@contextmanager
def dead_ports(count: int) -> Iterator[list[int]]:
    """Return ports that drop every connection attempt at all addresses, as an address without a host does."""
    with ExitStack() as stack:
        ports = []
        for _ in range(count):
            listener = stack.enter_context(socket.create_server(("", 0), backlog=0))
            ports.append(listener.getsockname()[1])
            for _ in range(3):
                full = stack.enter_context(socket.socket())
                full.setblocking(False)
                full.connect_ex(("127.0.0.1", ports[-1]))
        yield ports


def test_miners_that_are_switched_on_after_the_server_are_found(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(2)
    for miner_id in fleet.miners:
        turn_into_something_else(fleet, miner_id)
    controller = new_controller(fleet)
    wait_until(lambda: controller.read(SCAN)["addresses_total"] and not controller.read(SCAN)["running"])
    assert controller.status()["total_miners"] == 0
    for miner_id in fleet.miners:
        fleet.answer_instead(miner_id)
    controller.wait_for_miners(2)


def test_a_scan_finds_hashing_sleeping_locked_and_stock_miners_and_nothing_else(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(8, profile=MIXED, seed=1)
    units = {miner_id: fleet.inspect(miner_id).unit for miner_id in fleet.miners}
    stock = {miner_id for miner_id, unit in units.items() if unit.stock}
    locked = {miner_id for miner_id, unit in units.items() if unit.locked}
    vnish = [miner_id for miner_id in fleet.miners if miner_id not in stock | locked]
    awake, printer, *sleeping = vnish
    fleet.tamper(awake, lambda device: device.miner.wake())
    wait_until(lambda: fleet.inspect(awake).stage is Stage.HASHING)
    turn_into_something_else(fleet, printer)
    controller = new_controller(fleet, MINER_DISCOVERY_ENABLED="false")
    found = controller.scan({"network_cidr": str(block(fleet))})
    assert (found["miners_found"], found["network_scanned"]) == (7, str(block(fleet)))
    assert [miner["id"] for miner in found["miners"]] == [m for m in fleet.miners if m != printer]
    assert {miner["id"] for miner in found["miners"] if miner["is_mining"]} == {awake} | (stock - locked)
    wait_until(lambda: controller.status()["online_miners"] == 7 - len(locked))
    known = registered(controller)
    assert {id_: miner["firmware_type"] for id_, miner in known.items()} == (
        dict.fromkeys((awake, *sleeping), "vnish")
        | dict.fromkeys(stock - locked, "stock")
        | dict.fromkeys(locked, "unknown")
    )
    assert {known[miner_id]["power_mode"] for miner_id in sleeping} == {"sleep"}
    controller.deactivate()
    errors = controller.wait_for(mining_miners=len(stock - locked))["errors"]
    assert {e.partition(" is ")[0] for e in errors if "not controllable" in e} >= stock - locked
    assert [request for id_ in stock | locked for request in fleet.commands(id_)] == []


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Have no knock of a scan end before this is set."""
    released, knock = threading.Event(), Knocker.knock

    async def held(knocker: Knocker, address: str, ports: tuple[int, ...], within: float) -> Door:
        door = await knock(knocker, address, ports, within)
        while not released.is_set():  # noqa: ASYNC110 - it is set from another thread
            await asyncio.sleep(0.01)
        return door

    monkeypatch.setattr(Knocker, "knock", held)
    return released


def test_a_block_without_hosts_takes_about_one_time_out_and_shows_its_progress(
    fleet: SimulatedFleet, new_controller: NewController, released: threading.Event
) -> None:
    network = str(block(fleet).supernet(new_prefix=24))
    with dead_ports(2) as (api_port, http_port):
        controller = new_controller(
            fleet,
            MINER_DISCOVERY_ENABLED="false",
            MINER_ALLOWED_NETWORKS=f"{network},127.1.0.0/30",
            MINER_API_PORT=str(api_port),
            MINER_HTTP_PORT=str(http_port),
        )
        answers = []
        scan = threading.Thread(target=lambda: answers.append(controller.scan({"network_cidr": network})))
        scan.start()
        with Api(controller.port) as other:
            progress = wait_until(lambda: (shown := other.read(SCAN))["running"] and shown)
            assert (progress["network"], progress["addresses_total"]) == (network, 254)
            assert progress["progress_percent"] < 100
            refused = other.post(SCAN, {"network_cidr": "127.1.0.0/30"})
            assert (refused.status_code, refused.headers["X-Error-Code"]) == (409, "SCAN_RUNNING")
        started = running_time()
        released.set()
        scan.join(PATIENCE)
        assert running_time() - started < 15  # one after the other, 254 time-outs take 380 s
        (answer,) = answers
        assert answer["miners_found"] == 0
        ended = controller.read(SCAN)
        assert (ended["running"], ended["progress_percent"], ended["addresses_scanned"]) == (
            False,
            100.0,
            254,
        )


def test_a_full_block_is_scanned_within_seconds(new_fleet: NewFleet, new_controller: NewController) -> None:
    fleet = new_fleet(254)
    controller = new_controller(fleet, MINER_DISCOVERY_ENABLED="false")
    started = running_time()
    assert controller.scan({})["miners_found"] == 254
    assert running_time() - started < 10
    assert commands(fleet) == []


def test_a_miner_that_is_gone_stays_known_and_returns_by_itself(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(2, asleep=False)
    controller = new_controller(fleet)
    controller.wait_for_miners(2)
    gone, _other = fleet.miners
    turn_into_something_else(fleet, gone)
    controller.wait_for(online_miners=1)
    assert controller.scan({})["miners_found"] == 1
    assert controller.status()["total_miners"] == 2
    miner = controller.read(f"/dashboard/api/miners/{gone}")
    assert (miner["is_online"], bool(miner["error"])) == (False, True)
    fleet.answer_instead(gone)
    controller.wait_for(online_miners=2)


def test_an_added_address_may_be_dead_and_is_steered_once_it_appears(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(3)
    late = fleet.miners[-1]
    turn_into_something_else(fleet, late)
    controller = new_controller(fleet)
    controller.wait_for_miners(2)
    body = {"ip": late, "rated_power_watts": 1400.0}
    assert controller.tell(ADD, body) == {
        "success": True,
        "miner": {
            "id": late,
            "ip": late,
            "model": "unknown",
            "type": "asic",
            "is_online": False,
            "rated_power_watts": 1400.0,
        },
    }
    assert controller.read("/api/status")["ratedPowerInKw"] == 2.92  # nothing ever answered there
    fleet.answer_instead(late)
    wait_until(lambda: registered(controller)[late]["firmware_type"] == "vnish")
    controller.wait_for(online_miners=3, rated_power_kw=4.32, errors=[])
    controller.activate(4.32)
    wait_until(lambda: fleet.inspect(late).stage is Stage.HASHING)
    assert controller.tell(ADD, body | {"rated_power_watts": 1300.0})["miner"]["is_online"] is True
    assert controller.status()["rated_power_kw"] == 4.22


def test_a_removed_miner_is_left_as_it_is_and_forgotten(
    controller: Controller, fleet: SimulatedFleet
) -> None:
    controller.activate(2.92)
    wait_until(lambda: controller.status()["mining_miners"] == 2)
    removed = fleet.miners[0]
    with controller.delete(f"/dashboard/api/discovery/miners/{removed}") as answer:
        assert answer.json() == {"success": True, "miner_id": removed}
    assert controller.get(f"/dashboard/api/miners/{removed}").status_code == 404
    controller.deactivate()
    wait_until(lambda: fleet.inspect(fleet.miners[1]).stage is Stage.DOWN)
    assert fleet.inspect(removed).stage is Stage.HASHING


def test_blocks_outside_the_allowed_networks_are_refused_and_never_scanned(controller: Controller) -> None:
    for network in ("8.8.8.0/24", "127.0.0.0/8", "192.168.1.0/24", "127.1.0.0/24", "miners"):
        answer = controller.post(SCAN, {"network_cidr": network})
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (400, "INVALID_INPUT"), network


def test_a_miner_outside_of_the_networks_that_are_set_now_is_not_talked_to_and_says_why(
    new_fleet: NewFleet, new_process: NewProcess
) -> None:
    fleet = new_fleet(2, asleep=False)
    inside, outside = fleet.miners
    first = new_process(fleet)
    first.start().wait_for_miners(2)
    first.end(signal.SIGTERM)
    before = len(fleet.requests(outside))
    api = new_process(fleet, MINER_NETWORK_CIDR=f"{inside}/32").start()
    api.wait_for(online_miners=1, total_miners=2)
    api.deactivate()
    [error] = wait_until(lambda: api.status()["errors"])
    assert error.startswith(
        f"{outside} is unreachable: It lies outside of the allowed networks ({inside}/32)"
    )
    for action in ("start", "stop", "restart", "reboot", "reset"):
        told = api.post(f"/dashboard/api/miners/{outside}/control", {"action": action})
        assert (told.status_code, told.headers["X-Error-Code"]) == (503, "MINER_UNREACHABLE"), action
    set_to = {"miner_ip": outside, "frequency_mhz": 500}
    assert api.post("/dashboard/api/power/set-frequency", set_to).status_code in (409, 503)
    assert api.post(f"/dashboard/api/miner/{outside}/blink", None).status_code == 503
    assert api.post("/dashboard/api/discovery/add", {"ip": outside}).status_code == 400
    details = api.get(f"/dashboard/api/miner/{outside}/details")
    assert (details.status_code, details.headers["X-Error-Code"]) == (503, "MINER_UNREACHABLE")
    assert len(fleet.requests(outside)) == before


def test_a_miner_that_hashes_and_refuses_our_password_is_listed_with_the_setting_of_it(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(1, asleep=False)
    (miner,) = fleet.miners
    fleet.change_password(miner, "of this site")
    controller = new_controller(fleet)
    controller.wait_for(total_miners=1, online_miners=1)
    [hands] = wait_until(lambda: controller.read("/dashboard/api/capacity")["needs_hands"])
    assert (hands["miner_id"], "MINER_PASSWORD" in hands["reason"]) == (miner, True)
    assert "MINER_PASSWORD" in controller.actor(miner)["not_controllable"]


def test_miners_are_asked_with_the_password_that_the_site_has_set(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(1, asleep=False)
    (miner,) = fleet.miners
    fleet.change_password(miner, "of this site")
    controller = new_controller(fleet, MINER_PASSWORD="of this site")
    controller.wait_for(total_miners=1, mining_miners=1)
    controller.deactivate()
    wait_until(lambda: asleep(fleet))
