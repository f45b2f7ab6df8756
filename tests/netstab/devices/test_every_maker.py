"""Every machine of which answers are recorded is recognised as what it is, and as nothing else."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from canned_miner import BITAXE_PAGES, MAKERS, CannedMiner, recorded, recorded_rest
from faces import FACES
from recorded_braiins import recorded_braiins

from netstab.devices.families import family_of, identify
from netstab.devices.offers import offered
from netstab.devices.port import Endpoint
from netstab.devices.web import Web

Device = Callable[[], AbstractContextManager[Endpoint]]


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    yield web
    web.close()


def canned(build: Callable[[], CannedMiner]) -> Device:
    @contextmanager
    def device() -> Iterator[Endpoint]:
        with build() as miner:
            yield miner.endpoint

    return device


def on_api_port(folder: str) -> Device:
    return canned(lambda: CannedMiner(api=recorded(folder), realm="none of ours"))


def braiins(folder: str) -> Device:
    @contextmanager
    def device() -> Iterator[Endpoint]:
        with recorded_braiins(folder) as (endpoint, _):
            yield endpoint

    return device


EPIC = canned(lambda: CannedMiner(recorded_rest("epic_umc", "/"), password="", web_at_api_port=True))
VNISH = canned(
    lambda: CannedMiner(
        recorded_rest("vnish_1_2_7_s21pro/web", "/api/v1/"),
        recorded("vnish_1_2_7_s21pro/rpc"),
        password="",
    )
)
BITAXE = canned(lambda: CannedMiner(BITAXE_PAGES, password=""))

MACHINES: dict[str, tuple[Device, str, str]] = {  # how it answers, its family's row, its model
    "antminer_stock_s19": (on_api_port("antminer_stock_s19"), "unknown", "Antminer S19 Pro"),
    "auradine": (on_api_port("auradine"), "auradine", "Auradine AT1500"),
    "avalon": (on_api_port("avalon"), "avalon", "Avalon Q"),
    "bitaxe": (BITAXE, "bitaxe", "Bitaxe 401 (BM1368)"),
    "braiins_24_09_graphql": (on_api_port("braiins_24_09_graphql"), "braiins", "BOSer"),
    "braiins_25_11": (braiins("braiins_25_11"), "braiins", "Antminer S19 XP"),
    "braiins_26_04": (braiins("braiins_26_04"), "braiins", "Antminer S21 Pro"),
    "epic_umc": (EPIC, "epic", "ePIC AntMiner S19 XP"),
    "luxos_2025": (on_api_port("luxos_2025"), "luxos", "Antminer S19k Pro"),
    "sealminer": (on_api_port("sealminer"), "sealminer", "SealMiner A2"),
    "vnish_1_2_7_s21pro": (VNISH, "vnish_rest", "Antminer S21 Pro"),
    "whatsminer_v1": (on_api_port("whatsminer_v1"), "unknown", "Whatsminer"),
    "whatsminer_v2": (on_api_port("whatsminer_v2"), "unknown", "Whatsminer"),
}
"""That of API 3 of Whatsminers is asked at a port of its own: its face is made of the recorded answers."""


def test_there_is_no_folder_whose_machine_is_not_recognised_here() -> None:
    folders = {path.name for path in MAKERS.iterdir() if path.is_dir()}
    assert folders == {*MACHINES, "whatsminer_v3"}
    assert "whatsminer_3" in FACES


@pytest.mark.parametrize("folder", MACHINES)
def test_each_recorded_machine_is_recognised_as_what_it_is(folder: str, web: Web) -> None:
    device, row, model = MACHINES[folder]
    with device() as endpoint:
        found = identify(endpoint, web)
    family = family_of(found.firmware, found.model, found.firmware_version)
    assert (family.key, found.model) == (row, model)
    if row in ("unknown", "avalon", "auradine", "sealminer", "epic", "bitaxe"):
        assert not found.capabilities.controllable
        assert not offered(family.driver(web))
