"""Makers whose machines are read and never controlled, by recorded answers of theirs."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from canned_miner import BITAXE_PAGES, MAKERS, CannedMiner, recorded, recorded_rest
from hypothesis import given, settings
from hypothesis import strategies as st

from netstab.devices.antminer.loose_json import parse
from netstab.devices.families import driver_for, family_of, identify
from netstab.devices.figures import MOST_HASHRATE, MOST_POWER
from netstab.devices.offers import offered
from netstab.devices.others import auradine, avalon, bitaxe, epic, sealminer
from netstab.devices.port import Activity, Firmware, Reading
from netstab.devices.web import Web
from netstab.errors import DeviceError, NotAMiner
from netstab.units import Seconds

AWAKE = (MAKERS / "avalon/avalon_a_stats.json").read_bytes()  # of a 1246
ASLEEP = (MAKERS / "avalon/stats.json").read_bytes()  # of a Q


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    yield web
    web.close()


def page(name: str) -> bytes:
    return (MAKERS / name).read_bytes()


@dataclass
class Known:
    """A recorded machine, and what is to be found of it; `fan` is one of its fans in rpm."""

    device: Callable[[], CannedMiner]
    row: str
    model: str
    version: str
    mac: str
    activity: Activity
    power: float
    hashrate: float


MACHINES = {
    "Avalon Q, asleep": Known(
        lambda: CannedMiner(api=recorded("avalon"), realm="none of ours"),
        "avalon",
        "Avalon Q",
        "Canaan 25052801_14a19a2",
        "02:00:00:00:00:09",
        Activity.STOPPED,
        146.0,
        0.0,
    ),
    "Avalon 1246, awake": Known(
        lambda: CannedMiner(api={**recorded("avalon"), b"stats": AWAKE}, realm="none of ours"),
        "avalon",
        "Avalon Q",
        "Canaan 25052801_14a19a2",
        "02:00:00:00:00:09",
        Activity.HASHING,
        3504.0,
        81_072.68,
    ),
    "Auradine": Known(
        lambda: CannedMiner(api=recorded("auradine"), realm="none of ours"),
        "auradine",
        "Auradine AT1500",
        "FluxOS 2023-12.27",
        "02:00:00:00:00:0a",
        Activity.HASHING,
        0.0,
        20_599.767,
    ),
    "SealMiner A2": Known(
        lambda: CannedMiner(api=recorded("sealminer"), realm="none of ours"),
        "sealminer",
        "SealMiner A2",
        "bdminer 4.11.1",
        "02:00:00:00:00:0c",
        Activity.HASHING,
        3504.0,
        220_407.637,
    ),
    "ePIC": Known(
        lambda: CannedMiner(recorded_rest("epic_umc", "/"), web_at_api_port=True, password=""),
        "epic",
        "ePIC AntMiner S19 XP",
        "ePIC PowerPlay-BMS v1.5.13",
        "02:00:00:00:00:0b",
        Activity.HASHING,
        2166.6174,
        99_365.848,
    ),
    "Bitaxe": Known(
        lambda: CannedMiner(BITAXE_PAGES, password=""),
        "bitaxe",
        "Bitaxe 401 (BM1368)",
        "AxeOS v2.4.5-3-gb5d1e36-dirty",
        "02:00:00:00:00:09",
        Activity.HASHING,
        2.65,
        1000.0,
    ),
}


@pytest.mark.parametrize("known", MACHINES.values(), ids=list(MACHINES))
def test_each_is_known_by_name_and_read_as_far_as_it_tells(known: Known, web: Web) -> None:
    with known.device() as machine:
        found = identify(machine.endpoint, web)
        family = family_of(found.firmware, found.model, found.firmware_version)
        driver = family.driver(web)
        reading = asyncio.run(driver.poll(machine.endpoint))
        details = driver.details(machine.endpoint)
    assert (found.model, found.firmware_version, found.mac) == (known.model, known.version, known.mac)
    assert (found.firmware, found.capabilities.controllable, family.key) == (
        Firmware.UNKNOWN,
        False,
        known.row,
    )
    assert not offered(driver)
    assert reading.activity is known.activity
    assert (reading.power, reading.hashrate) == pytest.approx((known.power, known.hashrate), rel=1e-4)
    assert bool(reading.uncertain) is (known.power == 0)
    assert details.reading.activity is known.activity
    assert all(asked.method == "GET" for asked in machine.asked)


def test_a_machine_of_which_the_maker_is_not_known_is_of_no_family_of_these(web: Web) -> None:
    with CannedMiner(api=recorded("braiins_24_09_graphql"), realm="none of ours") as machine:
        found = identify(machine.endpoint, web)
    assert driver_for(Firmware.UNKNOWN, "BOSer", "", web) is not None
    assert family_of(Firmware.UNKNOWN, found.model, "4.11.1").key == "unknown"


# Avalon


def module(**fields: str) -> bytes:
    text = " ".join(f"{name}[{value}]" for name, value in fields.items())
    return b'"MM ID0":"%s"' % text.encode()


def test_a_sleeping_avalon_draws_what_its_supply_takes_in_and_not_its_voltage() -> None:
    found = avalon.reading(ASLEEP)
    assert (found.activity, found.power, found.hashrate, found.uncertain) == (
        Activity.STOPPED,
        146.0,
        0.0,
        "",
    )


def test_newer_builds_tell_what_is_drawn_at_the_wall() -> None:
    told = module(SYSTEMSTATU="Work: In Work", PS="0 1 2 3 4 5 3000", WALLPOWER="3210", GHSspd="90000")
    assert avalon.reading(told).power == 3210.0


def test_modules_under_one_key_are_summed_up() -> None:
    one = module(
        SYSTEMSTATU="Work: In Work, Hash Board: 3", PS="0 1 2 3 4 5 1000", GHSspd="40000", Fan1="3000"
    )
    found = avalon.reading(b"{" + one + b"," + one + b"}\0")
    assert (found.power, found.hashrate, found.fans) == (2000.0, 80_000.0, (3000, 3000))


def test_an_avalon_that_works_and_has_no_rate_yet_is_starting() -> None:
    found = avalon.reading(module(SYSTEMSTATU="Work: In Work", PS="0 1 2 3 4 5 900", GHSspd="0.00"))
    assert (found.activity, found.power) == (Activity.STARTING, 900.0)


@pytest.mark.parametrize("power", ["PS[]", "PS[0 1 2]", "PS[0 1 2 3 4 5 x]", "PS[0 1 2 3 4 5 99999]", ""])
def test_an_avalon_with_a_broken_figure_of_its_power_gives_none(power: str) -> None:
    found = avalon.reading(b'"MM ID0":"SYSTEMSTATU[Work: In Work] GHSspd[1000] %s"' % power.encode())
    assert (found.power, bool(found.uncertain)) == (0.0, True)


def test_what_has_no_state_of_an_avalon_is_none() -> None:
    with pytest.raises(NotAMiner):
        avalon.reading(page("sealminer/stats.json"))


# Auradine


def test_an_auradine_tells_its_power_at_a_port_of_its_own(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        CannedMiner({"/psu": page("auradine/psu.json")}, password="") as supply,
        CannedMiner(api=recorded("auradine"), realm="none of ours") as machine,
    ):
        monkeypatch.setattr(auradine, "CONTROL_PORT", supply.endpoint.http_port)
        reading = auradine.AuradineDriver(web).probe(machine.endpoint)
    assert (reading.power, reading.uncertain) == (58.94, "")


@pytest.mark.parametrize(
    "told", [{}, {"PSU": []}, {"PSU": [3]}, {"PSU": [{"PowerIn": "much"}]}, {"PSU": [{}]}]
)
def test_an_auradine_that_tells_no_power_has_none(told: dict[str, object]) -> None:
    assert auradine.input_power(told) is None


# ePIC, SealMiner, Bitaxe


def summary(**changes: Any) -> dict[str, Any]:
    return json.loads(page("epic_umc/summary.json")) | changes  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("state", "activity"),
    [("Mining", Activity.HASHING), ("Idling", Activity.STOPPED), ("Initializing", Activity.STARTING)],
)
def test_a_board_of_epic_says_what_it_does(state: str, activity: Activity) -> None:
    found = epic.reading(summary(Status={"Operating State": state}))
    assert found.activity is activity
    assert bool(found.hashrate) is (activity is Activity.HASHING)


def test_a_sealminer_that_does_not_run_is_stopped() -> None:
    told = page("sealminer/stats.json").replace(b'"Running"', b'"Suspend"')
    told = told.replace(b'"MHS(30s)": 220407636.771225', b'"MHS(30s)": 0.0')
    assert sealminer.reading(told).activity is Activity.STOPPED


def test_a_bitaxe_whose_figures_have_other_types_is_read_all_the_same() -> None:
    told = json.loads(page("bitaxe/system_info.json")) | {
        "power": "14.5",
        "hashRate": "512.5",
        "fanrpm": None,
    }
    found = bitaxe.reading(told)
    assert (found.power, found.hashrate, found.fans) == (14.5, 512.5, ())


def test_a_bitaxe_is_asked_no_more_than_once_in_a_second(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bitaxe, "_APART", Seconds(3600.0))  # however long this host stands still
    with CannedMiner(BITAXE_PAGES, password="") as machine:
        driver = bitaxe.BitaxeDriver(web)
        found = driver.identify(machine.endpoint)
        assert driver.probe(machine.endpoint) == driver.details(machine.endpoint).reading
        assert driver.identify(machine.endpoint) == found
        assert len(machine.asked) == 1
        web.tokens.forget(machine.endpoint, bitaxe.MAKER)  # its second is over
        driver.probe(machine.endpoint)
        assert len(machine.asked) == 2


READERS: dict[str, Callable[[bytes], Reading]] = {
    "avalon/stats.json": avalon.reading,
    "avalon/avalon_a_stats.json": avalon.reading,
    "sealminer/stats.json": sealminer.reading,
    "epic_umc/summary.json": lambda answer: epic.reading(parse(answer)),
    "bitaxe/system_info.json": lambda answer: bitaxe.reading(parse(answer)),
}


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    name = draw(st.sampled_from(list(READERS)))
    answer = page(name)
    start, length = draw(st.integers(0, len(answer))), draw(st.integers(0, 60))
    signs = [b"null", b"[", b"]" * 9, b"{", b"1e999", b"nan", b'"', b"PS[", b"SYSTEMSTATU[", b"A[" * 50]
    put = draw(st.binary(max_size=6) | st.sampled_from(signs))
    return name, answer[:start] + put + answer[start + length :]


@settings(max_examples=300)
@given(mutated())
def test_no_mutated_answer_crashes_or_hangs_and_its_figures_stay_within_bounds(
    case: tuple[str, bytes],
) -> None:
    name, answer = case
    began = time.process_time()
    with suppress(DeviceError):
        found = READERS[name](answer)
        assert 0 <= found.power <= MOST_POWER
        assert 0 <= found.hashrate <= 16 * MOST_HASHRATE
    assert time.process_time() - began < 1.0
