"""A site of Antminers on Vnish 1.x under a running server: one throttled, one of presets, one left be."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from harness import Controller, wait_until

from netstab.server.wiring import running
from netstab.settings import read_settings
from netstab.simulation.faces.build import build_faces
from netstab.simulation.faces.fleet import FaceFleet
from netstab.simulation.faces.vnish import VNISH_1_2, VNISH_1_3, VNISH_SWITCHER, VnishFace
from netstab.units import MinerId

BLOCK = "127.99.19."
THROTTLED, WITH_PRESETS, SWITCHING = (MinerId(f"{BLOCK}{place}") for place in (1, 2, 3))


@dataclass
class Site:
    """The devices, whose time runs fast, and the server that looks after them."""

    fleet: FaceFleet
    api: Controller

    def face(self, miner_id: MinerId, name: str) -> object:
        return self.fleet.tamper(miner_id, lambda face: getattr(face, name))

    def tries(self, miner_id: MinerId) -> int:
        return self.fleet.tamper(miner_id, lambda face: cast("VnishFace", face).door.tries)

    def writes(self, miner_id: MinerId) -> list[str]:
        return self.fleet.tamper(miner_id, lambda face: [touch.text for touch in face.machine.writes])

    def draws(self, kilowatts: float, within: float) -> bool:
        return abs(self.fleet.true_power() - 1000 * kilowatts) <= 1000 * within


@contextmanager
def served(folder: Path, monkeypatch: pytest.MonkeyPatch, password: str = "admin") -> Iterator[Site]:  # noqa: S107
    monkeypatch.setattr("actors.discovery.lookout.FIRST_LOOK", 0.5)
    faces = build_faces([(VNISH_1_3, 1), (VNISH_1_2, 1), (VNISH_SWITCHER, 1)], f"{BLOCK}1")
    with FaceFleet(faces, speed=60.0) as fleet:
        settings = {
            "NETSTAB_HOST": "127.0.0.1",
            "NETSTAB_PORT": "0",
            "MINER_NETWORK_CIDR": f"{BLOCK}0/29",
            "MINER_API_PORT": str(fleet.api_port),
            "MINER_HTTP_PORT": str(fleet.http_port),
            "VNISH_PASSWORD": password,
            "POLL_INTERVAL_SECONDS": "0.2",
            "DATABASE_URL": f"sqlite:///{folder / 'log.db'}",
        }
        with running(read_settings(settings)) as system, Controller(system) as api:
            api.wait_for(total_miners=3, mining_miners=3)
            yield Site(fleet, api)
        forbidden = [fleet.tamper(miner_id, lambda face: face.machine.forbidden) for miner_id in fleet.miners]
        assert forbidden == [[], [], []]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with served(tmp_path, monkeypatch) as site:
        yield site


def test_the_throttle_takes_up_what_presets_and_a_switcher_leave(site: Site) -> None:
    for target in (8.2, 7.0):
        site.api.activate(target)
        wait_until(partial(site.draws, target, 0.3))
    assert site.writes(WITH_PRESETS) == site.writes(SWITCHING) == []
    site.api.deactivate()
    wait_until(partial(site.draws, 0.09, 0.02))
    assert [site.writes(miner_id)[-1] for miner_id in site.fleet.miners] == ["mining/stop"] * 3


def test_another_preset_of_its_owners_is_found_out_and_throttled_from_there(site: Site) -> None:
    site.api.activate(8.2)
    wait_until(lambda: "throttle" in " ".join(site.writes(THROTTLED)))
    site.fleet.tamper(THROTTLED, lambda face: cast("VnishFace", face).choose("2800"))
    before = len(site.writes(THROTTLED))
    site.api.activate(6.8)
    wait_until(lambda: len(site.writes(THROTTLED)) > before)
    wait_until(lambda: site.api.actor(THROTTLED)["observed"]["activity"] == "hashing")


def test_a_wrong_password_is_tried_once_with_each_and_somebody_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path, monkeypatch, password="of another site") as site:
        assert [site.tries(miner_id) for miner_id in site.fleet.miners] == [0, 0, 0]
        site.api.deactivate()
        wait_until(lambda: len(site.api.read("/dashboard/api/capacity")["needs_hands"]) == 3)
        told = site.api.read("/dashboard/api/capacity")["needs_hands"]
        assert all("VNISH_PASSWORD" in each["reason"] for each in told)
        assert [site.tries(miner_id) for miner_id in site.fleet.miners] == [1, 1, 1]
        assert site.api.status()["mining_miners"] == 3
