"""How machines on Braiins OS are found: by a sign of theirs, before a password is shown to them."""

import asyncio
from collections.abc import Iterator

import pytest
from canned_miner import INVALID_COMMAND, MAKERS, CannedMiner
from faces import faced
from recorded_braiins import RecordedBraiins, recorded_braiins

from netstab.devices.braiins.readings import SCALES
from netstab.devices.families import driver_for, identify
from netstab.devices.port import Activity, Firmware
from netstab.devices.web import Web
from netstab.errors import NotAMiner
from netstab.power.unit import Capabilities
from netstab.simulation.faces.braiins import BRAIINS_OLD
from netstab.simulation.faces.face import HttpRequest, WebAnswer
from netstab.simulation.faces.machine import Port

PASSWORD = "a secret of the site"


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web({"BRAIINS_PASSWORD": PASSWORD})
    yield web
    web.close()


class OverHttp(RecordedBraiins):
    """One whose API port is closed."""

    @property
    def ports(self) -> frozenset[Port]:
        return frozenset({Port.WEB})


def shown(face: RecordedBraiins) -> list[HttpRequest]:
    """The requests that showed the password."""
    return [asked for asked in face.asked if PASSWORD in asked.body or PASSWORD in repr(asked.headers)]


@pytest.mark.parametrize(
    ("folder", "model", "version", "setting"),
    [
        ("braiins_25_11", "Antminer S19 XP", "2025-11-21-0-eb658dcd-25.11-plus", 3031),
        ("braiins_26_04", "Antminer S21 Pro", "2026-04-14-0-912d084c-26.04-plus", 3500),
    ],
)
def test_a_recorded_machine_is_what_it_is_whatever_number_its_interface_has(
    folder: str, model: str, version: str, setting: int, web: Web
) -> None:
    with recorded_braiins(folder) as (endpoint, face):
        found = identify(endpoint, web)
        reading = asyncio.run(driver_for(found.firmware, found.model, version, web).poll(endpoint))
    assert (found.firmware, found.model, found.firmware_version) == (Firmware.BRAIINS, model, version)
    assert (found.setting, found.provisional) == (setting, False)
    assert found.capabilities.range is not None
    assert (found.capabilities.range.lowest, found.capabilities.range.highest) == (1000.0, 3500.0)
    assert reading.activity is Activity.HASHING
    assert (reading.self_tuning == SCALES) is (folder == "braiins_25_11")
    assert len(shown(face)) == 1
    assert all(asked.method == "GET" or asked.path.endswith("/auth/login") for asked in face.asked)


def test_older_firmware_is_of_the_family_and_not_controlled_and_looked_at_again(web: Web) -> None:
    with recorded_braiins("braiins_24_09_graphql") as (endpoint, _):
        found = identify(endpoint, web)
    assert (found.firmware, found.model, found.provisional) == (Firmware.BRAIINS, "BOSer", True)
    assert found.firmware_version == "2024-10-17-0-75912fc7-24.09-plus"
    assert found.capabilities == Capabilities()


def test_older_firmware_that_names_its_model_is_known_by_that_and_else_by_its_software(web: Web) -> None:
    with faced(BRAIINS_OLD, "") as face:
        found = identify(face.endpoint, web)
    assert (found.model, found.capabilities) == ("Antminer S21 Pro", Capabilities())
    with recorded_braiins("braiins_24_09_graphql") as (endpoint, face):
        face.pages["/graphql"] = WebAnswer(b"", "403 Forbidden")
        found = identify(endpoint, web)
    assert (found.model, found.firmware_version) == ("BOSer", "boser-buildroot 0.1.0-75912fc7")


REFUSED = {"auth/login": WebAnswer(b"", "401 Unauthorized")}
BROKEN = {"miner/details": WebAnswer(b"<html>")}


@pytest.mark.parametrize("pages", [REFUSED, BROKEN], ids=["locked", "broken"])
def test_one_that_is_locked_or_tells_nothing_is_of_the_family_and_not_controlled(
    pages: dict[str, WebAnswer], web: Web
) -> None:
    with recorded_braiins("braiins_26_04") as (endpoint, face):
        face.pages |= pages
        found = identify(endpoint, web)
    assert (found.firmware, found.provisional) == (Firmware.BRAIINS, True)
    assert found.capabilities == Capabilities()
    assert len(shown(face)) == 1


def test_what_has_other_software_is_shown_no_password_and_asked_nothing(web: Web) -> None:
    class Stranger(RecordedBraiins):
        def api(self, request: bytes) -> bytes | None:
            return (MAKERS / "luxos_2025" / "version.json").read_bytes() + b"\0"

    with recorded_braiins("braiins_26_04", Stranger) as (endpoint, face):
        identify(endpoint, web)
    assert shown(face) == []
    assert not [asked for asked in face.asked if "auth" in asked.path]


NUMBER = WebAnswer(b'{"major":1,"minor":3,"patch":0}')
PAGE = WebAnswer(b"<html><title>Braiins OS</title></html>", content_type="text/html")


@pytest.mark.parametrize("pages", [{"version": NUMBER}, {"": PAGE}], ids=["number", "page"])
def test_one_with_a_closed_api_port_is_known_by_what_it_tells_anybody(
    pages: dict[str, WebAnswer], web: Web
) -> None:
    with recorded_braiins("braiins_26_04", OverHttp) as (endpoint, face):
        face.pages |= pages
        found = identify(endpoint, web)
    assert (found.firmware, found.model) == (Firmware.BRAIINS, "Antminer S21 Pro")


SILENT_ON_ITSELF = WebAnswer(b"<html>a router</html>", content_type="text/html")
ODD_NUMBERS = [
    b'{"major":"1","minor":3,"patch":0}',
    b'{"major":1}',
    b"[]",
    b'{"major":1,"minor":3,"patch":0,"x":1}',
]


@pytest.mark.parametrize("body", ODD_NUMBERS)
def test_one_with_a_closed_api_port_that_says_nothing_of_itself_is_shown_no_password(
    body: bytes, web: Web
) -> None:
    with recorded_braiins("braiins_26_04", OverHttp) as (endpoint, face):
        face.pages |= {"version": WebAnswer(body), "": SILENT_ON_ITSELF}
        with pytest.raises(NotAMiner):
            identify(endpoint, web)
    assert shown(face) == []


def test_a_miner_that_says_nothing_of_its_software_is_none_of_the_family(web: Web) -> None:
    with CannedMiner(api={b"version": INVALID_COMMAND, b"summary": INVALID_COMMAND}) as miner:
        found = identify(miner.endpoint, web)
    assert found.firmware is not Firmware.BRAIINS
    assert all(asked.method == "GET" for asked in miner.asked)
