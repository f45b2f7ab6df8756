"""A site of one S9 among machines of other makers, others' firmware, and web servers that say no."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from canned_miner import Asked, CannedMiner, VnishPages, fixture, recorded, system_info
from harness import Api, wait_until

from netstab.devices.antminer.loose_json import parse
from netstab.devices.port import Endpoint
from netstab.server.wiring import running
from netstab.settings import read_settings
from netstab.units import MinerId

BLOCK = "127.99.13."
CONFIGURED = VnishPages(fixture("vnish39_device_bmminer_conf_good.json"))
S9_ON_VNISH = {
    b"stats": fixture("vnish386_s9_stats.raw.txt") + b"\0",
    b"pools": fixture("vnish386_s9_pools.json") + b"\0",
}
L3_STATS = S9_ON_VNISH[b"stats"].replace(b"Antminer S9 (vnish 3.8.6)", b"Antminer L3+ (vnish 3.9.0)")
L3_PAGES = CONFIGURED | {"/cgi-bin/get_system_info.cgi": system_info("Antminer L3+ (vnish 3.9.0)")}

MACHINES: dict[str, dict[str, Any]] = {  # by the model that each is registered as
    "Antminer S9": {"pages": CONFIGURED, "api": S9_ON_VNISH},
    "Antminer S19 Pro": {"api": recorded("antminer_stock_s19"), "realm": "none of ours"},
    "Antminer S21 Pro": {"api": recorded("vnish_1_2_7_s21pro/rpc")},
    "Avalon Q": {"api": recorded("avalon")},
    "Whatsminer": {"api": recorded("whatsminer_v2")},
    "Antminer L3+": {"pages": L3_PAGES, "api": S9_ON_VNISH | {b"stats": L3_STATS}},
    "unknown": {"password": "changed"},
    "": {"realm": "router", "password": "changed"},  # no miner at all
}


@pytest.fixture
def machines() -> Iterator[dict[str, CannedMiner]]:
    """Each at an address of its own, all on the same two ports."""
    ports = (0, 0)
    found: dict[str, CannedMiner] = {}
    with ExitStack() as stack:
        for place, (model, what) in enumerate(MACHINES.items(), start=1):
            at = Endpoint(MinerId(f"{BLOCK}{place}"), *ports)
            found[model] = stack.enter_context(CannedMiner(**what, at=at))
            ports = (found[model].endpoint.api_port, found[model].endpoint.http_port)
        yield found


@pytest.fixture
def api(machines: dict[str, CannedMiner], tmp_path: Path) -> Iterator[Api]:
    with controller(machines["Antminer S9"].endpoint, tmp_path) as api:
        yield api


@contextmanager
def controller(endpoint: Endpoint, folder: Path) -> Iterator[Api]:
    """Run the whole system for the block, on the ports of that machine."""
    settings = {
        "NETSTAB_HOST": "127.0.0.1",
        "NETSTAB_PORT": "0",
        "MINER_NETWORK_CIDR": f"{BLOCK}0/27",
        "MINER_API_PORT": str(endpoint.api_port),
        "MINER_HTTP_PORT": str(endpoint.http_port),
        "POLL_INTERVAL_SECONDS": "0.2",
        "DATABASE_URL": f"sqlite:///{folder / 'log.db'}",
    }
    with running(read_settings(settings)) as system, Api(system.port) as api:
        yield api


def lying() -> bytes:
    """The answer of an S9 that claims sixteen boards of a kilowatt."""
    answer = parse(S9_ON_VNISH[b"stats"])
    claimed = {"chain_acn": 63, "chain_rate": "4300", "chain_consumption": 1000}
    for place in range(1, 17):
        answer["STATS"][1] |= {f"{name}{place}": value for name, value in claimed.items()}
    return json.dumps(answer).encode() + b"\0"


def test_a_miner_that_lies_moves_the_fleet_by_no_more_than_an_s9_and_is_named(tmp_path: Path) -> None:
    at = Endpoint(MinerId(f"{BLOCK}17"), 0, 0)
    machine = CannedMiner(CONFIGURED, S9_ON_VNISH | {b"stats": lying()}, at=at)
    with machine, controller(machine.endpoint, tmp_path) as api:
        status = api.wait_for(mining_miners=1)
        assert status["active_power_kw"] == pytest.approx(1.28, abs=0.01)
        assert status["rated_power_kw"] == pytest.approx(1.46)
        named = [error for error in status["errors"] if error.startswith(at.miner_id)]
        assert "16 boards of 3" in named[0]
        assert "1000 W" in named[0]
        assert api.patch("/dashboard/api/config", {"rated_power_kw_override": 10.0}).status_code == 200
        assert api.activate(5.0) == (
            "Fleet activated successfully at 5000W (1 miner at full power; 3720W short)"
        )


def s19(watts: int) -> dict[bytes, bytes]:
    """The answers of an S19 that says what its boards draw; while it draws nothing it does not hash."""
    answer = parse(recorded("antminer_stock_s19")[b"stats"].rstrip(b"\0"))
    figures = answer["STATS"][1] | {f"chain_consumption{board}": watts // 3 for board in (1, 2, 3)}
    if not watts:
        figures |= {"GHS 5s": 0.0} | {f"chain_rate{board}": "0" for board in (1, 2, 3)}
    answer["STATS"][1] = figures
    return recorded("antminer_stock_s19") | {b"stats": json.dumps(answer).encode() + b"\0"}


def test_an_s19_of_3250_w_is_rated_by_its_own_reading_once_it_hashes_and_is_never_steered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.discovery.lookout.FIRST_LOOK", 0.5)
    at = Endpoint(MinerId(f"{BLOCK}18"), 0, 0)
    machine = CannedMiner(api=s19(0), realm="none of ours", at=at)
    with machine, controller(machine.endpoint, tmp_path) as api:
        api.wait_for(total_miners=1, online_miners=1, rated_power_kw=0.0)
        machine.api = s19(3250)
        status = api.wait_for(mining_miners=1, rated_power_kw=3.249)
        assert status["active_power_kw"] == pytest.approx(3.25, abs=0.002)
        (miner,) = api.read("/dashboard/api/discovery/miners")["miners"]
        assert (miner["model"], miner["firmware_type"]) == ("Antminer S19 Pro", "unknown")
        view = api.actor(at.miner_id)
        assert view["not_controllable"] == "the model Antminer S19 Pro cannot be controlled"
        stop = api.post(f"/dashboard/api/miners/{at.miner_id}/control", {"action": "stop"})
        blink = api.post(f"/dashboard/api/miner/{at.miner_id}/blink", {})
        for refused in (stop, blink):
            assert (refused.status_code, refused.headers["X-Error-Code"]) == (409, "MINER_REFUSED")
        assert told_to_change(machine) == []


def told_to_change(machine: CannedMiner) -> list[str]:
    """Name what was no read: a script of the S9 that reads nothing, or anything that is sent."""

    def reads(asked: Asked) -> bool:
        scripts = "/cgi-bin/" in asked.path
        return asked.method == "GET" and not (scripts and "get_" not in asked.path)

    return [asked.path for asked in machine.asked if not reads(asked)]


def models(api: Api) -> set[str]:
    return {miner["model"] for miner in api.read("/dashboard/api/discovery/miners")["miners"]}


def test_only_the_s9_is_steered_and_the_others_are_what_they_say_and_rated_by_their_own_figures(
    machines: dict[str, CannedMiner], api: Api
) -> None:
    wait_until(lambda: api.status()["total_miners"] == len(MACHINES) - 1)
    wait_until(lambda: models(api) == MACHINES.keys() - {""})
    own_figures = 3 * 0.861 + 3.2 + 3 * 0.495  # S21 Pro, Whatsminer and L3+; the others give none
    rated = pytest.approx(1.460 + own_figures, abs=0.002)
    wait_until(lambda: api.status()["rated_power_kw"] == rated)
    api.wait_for(mining_miners=5)  # the Avalon sleeps, the locked one is not read
    drawn = pytest.approx(3 * 0.495 + own_figures + 0.146, abs=0.02)  # asleep an Avalon's supply draws too
    wait_until(lambda: api.status()["active_power_kw"] == drawn)
    assert api.read("/api/status")["ratedPowerInKw"] == rated
    api.deactivate()
    wait_until(lambda: told_to_change(machines["Antminer S9"]))
    for model, machine in machines.items():
        assert machine.asked
        assert bool(told_to_change(machine)) == (model == "Antminer S9"), model
