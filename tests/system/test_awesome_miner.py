"""Miners behind Awesome Miner in the whole product, over real sockets: counted, switched, left alone."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from harness import Controller, wait_until
from own_address import own_address
from waiting import PATIENCE, running_time

from netstab.server.wiring import running
from netstab.settings import read_settings
from netstab.simulation.awesome_miner import SimulatedAwesomeMiner, Watched, rig
from netstab.simulation.awesome_miner.documents import Locale
from netstab.simulation.fleet import SimulatedFleet

KEY = "0123456789abcdef0123456789abcdef"
RATED = 1.46  # kW, of an S9


@pytest.fixture(autouse=True)
def asked_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.port.COMMAND_DEADLINE", PATIENCE)
    monkeypatch.setattr("actors.awesome_miner._SHORTEST", 0.3)
    monkeypatch.setattr("actors.awesome_miner._NOT_LET_IN", 0.6)
    monkeypatch.setattr("actors.awesome_miner._UNREACHED", 0.6)
    monkeypatch.setattr("netstab.devices.awesome_miner.back_end.STALE_AFTER", 6.0)


def s9(place: int, hostname: str, **members: Any) -> Watched:
    told = {"hardware": "Antminer S9"} | members
    return Watched(1_000_000_000 + place, f"S9-{place:02}", hostname, rig(place), members=told)


def behind_it(*miners: Watched, locale: Locale = Locale.COMMA) -> SimulatedAwesomeMiner:
    """Return a simulated Awesome Miner in the host's running time."""
    return SimulatedAwesomeMiner(miners, key=KEY, locale=locale, speed=40.0, clock=running_time)


@contextmanager
def server_beside(behind: SimulatedAwesomeMiner, folder: Path, **changes: str) -> Iterator[Controller]:
    """Run a server that is told of a simulated Awesome Miner, over a block of its own."""
    settings = {
        "NETSTAB_HOST": "127.0.0.1",
        "NETSTAB_PORT": "0",
        "MINER_NETWORK_CIDR": f"{own_address(0)}/29",
        "MINER_API_PORT": "1",
        "MINER_HTTP_PORT": "1",
        "POLL_INTERVAL_SECONDS": "0.2",
        "DATABASE_URL": f"sqlite:///{folder / 'log.db'}",
        "AWESOME_MINER_URL": behind.url,
        "AWESOME_MINER_KEY": KEY,
        "AWESOME_MINER_CONTROL": "true",
    }
    with running(read_settings(settings | changes)) as system, Controller(system) as controller:
        yield controller


def awesome_miner_of(api: Controller) -> object:
    return api.read("/dashboard/api/health")["services"]["awesome_miner"]


def hash_rates(behind: SimulatedAwesomeMiner) -> Callable[[], list[bool]]:
    return lambda: behind.do(lambda: [each.rig.hashrate > 0 for each in behind.watched])


def run_so(behind: SimulatedAwesomeMiner, running: int) -> None:
    wait_until(lambda: sum(hash_rates(behind)()) == running)


def test_its_miners_are_counted_and_follow_the_ems_once_a_first_stop_is_proved(tmp_path: Path) -> None:
    hosts = [own_address(1), f"{own_address(2)}:4028", "s9-03", "s9-04"]
    miners = [s9(place, host) for place, host in enumerate(hosts, 1)]
    with ExitStack() as stack:
        behind = stack.enter_context(behind_it(*miners))
        api = stack.enter_context(server_beside(behind, tmp_path))
        api.wait_for(total_miners=4, mining_miners=4, rated_power_kw=4 * RATED)
        assert awesome_miner_of(api) is True
        shown = {miner["miner_id"]: miner for miner in api.read("/dashboard/api/miners")}
        assert list(shown) == [own_address(1), own_address(2), "awesome-1000000003", "awesome-1000000004"]
        api.deactivate()
        run_so(behind, 0)
        assert [each.told for each in miners] == [["stop"]] * 4
        api.wait_for(mining_miners=0, active_power_kw=4 * 0.051)
        api.activate(4 * RATED)
        run_so(behind, 4)
        api.activate(2 * RATED)
        run_so(behind, 2)
        api.wait_for(mining_miners=2)
        assert behind.forbidden == []


def test_a_stop_that_was_proved_is_known_to_the_next_server_so_that_it_starts_them_all(
    tmp_path: Path,
) -> None:
    miners = [s9(place, f"s9-{place:02}") for place in (1, 2, 3)]
    with behind_it(*miners, locale=Locale.POINT) as behind:
        with server_beside(behind, tmp_path) as api:
            api.wait_for(mining_miners=3)
            api.deactivate()
            run_so(behind, 0)
            api.wait_for(mining_miners=0)
        with server_beside(behind, tmp_path) as api:
            api.wait_for(online_miners=3)
            api.activate(3 * RATED)
            run_so(behind, 3)
        assert [each.told for each in miners] == [["stop", "start"]] * 3


def test_a_wrong_key_is_told_without_it_and_the_right_one_is_taken_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "f" * 32
    with behind_it(s9(1, "s9-01")) as behind:
        with caplog.at_level(logging.DEBUG), server_beside(behind, tmp_path, AWESOME_MINER_KEY=wrong) as api:
            wait_until(lambda: len(behind.asked) > 2)
            assert awesome_miner_of(api) is False
            assert api.status()["total_miners"] == 0
            assert wrong not in str(api.read("/dashboard/api/health"))
            assert wrong not in api.get("/metrics").text
        assert "does not let us in" in caplog.text
        assert wrong not in caplog.text
        with server_beside(behind, tmp_path) as api:
            api.wait_for(total_miners=1, mining_miners=1)
            assert awesome_miner_of(api) is True


def test_its_units_are_lost_with_it_and_come_back_with_it(tmp_path: Path) -> None:
    with (
        behind_it(s9(1, "s9-01"), s9(2, "s9-02")) as behind,
        server_beside(behind, tmp_path) as api,
    ):
        api.wait_for(mining_miners=2)
        behind.go()
        api.wait_for(online_miners=0, total_miners=2)
        assert awesome_miner_of(api) is False
        behind.come_back()
        api.wait_for(mining_miners=2)
        wait_until(lambda: awesome_miner_of(api) is True)


def test_one_that_is_known_directly_stays_direct_and_is_counted_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        fleet = stack.enter_context(
            SimulatedFleet(2, first_address=own_address(1), speed=20.0, clock=running_time)
        )
        same = [s9(place, address) for place, address in enumerate(fleet.miners, 1)]
        behind = stack.enter_context(behind_it(*same, s9(3, own_address(3)), s9(4, "s9-04")))
        ports = {"MINER_API_PORT": str(fleet.api_port), "MINER_HTTP_PORT": str(fleet.http_port)}
        api = stack.enter_context(server_beside(behind, tmp_path, **ports))
        api.wait_for(total_miners=4, mining_miners=4)
        assert kinds(api) == {
            own_address(1): "vnish",
            own_address(2): "vnish",
            own_address(3): "awesome_miner",
            "awesome-1000000004": "awesome_miner",
        }
        api.deactivate()
        wait_until(lambda: api.status()["mining_miners"] == 0)
        assert [each.told for each in behind.watched] == [[], [], ["stop"], ["stop"]]


def kinds(api: Controller) -> dict[str, str]:
    found = api.read("/dashboard/api/discovery/miners")["miners"]
    return {miner["id"]: miner["firmware_type"] for miner in found}


def test_one_that_a_scan_finds_later_becomes_direct_and_does_not_come_back_when_it_is_removed(
    tmp_path: Path,
) -> None:
    address = own_address(1)
    with ExitStack() as stack:
        fleet = stack.enter_context(SimulatedFleet(1, first_address=address, speed=20.0, clock=running_time))
        behind = stack.enter_context(behind_it(s9(1, address), s9(2, "s9-02")))
        ports = {"MINER_API_PORT": str(fleet.api_port), "MINER_HTTP_PORT": str(fleet.http_port)}
        settings = ports | {"MINER_DISCOVERY_ENABLED": "false"}
        api = stack.enter_context(server_beside(behind, tmp_path, **settings))
        api.wait_for(total_miners=2, mining_miners=2)
        assert set(kinds(api).values()) == {"awesome_miner"}
        api.scan({"network_cidr": f"{own_address(0)}/29"})
        both = {address: "vnish", "awesome-1000000002": "awesome_miner"}
        assert kinds(api) == both
        api.wait_for(mining_miners=2, rated_power_kw=2 * RATED)
        assert api.delete(f"/dashboard/api/discovery/miners/{address}").status_code == 200
        polls = len(behind.asked)
        wait_until(lambda: len(behind.asked) > polls + 5)
        assert kinds(api) == {"awesome-1000000002": "awesome_miner"}


def test_without_control_its_units_are_read_and_an_operators_rating_counts(tmp_path: Path) -> None:
    miner = s9(1, "s9-01", hardware=None)
    with (
        behind_it(miner) as behind,
        server_beside(behind, tmp_path, AWESOME_MINER_CONTROL="false") as api,
    ):
        api.wait_for(total_miners=1, mining_miners=1, rated_power_kw=0.0, active_power_kw=0.0)
        unit = "awesome-1000000001"
        added = api.tell("/dashboard/api/discovery/add", {"ip": unit, "rated_power_watts": 1300})
        assert added["miner"]["is_online"] is True
        api.wait_for(rated_power_kw=1.3, active_power_kw=1.3)
        assert api.actor(unit)["not_controllable"] == (
            "Awesome Miner is only read: AWESOME_MINER_CONTROL is off"
        )
        api.deactivate()
        assert api.delete(f"/dashboard/api/discovery/miners/{unit}").status_code == 200
        api.wait_for(total_miners=0)
        wait_until(lambda: len(behind.asked) > 8)
        assert api.status()["total_miners"] == 0
        assert miner.told == []


def test_a_unit_without_an_address_is_served_by_every_call_that_names_a_miner(tmp_path: Path) -> None:
    unit = "awesome-1000000001"
    with (
        behind_it(s9(1, "s9-01")) as behind,
        server_beside(behind, tmp_path, SNAPSHOT_INTERVAL_SECONDS="1") as api,
    ):
        api.wait_for(mining_miners=1)
        for call in (
            f"miners/{unit}",
            f"miners/{unit}/actor",
            f"miner/{unit}/details",
            f"power/miner/{unit}",
        ):
            assert unit in str(api.read(f"/dashboard/api/{call}"))
        [registered] = api.read(f"/dashboard/api/history?miner_id={unit}")["commands"]
        assert registered["parameters"]["via"] == "awesome_miner"
        wait_until(lambda: api.read(f"/dashboard/api/telemetry/miners/{unit}")["points"])
        assert api.patch("/dashboard/api/config", {"miner_priority": [unit]}).status_code == 200
        for path, body in (
            (f"miners/{unit}/control", {"action": "reboot"}),
            ("power/set-frequency", {"miner_ip": unit, "frequency_mhz": 500}),
            ("discovery/add", {"ip": "awesome-99"}),
        ):
            refused = api.post(f"/dashboard/api/{path}", body)
            assert (refused.status_code, refused.headers["X-Error-Code"]) == (409, "MINER_REFUSED")
        api.tell(f"/dashboard/api/miners/{unit}/control", {"action": "stop"})
        run_so(behind, 0)
        assert behind.forbidden == []


def test_one_that_somebody_else_starts_is_reported_and_not_fought(tmp_path: Path) -> None:
    miners = [s9(1, "s9-01"), s9(2, "s9-02")]
    with (
        behind_it(*miners) as behind,
        server_beside(behind, tmp_path) as api,
    ):
        api.wait_for(mining_miners=2)
        api.deactivate()
        run_so(behind, 0)
        api.wait_for(mining_miners=0)
        behind.do(miners[0].rig.wake)
        api.wait_for(mining_miners=1)
        wait_until(lambda: "started by somebody else" in " ".join(api.status()["errors"]))
        assert miners[0].told == ["stop"]
