"""Machines on Braiins OS over real sockets, from the scan to the setpoint, and what their firmware does."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

import pytest
from harness import Controller, wait_until

from netstab.server.wiring import running
from netstab.settings import read_settings
from netstab.simulation.faces.braiins import BRAIINS, BRAIINS_OLD, BraiinsFace
from netstab.simulation.faces.braiins_tuner import Tuner
from netstab.simulation.faces.build import build_faces
from netstab.simulation.faces.fleet import FaceFleet
from netstab.units import MinerId

BLOCK = "127.99.41."
OLDER = MinerId(f"{BLOCK}4")
SPEED = 60.0

T = TypeVar("T")
Site = tuple[Controller, FaceFleet]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Three machines, and one whose firmware is too old."""
    faces = build_faces([(BRAIINS, 3), (BRAIINS_OLD, 1)], f"{BLOCK}1")
    with FaceFleet(faces, speed=SPEED) as fleet:
        settings = {
            "NETSTAB_HOST": "127.0.0.1",
            "NETSTAB_PORT": "0",
            "MINER_NETWORK_CIDR": f"{BLOCK}0/29",
            "MINER_API_PORT": str(fleet.api_port),
            "MINER_HTTP_PORT": str(fleet.http_port),
            "POLL_INTERVAL_SECONDS": "0.2",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'log.db'}",
        }
        with running(read_settings(settings)) as system, Controller(system) as api:
            api.wait_for(total_miners=4, mining_miners=4)
            yield api, fleet
        assert each(fleet, lambda face: face.machine.forbidden) == [[]] * 4
        assert fleet.tamper(OLDER, lambda face: list(face.machine.writes)) == []


def each(fleet: FaceFleet, look: Callable[[BraiinsFace], T]) -> list[T]:
    return [fleet.tamper(miner_id, lambda face: look(cast("BraiinsFace", face))) for miner_id in fleet.miners]


def tuner(fleet: FaceFleet, miner_id: MinerId) -> Tuner:
    return fleet.tamper(miner_id, lambda face: cast("BraiinsFace", face).tuner)


def draws(api: Controller, fleet: FaceFleet, kilowatts: float) -> bool:
    """Whether those that are controlled tell that they draw so much, the fourth beside them."""
    older = fleet.tamper(OLDER, lambda face: face.machine.told_power)
    told = 1000 * float(api.status()["active_power_kw"]) - older
    return abs(told - 1000 * kilowatts) <= 0.04 * 1000 * kilowatts + 0.02 * older


def test_machines_follow_a_target_and_one_that_is_too_old_is_named_with_the_remedy(site: Site) -> None:
    api, fleet = site
    for target in (6.0, 4.4, 5.5):
        older = fleet.tamper(OLDER, lambda face: face.machine.told_power) / 1000
        api.activate(round(target + older, 3))
        wait_until(partial(draws, api, fleet, target))
    needs = api.read("/dashboard/api/capacity")["needs_hands"]
    assert [(one["miner_id"], "25.07" in one["reason"]) for one in needs] == [(OLDER, True)]
    assert max(each(fleet, lambda face: face.logins)) <= 4, "a token serves many calls"
    api.deactivate()
    wait_until(lambda: each(fleet, lambda face: face.machine.asleep) == [True] * 3 + [False])


def test_machines_that_forget_their_tokens_go_on_being_commanded(site: Site) -> None:
    api, fleet = site
    each(fleet, lambda face: face.expire())
    api.deactivate()
    wait_until(lambda: each(fleet, lambda face: face.machine.asleep) == [True] * 3 + [False])
    wait_until(lambda: api.status()["online_miners"] == 4)
    assert max(each(fleet, lambda face: face.logins)) >= 2


def test_a_machine_that_scales_its_power_is_shown_and_the_others_make_up_for_it(site: Site) -> None:
    api, fleet = site
    older = fleet.tamper(OLDER, lambda face: face.machine.told_power) / 1000
    api.activate(6.0 + older)
    wait_until(partial(draws, api, fleet, 6.0))
    hottest = max(fleet.miners[:3], key=lambda miner_id: tuner(fleet, miner_id).target)
    fleet.tamper(hottest, lambda face: cast("BraiinsFace", face).tuner.scale(600))
    wait_until(lambda: api.read("/dashboard/api/capacity")["self_tuning_units"] == 1)
    wait_until(partial(draws, api, fleet, 6.0))
    assert tuner(fleet, hottest).scaled == 600, "it was not fought"
