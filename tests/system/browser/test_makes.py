"""Miners of several makes, each shown in the terms of its own firmware."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import NewPage
from harness import Controller
from over_web import server_over_web
from playwright.sync_api import Locator, Page, expect

from netstab.simulation.faces.braiins import BRAIINS
from netstab.simulation.faces.build import build_faces
from netstab.simulation.faces.fleet import FaceFleet
from netstab.simulation.faces.luxos import LUXOS, LUXOS_ATM
from netstab.simulation.faces.whatsminer_3 import WHATSMINER_3

BLOCK = "127.99.18."
KINDS = {"watts": BRAIINS, "name": LUXOS, "agent": LUXOS_ATM, "percent": WHATSMINER_3}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Controller, dict[str, str]]]:
    """A server beside one unit of each kind, and where each is."""
    faces = build_faces([(kind, 1) for kind in KINDS.values()], f"{BLOCK}1")
    with FaceFleet(faces) as fleet:
        changes = {
            "MINER_API_PORT": str(fleet.api_port),
            "WHATSMINER_API_PORT": str(fleet.framed_port),
            "POLL_INTERVAL_SECONDS": "0.5",
        }
        with server_over_web(BLOCK, fleet.http_port, tmp_path, changes) as controller:
            controller.wait_for(mining_miners=len(KINDS))
            yield controller, dict(zip(KINDS, fleet.miners, strict=True))


def test_each_make_is_shown_in_its_own_terms(
    site: tuple[Controller, dict[str, str]], new_page: NewPage
) -> None:
    controller, at = site
    page = new_page(controller, "/#/fleet")
    table = controller.read("/dashboard/api/fleet/table")
    settings = dict(zip(table["miner_id"], table["setting"], strict=True))
    assert table["frequency_mhz"] == [None] * len(KINDS)
    assert settings[at["watts"]].endswith(" W")
    assert settings[at["name"]].startswith("profile ")
    assert settings[at["percent"]].startswith("100 % (")
    names = dict(zip(table["miner_id"], table["name"], strict=True))
    for miner in at.values():
        expect(_row(page, names[miner])).to_contain_text(settings[miner])
    expect(_row(page, names[at["agent"]])).to_contain_text("power not set from here: ATM")
    for miner in at.values():
        page.goto(f"/#/miner/{miner}")
        actor = page.get_by_role("region", name="What is wanted, sent and seen")
        expect(actor).to_contain_text(settings[miner])
        device = page.get_by_role("region", name="Device", exact=True)
        expect(device).to_contain_text("Setting")
        found = controller.read(f"/dashboard/api/miner/{miner}/details")["system"]
        for title, name in (("Type", "minertype"), ("Firmware", "firmware_version"), ("MAC", "macaddr")):
            assert found[name]
            expect(device).to_contain_text(f"{title}{found[name]}")
    page.close()  # a page that outlives its server asks one that is gone


def _row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)
