"""Servers as units of one above them, over real sockets: each has its own log, failsafe and override."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from harness import Controller, wait_until
from site_tree import Tree, upper_server
from waiting import running_time

from netstab.devices import families
from netstab.devices.port import Firmware
from netstab.units import Seconds

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
BLOCK = f"127.{160 + WORKER}.1."
MINERS = 3
RATED = 3 * 1.46

Above = Callable[..., Controller]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    tree = Tree(BLOCK, 2, MINERS, tmp_path_factory.mktemp("sites"))
    yield tree
    tree.close()


@pytest.fixture
def upper(tree: Tree, tmp_path: Path) -> Iterator[Controller]:
    with upper_server(tree, BLOCK, tmp_path) as upper:
        yield upper


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have sites hear what holds twice a second."""
    often = replace(families.FAMILIES[Firmware.NETSTAB].timings, renew=Seconds(0.5))
    site = replace(families.FAMILIES[Firmware.NETSTAB], timings=often)
    monkeypatch.setattr(families, "FAMILIES", {**families.FAMILIES, Firmware.NETSTAB: site})


def settled(upper: Controller, kilowatts: float) -> bool:
    status = upper.status()
    return bool(abs(status["active_power_kw"] - kilowatts) <= 0.05 * 2 * RATED)


def test_a_target_is_shared_out_over_sites_and_each_follows_its_share(tree: Tree, upper: Controller) -> None:
    upper.wait_for(total_miners=2, rated_power_kw=pytest.approx(2 * RATED))
    upper.activate(6.0)
    wait_until(lambda: all(site.target_kw for site in tree.sites))
    assert sum(site.target_kw or 0.0 for site in tree.sites) == pytest.approx(6.0, abs=0.8)
    wait_until(lambda: settled(upper, 6.0))
    drawn = sum(site.fleet.true_power() for site in tree.sites) / 1000
    assert upper.status()["active_power_kw"] == pytest.approx(drawn, abs=1.5)
    upper.deactivate()
    wait_until(lambda: not any(site.target_kw for site in tree.sites))
    wait_until(lambda: upper.read("/api/status")["runningStatus"] == 1)


def test_a_site_under_override_is_left_alone_and_the_others_make_up_for_it(
    tree: Tree, upper: Controller
) -> None:
    ours, other = tree.sites
    upper.activate(4.4)
    wait_until(lambda: settled(upper, 4.4))
    ours.api.tell("/dashboard/api/override", {"enabled": True, "target_power_kw": None})
    wait_until(lambda: "override" in " ".join(upper.status()["errors"]))
    wait_until(lambda: other.target_kw == pytest.approx(4.38, abs=0.1))
    told = ours.told
    upper.activate(3.0)
    upper.deactivate()
    wait_until(lambda: other.target_kw is None)
    capacity = upper.read("/dashboard/api/capacity")
    assert capacity["passed_over"] == [{"reason": "takes_no_orders", "units": 1, "power_kw": 4.38}]
    assert ours.told == told
    ours.api.tell("/dashboard/api/override", {"enabled": False})
    wait_until(lambda: upper.read("/dashboard/api/capacity")["passed_over"] == [])
    upper.activate(8.0)
    wait_until(lambda: ours.target_kw)


def test_a_lost_site_is_replaced_by_the_others_within_fifteen_seconds(tmp_path: Path) -> None:
    block = BLOCK.replace(".1.", ".2.")
    tree = Tree(block, 2, MINERS, tmp_path)
    try:
        with upper_server(tree, block, tmp_path) as upper:
            upper.activate(4.4)
            wait_until(lambda: settled(upper, 4.4))
            lost, other = tree.sites
            lost.is_lost()
            since = running_time()
            wait_until(lambda: other.target_kw == pytest.approx(4.38, abs=0.1))
            assert running_time() - since < 15.0
            upper.wait_for(online_miners=1)
    finally:
        tree.close()


@pytest.mark.usefixtures("often")
def test_a_site_whose_upper_server_is_gone_falls_to_its_own_failsafe(tmp_path: Path) -> None:
    block = BLOCK.replace(".1.", ".3.")
    tree = Tree(block, 1, MINERS, tmp_path, EMS_TIMEOUT_SECONDS="4", EMS_FAILSAFE="1.5")
    [site] = tree.sites
    try:
        with upper_server(tree, block, tmp_path) as upper:
            upper.activate(4.3)
            wait_until(lambda: site.target_kw == pytest.approx(4.38, abs=0.1))
            heard = site.api.status()["last_ems_command"]
            wait_until(lambda: site.api.status()["last_ems_command"] > heard)
            upper.wait_for(mining_miners=1)
            assert site.api.read("/dashboard/api/dispatch")["in_command"] == "ems"
        wait_until(lambda: site.api.read("/dashboard/api/dispatch")["in_command"] == "failsafe")
        assert site.target_kw == 1.5
        with upper_server(tree, block, tmp_path) as upper:
            wait_until(lambda: site.api.read("/dashboard/api/dispatch")["in_command"] == "ems")
            assert site.target_kw == pytest.approx(4.38, abs=0.1)
    finally:
        tree.close()


def test_a_server_is_no_unit_of_itself_nor_of_one_below_it(tree: Tree, tmp_path: Path) -> None:
    with upper_server(tree, BLOCK, tmp_path, NETSTAB_HOST=f"{BLOCK}6", NETSTAB_PORT=str(tree.port)) as upper:
        refused = upper.post("/dashboard/api/discovery/add", {"ip": f"{BLOCK}6"})
        assert (refused.status_code, refused.headers["X-Error-Code"]) == (409, "MINER_REFUSED")
        assert "leads back" in refused.json()["message"]
        upper.wait_for(total_miners=2)
        below = upper.read("/dashboard/api/capacity")["fleets_below"]
        assert below == sorted(site.api.read("/dashboard/api/capacity")["fleet_id"] for site in tree.sites)
