"""A site of Whatsminers with both APIs under a running server: what their owner changes is found out."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from harness import Controller
from over_web import server_over_web
from waiting import wait_until

from netstab.simulation.faces.build import build_faces
from netstab.simulation.faces.fleet import FaceFleet
from netstab.simulation.faces.whatsminer import Whatsminer
from netstab.simulation.faces.whatsminer_2 import WHATSMINER_2
from netstab.simulation.faces.whatsminer_3 import WHATSMINER_3
from netstab.units import MinerId

BLOCK = "127.99.17."
BOTH = OF_API_3, OF_API_2 = MinerId(f"{BLOCK}1"), MinerId(f"{BLOCK}2")

Site = tuple[Controller, FaceFleet]


@pytest.fixture(params=[False, True], ids=["tells its share", "keeps 0"])
def site(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """One with API 3 and one with API 2; both boot fast, and time runs fast for them."""
    monkeypatch.setattr("actors.discovery.lookout.FIRST_LOOK", 0.5)
    faces = build_faces([(WHATSMINER_3, 1), (WHATSMINER_2, 1)], OF_API_3)
    for face in faces.values():
        assert isinstance(face, Whatsminer)
        face.boot_fast()
        face.keeps_0 = request.param
    with FaceFleet(faces, speed=30.0) as fleet:
        changes = {
            "MINER_API_PORT": str(fleet.api_port),
            "WHATSMINER_API_PORT": str(fleet.framed_port),
            "POLL_INTERVAL_SECONDS": "0.2",
        }
        with server_over_web(BLOCK, fleet.http_port, tmp_path, changes) as controller:
            controller.wait_for(total_miners=2, mining_miners=2)
            yield controller, fleet
        assert [fleet.tamper(each, lambda face: face.machine.forbidden) for each in BOTH] == [[], []]


def change_limit(fleet: FaceFleet, miner_id: MinerId, limit: float) -> None:
    fleet.tamper(miner_id, lambda face: cast("Whatsminer", face).set_limit(limit))


def draws(fleet: FaceFleet, watts: float) -> bool:
    """Whether they draw that, but for what machines of one kind differ by."""
    told = sum(fleet.tamper(each, lambda face: face.machine.told_power) for each in BOTH)
    return abs(told - watts) <= 0.1 * watts + 10


def test_a_limit_that_its_owner_changes_is_found_out_and_what_is_set_is_of_that(site: Site) -> None:
    controller, fleet = site
    controller.activate(5.0)
    wait_until(lambda: draws(fleet, 5000))
    change_limit(fleet, OF_API_3, 2800.0)
    change_limit(fleet, OF_API_2, 3000.0)
    wait_until(lambda: controller.status()["rated_power_kw"] == 5.8)
    controller.wait_for(mining_miners=2)
    controller.activate(4.6)
    wait_until(lambda: draws(fleet, 4600))
    controller.deactivate()
    wait_until(lambda: draws(fleet, 26))
