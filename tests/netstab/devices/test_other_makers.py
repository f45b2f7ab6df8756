"""Recorded answers of other makers' miners: known by name, read as far as they go, never controlled."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from canned_miner import MAKERS, CannedMiner, Page, recorded
from hypothesis import given, settings
from hypothesis import strategies as st

from netstab.devices.antminer import api_protocol, cgi, configuration, identity
from netstab.devices.antminer.loose_json import parse
from netstab.devices.families import driver_for, identify
from netstab.devices.models import model_named
from netstab.devices.port import Activity, Firmware, Identity
from netstab.devices.web import Web
from netstab.errors import DeviceError
from netstab.wire.login import Digest

RECORDED = sorted(path.relative_to(MAKERS).as_posix() for path in MAKERS.rglob("*.json"))
SYSTEM_INFO = "/cgi-bin/get_system_info.cgi"
CONFIGURATION = "/cgi-bin/get_miner_conf.cgi"


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web(login=Digest("root", "root"))
    yield web
    web.close()


NAMES = {
    "antminer_stock_s19": "Antminer S19 Pro",
    "auradine": "Auradine AT1500",
    "avalon": "Avalon Q",
    "braiins_24_09_graphql": "BOSer",
    "sealminer": "SealMiner A2",
    "vnish_1_2_7_s21pro/rpc": "Antminer S21 Pro",
    "whatsminer_v1": "Whatsminer",
    "whatsminer_v2": "Whatsminer",
}


@pytest.mark.parametrize(("folder", "name"), NAMES.items())
def test_a_machine_of_another_maker_is_known_by_the_name_it_gives_and_not_controllable(
    folder: str, name: str, web: Web
) -> None:
    with CannedMiner(api=recorded(folder)) as miner:
        found = identify(miner.endpoint, web)
    assert (found.model, found.capabilities.controllable) == (name, False)
    assert not model_named(found.model).known


HASHING = {  # GH/s and W as the machine gives them; 0 W: it gives none
    "antminer_stock_s19": (110_566, 0),
    "vnish_1_2_7_s21pro/rpc": (173_871, 3 * 861),
    "whatsminer_v2": (124_500, 3200),
}


@pytest.mark.parametrize(("folder", "figures"), HASHING.items())
def test_a_hashing_machine_of_another_maker_shows_its_own_figures(
    folder: str, figures: tuple[int, ...], web: Web
) -> None:
    with CannedMiner(api=recorded(folder)) as miner:
        driver = driver_for(Firmware.UNKNOWN, NAMES[folder], "", web)
        reading = asyncio.run(driver.poll(miner.endpoint))
    rate, power = figures
    assert reading.activity is Activity.HASHING
    assert reading.hashrate == pytest.approx(rate, rel=0.002)
    assert float(reading.power) == power
    assert bool(reading.uncertain) is not bool(power)


def identities(answer: bytes) -> list[Identity]:
    """Everything that identification could make of one answer, wherever it came from."""
    found = []
    with suppress(DeviceError):
        found.append(identity.api_identity(api_protocol.parse_version(answer)))
    with suppress(DeviceError):
        found.append(identity.api_identity({"Type": api_protocol.parse_type(answer)}))
    with suppress(DeviceError):
        found.append(identity.api_identity(api_protocol.parse_btminer(answer)))
    with suppress(DeviceError):
        system = cgi.parse_system_info(answer)
        found.append(identity.web_identity(system, {}, identity.firmware_of(str(system["minertype"]), {})))
    with suppress(DeviceError):
        conf = configuration.parse_configuration(answer)
        found.append(identity.web_identity({}, conf, identity.firmware_of("", conf)))
    return found


@pytest.mark.parametrize("name", RECORDED)
def test_no_recorded_answer_makes_anything_controllable(name: str) -> None:
    answer = (MAKERS / name).read_bytes()
    assert not any(found.capabilities.controllable for found in identities(answer))
    with suppress(DeviceError):
        reading = api_protocol.parse_stats(answer)
        assert reading.power <= 12_000


def test_a_foreign_configuration_and_system_page_together_make_nothing_controllable(web: Web) -> None:
    pages: dict[str, Page] = {
        SYSTEM_INFO: (MAKERS / "antminer_stock_s19/system_info.json").read_bytes(),
        CONFIGURATION: json.dumps({"bitmain-voltage": "880", "bitmain-autodownscale-step": "2"}).encode(),
    }
    with CannedMiner(pages, recorded("antminer_stock_s19")) as miner:
        found = identify(miner.endpoint, web)
    assert (found.model, found.firmware, found.capabilities.controllable) == (
        "Antminer S21",
        Firmware.VNISH,
        False,
    )


def test_an_s19_with_a_web_server_of_its_own_kind_is_read_and_not_controlled(web: Web) -> None:
    pages: dict[str, Page] = {SYSTEM_INFO: (MAKERS / "antminer_stock_s19/system_info.json").read_bytes()}
    with CannedMiner(pages, recorded("antminer_stock_s19")) as miner:
        found = identify(miner.endpoint, web)
        reading = asyncio.run(
            driver_for(found.firmware, found.model, found.firmware_version, web).poll(miner.endpoint)
        )
    assert (found.model, found.capabilities.controllable, reading.activity) == (
        "Antminer S21",
        False,
        Activity.HASHING,
    )
    assert (found.mac, found.hostname) == ("02:00:00:00:00:01", "Antminer")


def mutations(answer: bytes) -> st.SearchStrategy[bytes]:
    """Bytes replaced, cut out, cut off or put in: the signs that identification looks for."""
    signs = [b"null", b"[]", b"{}", b"1e999", b"Antminer", b"S9", b'"', b"\\", b"\\ud800", b"4.11.1"]
    return st.builds(
        lambda start, length, inserted: answer[:start] + inserted + answer[start + length :],
        st.integers(0, len(answer)),
        st.integers(0, 40) | st.just(len(answer)),
        st.binary(max_size=6) | st.sampled_from(signs),
    )


@settings(max_examples=400)
@given(st.sampled_from(RECORDED).flatmap(lambda name: mutations((MAKERS / name).read_bytes())))
def test_no_mutated_answer_of_another_maker_crashes_hangs_or_becomes_controllable(answer: bytes) -> None:
    began = time.process_time()
    assert not any(found.capabilities.controllable for found in identities(answer))
    with suppress(DeviceError):
        parse(answer)
    with suppress(DeviceError):
        api_protocol.parse_stats(answer)
    with suppress(DeviceError):
        cgi.status_reading(cgi.parse_miner_status(answer), "Antminer S19")
    assert time.process_time() - began < 1.0
