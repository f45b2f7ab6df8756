"""Units that answer and take nothing from here, from the socket to what the operator is told, and back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import Controller, still
from over_web import server_over_web
from waiting import wait_until

from netstab.simulation.faces.build import build_faces
from netstab.simulation.faces.fleet import FaceFleet
from netstab.simulation.faces.luxos import LUXOS, LuxosFace
from netstab.simulation.faces.whatsminer import Whatsminer
from netstab.simulation.faces.whatsminer_3 import WHATSMINER_3
from netstab.units import MinerId

BLOCK = "127.99.19."
SHUT, OPEN, HELD = (MinerId(f"{BLOCK}{place}") for place in (1, 2, 3))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Controller, FaceFleet]]:
    """Two Whatsminers, one of them as it comes, and a miner on LuxOS that another tool holds."""
    faces = build_faces([(WHATSMINER_3, 2), (LUXOS, 1)], SHUT)
    shut, held = faces[SHUT], faces[HELD]
    assert isinstance(shut, Whatsminer)
    assert isinstance(held, LuxosFace)
    shut.open = False
    held.hold()
    with FaceFleet(faces) as fleet:
        changes = {
            "MINER_API_PORT": str(fleet.api_port),
            "WHATSMINER_API_PORT": str(fleet.framed_port),
            "POLL_INTERVAL_SECONDS": "0.3",
        }
        with server_over_web(BLOCK, fleet.http_port, tmp_path, changes) as controller:
            controller.wait_for(mining_miners=3)
            yield controller, fleet


def hands(controller: Controller) -> dict[str, str]:
    told: list[dict[str, Any]] = controller.read("/dashboard/api/capacity")["needs_hands"]
    return {each["miner_id"]: each["reason"] for each in told}


def opened(fleet: FaceFleet) -> None:
    def act(face: object) -> None:
        assert isinstance(face, Whatsminer)
        face.open = True

    fleet.tamper(SHUT, act)


def writes(fleet: FaceFleet, miner_id: MinerId) -> int:
    return int(fleet.tamper(miner_id, lambda face: len(face.machine.writes)))


def test_they_are_left_out_listed_with_what_is_to_be_done_and_used_again_by_themselves(
    site: tuple[Controller, FaceFleet],
) -> None:
    controller, fleet = site
    wait_until(lambda: "write access is closed" in hands(controller).get(SHUT, ""))
    controller.post("/api/activate", {"activationPowerInKw": 0.5})
    wait_until(lambda: "Another tool" in hands(controller).get(HELD, ""))
    passed = controller.read("/dashboard/api/capacity")["passed_over"]
    assert [(each["reason"], each["units"]) for each in passed] == [("closed", 2)]
    assert OPEN not in hands(controller)
    assert writes(fleet, SHUT) == 0  # its readings say so: it is sent nothing
    opened(fleet)
    wait_until(lambda: SHUT not in hands(controller))
    wait_until(lambda: writes(fleet, SHUT) > 0)  # 0.5 kW is less than any of them draws: it is told to sleep


def locked(fleet: FaceFleet) -> None:
    def act(face: object) -> None:
        assert isinstance(face, Whatsminer)
        face.password = "x"

    fleet.tamper(OPEN, act)


def test_a_stop_that_a_unit_says_no_to_is_refused_recorded_so_and_not_carried_out_once_it_is_open(
    site: tuple[Controller, FaceFleet],
) -> None:
    controller, fleet = site
    locked(fleet)
    for unit in (SHUT, OPEN, HELD):
        answer = controller.post(f"/dashboard/api/miners/{unit}/control", {"action": "stop"})
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (409, "MINER_REFUSED"), answer.text
    wait_until(lambda: [each["outcome"] for each in stops(controller)] == ["rejected"] * 3)
    assert all("refused by the miner" in each["message"] for each in stops(controller))
    wait_until(lambda: all(controller.actor(unit)["hold"] is None for unit in (SHUT, OPEN, HELD)))
    assert controller.status()["mining_miners"] == 3
    opened(fleet)
    wait_until(lambda: SHUT not in hands(controller))
    assert still(controller, lambda: writes(fleet, SHUT) == 0)


def stops(controller: Controller) -> list[dict[str, Any]]:
    told = controller.read("/dashboard/api/history?command=control&detail=true")
    found: list[dict[str, Any]] = told["commands"]
    return found
