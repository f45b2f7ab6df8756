"""The matrix of the README says of each firmware what the product can do with it, and how that is known.

What is read is held against recorded answers of real devices; what changes a device is held by the contract
of families, which judges it by the device's physics.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from antminer_pages import CONFIGURATION, SYSTEM, AntminerPages, antminer
from canned_miner import (
    BITAXE_PAGES,
    CannedMiner,
    Page,
    VnishPages,
    fixture,
    hang,
    recorded,
    recorded_rest,
    system_info,
)
from faces import FACES, faced
from patience import be_impatient, be_patient
from recorded_braiins import recorded_braiins

from netstab.devices.families import FAMILIES, driver_for, identify
from netstab.devices.port import Endpoint, Firmware, Readable, Reading, Switchable, Tunable
from netstab.devices.web import Web
from netstab.errors import DeviceError, MalformedAnswer, NotAMiner, PortClosed, TimedOut, Unauthorized
from netstab.simulation.faces.vnish import VNISH_1_2
from netstab.units import MinerId
from netstab.wire.login import Digest

ROOT = Path(__file__).parents[3]
HEADING = (
    "| firmware | found and named | hash rate | temperature | power | on and off | power set "
    "| owner's tuning put back | silent, gone, no miner, locked told apart |"
)
S9 = "Antminer S9, S9i, S9j"

Device = Callable[[], AbstractContextManager[Endpoint]]


@contextmanager
def vnish() -> Iterator[Endpoint]:
    pages = VnishPages(fixture("vnish386_s9_get_miner_conf.json"))
    pages["/cgi-bin/get_system_info.cgi"] = system_info("Antminer S9 (vnish 3.8.6)")
    names = {"stats": "vnish386_s9_stats.raw.txt", "version": "vnish386_s9_version.json"}
    with CannedMiner(pages, {name.encode(): fixture(file) + b"\0" for name, file in names.items()}) as miner:
        yield miner.endpoint


@contextmanager
def stock() -> Iterator[Endpoint]:
    pages: dict[str, Page] = {
        "/cgi-bin/get_miner_conf.cgi": fixture("stock_s9_get_miner_conf_a.json"),
        "/cgi-bin/get_system_info.cgi": system_info("Antminer S9"),
    }
    names = {"stats": "stock_s9_v1358_stats.raw.txt", "version": "stock_s9_v1358_version.json"}
    with CannedMiner(pages, {name.encode(): fixture(file) + b"\0" for name, file in names.items()}) as miner:
        yield miner.endpoint


def machine(folder: str) -> Device:
    @contextmanager
    def device() -> Iterator[Endpoint]:
        with CannedMiner(api=recorded(folder)) as miner:
            yield miner.endpoint

    return device


def simulated(key: str) -> Device:
    """Return what brings up the face of a family; its figures are the recorded ones' kin."""

    @contextmanager
    def device() -> Iterator[Endpoint]:
        with FACES[key]() as face:
            FRAMED[face.endpoint] = face.framed_port
            yield face.endpoint

    return device


def braiins(folder: str) -> Device:
    @contextmanager
    def device() -> Iterator[Endpoint]:
        with recorded_braiins(folder) as (endpoint, _):
            yield endpoint

    return device


FRAMED: dict[Endpoint, int] = {}
"""The third port of those that have one."""


@contextmanager
def vnish_rest() -> Iterator[Endpoint]:
    pages = recorded_rest("vnish_1_2_7_s21pro/web", "/api/v1/")
    with CannedMiner(pages, recorded("vnish_1_2_7_s21pro/rpc"), password="") as miner:
        yield miner.endpoint


@contextmanager
def tuned_vnish() -> Iterator[Endpoint]:
    with faced(VNISH_1_2, "Antminer S21 Pro") as face:
        yield face.endpoint


@contextmanager
def later_stock(*lacks: str) -> Iterator[Endpoint]:
    stored = {name: value for name, value in CONFIGURATION.items() if name not in lacks}
    pages = AntminerPages(stored)
    pages["/cgi-bin/get_system_info.cgi"] = SYSTEM.replace(b"Antminer S21", b"Antminer S19 Pro")
    with antminer(pages) as miner:
        yield miner.endpoint


@contextmanager
def epic() -> Iterator[Endpoint]:
    with CannedMiner(recorded_rest("epic_umc", "/"), password="", web_at_api_port=True) as miner:
        yield miner.endpoint


@contextmanager
def bitaxe() -> Iterator[Endpoint]:
    with CannedMiner(BITAXE_PAGES, password="") as miner:
        yield miner.endpoint


@contextmanager
def site() -> Iterator[Endpoint]:
    with FACES[Firmware.NETSTAB]() as face:
        yield face.endpoint


DEVICES: dict[str, Device] = {
    f"Vnish 3.x on {S9}": vnish,
    f"Bitmain's own on {S9}": stock,
    "Net Stabilization as a site": site,
    "Bitmain's own on S17 to S23, with sleep": later_stock,
    "Bitmain's own on S17 to S23, before sleep": lambda: later_stock("bitmain-work-mode"),
    "Vnish 1.2.7 on S21 Pro": vnish_rest,
    "Vnish 1.2 with tuned presets": tuned_vnish,
    "Vnish 1.3 (AnthillOS)": simulated("vnish_rest"),
    "LuxOS of 2025 on S19k Pro": machine("luxos_2025"),
    "Braiins OS 25.11 on S19 XP": braiins("braiins_25_11"),
    "Braiins OS 26.04 on S21 Pro": braiins("braiins_26_04"),
    "Braiins OS 24.09 (GraphQL)": braiins("braiins_24_09_graphql"),
    "btminer API 1 on Whatsminer": machine("whatsminer_v1"),
    "API 2 on Whatsminer M30 and newer": simulated("whatsminer_2"),
    "API 3 on Whatsminer M30 and newer": simulated("whatsminer_3"),
    "Avalon Q": machine("avalon"),
    "Auradine": machine("auradine"),
    "SealMiner": machine("sealminer"),
    "ePIC": epic,
    "Bitaxe": bitaxe,
}


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web(login=Digest("root", "root"))
    yield web
    web.close()


@pytest.fixture(params=DEVICES)
def row(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def documented() -> dict[str, list[str]]:
    """Return the cells of the README by firmware."""
    _, found, rest = (ROOT / "README.md").read_text().partition(HEADING + "\n")
    assert found
    lines = rest.partition("\n\n")[0].splitlines()[1:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {cells[0]: cells[1:] for cells in rows}


def test_each_cell_of_the_matrix_is_what_comes_of_it(
    row: str, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_patient(monkeypatch)
    assert documented().get(row) == [*cells(row, web), "works"]  # the last by the test below


def cells(row: str, web: Web) -> list[str]:
    """Try everything with one device; gives what the matrix has to say of it."""
    with DEVICES[row]() as endpoint:
        web.whatsminer_api_port = FRAMED.get(endpoint, web.whatsminer_api_port)
        found = identify(endpoint, web)
        driver = driver_for(found.firmware, found.model, found.firmware_version, web)
        reading = read(driver, endpoint)
    proof = "works" if found.firmware is Firmware.NETSTAB else "simulated"
    switchable = isinstance(driver, Switchable) and found.capabilities.switchable
    tunable = isinstance(driver, Tunable) and found.capabilities.tunable
    return [
        "works" if found.model else "no",
        *(shown(reading, found.firmware) if reading else ("no", "no", "no")),
        proof if switchable else "no",
        proof if tunable else "no",
        proof if tunable and found.capabilities.restarts_on_change else "-",
    ]


def read(driver: Readable, endpoint: Endpoint) -> Reading | None:
    try:
        return asyncio.run(driver.poll(endpoint))
    except DeviceError:
        return None


def shown(reading: Reading, firmware: Firmware) -> tuple[str, str, str]:
    """Say whether hash rate, temperature and power are shown; partly: by what such a model draws."""
    own = firmware is not Firmware.STOCK
    power = "no" if reading.uncertain or not reading.power else "works" if own else "partly"
    return "works" if reading.hashrate else "no", "works" if reading.temperature else "no", power


@pytest.mark.parametrize("key", FAMILIES)
def test_who_is_silent_is_told_from_who_is_gone_who_talks_nonsense_and_who_is_locked(
    key: str, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_impatient(monkeypatch)
    assert trouble(key, web, CannedMiner(api={b"hang": b""}, before_auth=hang)) is TimedOut
    be_patient(monkeypatch)
    assert gone(key, web) is PortClosed
    assert trouble(key, web, nonsense(key)) in (NotAMiner, MalformedAnswer)
    if FAMILIES[key].login is Digest:  # how others are locked, their own tests say
        assert trouble(key, web, CannedMiner(password="else")) is Unauthorized


def nonsense(key: str) -> CannedMiner:
    words = b"SSH-2.0-dropbear\r\n"
    names = (b"stats", b"version", b"summary", b"pools", b"config", b"status", b"get")
    return CannedMiner({}, dict.fromkeys(names, words), realm="x", web_at_api_port=key == "epic")


def trouble(key: str, web: Web, miner: CannedMiner) -> type[DeviceError] | None:
    with miner:
        return error(key, web, miner.endpoint)


def gone(key: str, web: Web) -> type[DeviceError] | None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return error(key, web, Endpoint(MinerId("127.0.0.1"), port, port))


def error(key: str, web: Web, endpoint: Endpoint) -> type[DeviceError] | None:
    """Ask a device for its state, at the same port whichever it is that a family asks there."""
    web.whatsminer_api_port = endpoint.api_port
    try:
        FAMILIES[key].driver(web).probe(endpoint)
    except DeviceError as failed:
        return type(failed)
    return None


def test_the_matrix_has_a_row_for_each_device_that_is_tried_and_one_for_all_others() -> None:
    rows = documented()
    assert FACES.keys() >= FAMILIES.keys(), "what changes a device is held by the contract of families"
    assert rows.pop("any other") == ["partly", *["not known"] * 3, "no", "no", "-", "works"]
    behind = rows.pop("any, behind Awesome Miner")  # held by the tests of that folder
    assert behind == ["partly", "simulated", "no", "no", "simulated", "no", "-", "simulated"]
    assert list(rows) == list(DEVICES)
