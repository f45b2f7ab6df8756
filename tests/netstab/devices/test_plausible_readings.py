"""What a reading counts and what it does not: lies, boards without a rate, dead boards, no hash."""

import asyncio
import json
from typing import Any

import pytest
from canned_miner import CannedMiner, fixture, hang, system_info
from hypothesis import given
from hypothesis import strategies as st

from netstab.devices.antminer import api_protocol, cgi
from netstab.devices.antminer.loose_json import parse
from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.devices.families import driver_for
from netstab.devices.port import Activity, Firmware, Reading
from netstab.devices.web import Web
from netstab.wire.login import Digest

VNISH: dict[str, Any] = parse(fixture("vnish386_s9_stats.raw.txt"))
POOLS: dict[str, Any] = parse(fixture("vnish386_s9_pools.json"))
IDLE = ANTMINER_S9.idle_power


def answer(**figures: object) -> bytes:
    """The recorded answer to `stats` with some figures replaced; GHS_5s stands for the total."""
    named, machine = VNISH["STATS"]
    changed = {name.replace("GHS_5s", "GHS 5s"): value for name, value in figures.items()}
    return json.dumps({**VNISH, "STATS": [named, {**machine, **changed}]}).encode()


def read(**figures: object) -> Reading:
    return api_protocol.parse_stats(answer(**figures))


def chains(prefix: str, value: object, places: range | tuple[int, ...] = (6, 7, 8)) -> dict[str, object]:
    return {f"{prefix}{place}": value for place in places}


def test_sixteen_boards_of_a_kilowatt_are_an_s9_and_named() -> None:
    every = range(1, 17)
    reading = read(
        **chains("chain_acn", 63, every),
        **chains("chain_rate", "4300", every),
        **chains("chain_consumption", 1000, every),
    )
    assert reading.power == pytest.approx(1280, abs=5)
    assert [board.position for board in reading.boards] == [6, 7, 8]
    assert "16 boards of 3" in reading.implausible
    assert "1000 W, more than 900" in reading.implausible


def test_a_rate_beyond_the_model_is_not_counted_and_named() -> None:
    reading = read(chain_rate6="90000")
    assert reading.hashrate == pytest.approx(4298.32 + 4232.67)
    assert "90000 GH/s, more than 9000" in reading.implausible
    reading = read(**chains("chain_rate", ""), GHS_5s="999999")
    assert (reading.hashrate, reading.activity) == (0.0, Activity.STARTING)
    assert "999999 GH/s" in reading.implausible


def test_a_plausible_reading_names_nothing() -> None:
    assert read().implausible == read().uncertain == ""


no_figures: st.SearchStrategy[Any] = st.sampled_from(["", "nan", "1e300", "-1", None, [], {}])
figures = st.floats() | st.integers(-(10**9), 10**9) | no_figures
of_a_board = ("chain_rate", "chain_acn", "chain_consumption", "freq_avg")
names = [f"{name}{place}" for name in of_a_board for place in range(1, 17)]


@given(st.dictionaries(st.sampled_from([*names, "frequency", "GHS_5s", "Elapsed"]), figures))
def test_whatever_an_s9_says_of_itself_it_is_read_within_what_an_s9_can_be(lies: dict[str, Any]) -> None:
    reading = read(**lies)
    assert IDLE <= reading.power <= ANTMINER_S9.most_power
    assert 0 <= reading.hashrate <= ANTMINER_S9.most_hashrate
    assert len(reading.boards) in (0, 3)


def test_boards_without_a_rate_share_the_total() -> None:
    reading = read(**chains("chain_rate", ""))
    assert (reading.activity, reading.power) == (Activity.HASHING, 3.0 * 495.0)
    assert reading.hashrate == pytest.approx(12_795.48)
    assert [round(board.hashrate) for board in reading.boards] == [4265] * 3


def test_a_miner_with_two_dead_boards_has_three_boards_and_two_of_them_dead() -> None:
    reading = read(**{**chains("chain_acn", 0, (7, 8)), **chains("chain_rate", "", (7, 8))})
    assert [(board.position, board.chips_ok, board.chips_total) for board in reading.boards] == [
        (6, 63, 63), (7, 0, 63), (8, 0, 63)]  # fmt: skip
    assert reading.power == 495.0
    status = cgi.parse_miner_status(fixture("vnish39_script_get_miner_status_mining.derived.json"))
    for chain in status["devs"][1:]:
        chain.update(chain_acn="null", rate="")
    assert [board.chips_ok for board in cgi.status_reading(status, "Antminer S9").boards] == [63, 0, 0]


def test_before_the_first_board_is_found_none_is_called_dead() -> None:
    assert read(**chains("chain_acn", 0), GHS_5s="").boards == ()


def test_the_boards_and_the_machines_frequency_are_two_things() -> None:
    status = cgi.parse_miner_status(fixture("vnish39_script_get_miner_status_mining.derived.json"))
    assert cgi.status_reading(status, "Antminer S9").setting == 600
    status["devs"][0].update(freq="550", freqavg="549")
    status["devs"][1].update(freqavg="")
    reading = cgi.status_reading(status, "Antminer S9")
    assert reading.setting is None
    assert [board.frequency for board in reading.boards] == [549, 600, 600]


# No hash is not no power


def halted(pools: bytes | None = None, **figures: object) -> Reading:
    api = {b"stats": answer(GHS_5s="0.00", **figures) + b"\0"}
    if pools is not None:
        api[b"pools"] = pools + b"\0"
    web = Web(login=Digest("root", "root"))
    with CannedMiner(api=api) as miner:
        return asyncio.run(driver_for(Firmware.VNISH, "Antminer S9", "", web).poll(miner.endpoint))


def pools(status: str) -> bytes:
    """The recorded pools with the operator's own in that state; the developers' pool is alive."""
    own, fee = POOLS["POOLS"][:3], POOLS["POOLS"][3:]
    return json.dumps({**POOLS, "POOLS": [*({**pool, "Status": status} for pool in own), *fee]}).encode()


def test_a_miner_that_lost_its_pools_says_so_and_may_draw_as_if_it_hashed() -> None:
    reading = halted(pools("Dead"))
    assert (reading.activity, reading.hashrate) == (Activity.STARTING, 0.0)
    assert reading.uncertain == (
        "it does not hash: no pool answers it (stratum+tcp://solo.antpool.com:3333 is Dead)"
    )
    assert reading.power == IDLE
    assert reading.power_at_most == pytest.approx(1280, abs=5)
    assert reading.awaits_pool


def test_the_reason_for_no_hash_is_heat_or_dead_chips_where_they_show() -> None:
    assert halted(pools("Dead"), temp2_6=104).uncertain == "it does not hash: its chips have 104 °C"
    dead = halted(pools("Dead"), **chains("chain_acs", " xxxxxxxx xxxxxxxx"))
    assert dead.uncertain == "it does not hash: none of its chips works"
    assert dead.power_at_most == IDLE


def test_no_hash_without_a_reason_that_shows_is_said_all_the_same() -> None:
    assert halted(pools("Alive")).uncertain == halted(None).uncertain == "it does not hash"
    assert not halted(pools("Alive")).awaits_pool
    assert not halted(None).awaits_pool


def test_a_process_without_a_sample_is_starting_and_after_the_time_of_a_start_it_does_not_hash() -> None:
    starting = read(**chains("chain_rate", ""), GHS_5s="", Elapsed=60)
    assert (starting.activity, starting.uncertain) == (Activity.STARTING, "")
    assert read(**chains("chain_rate", ""), GHS_5s="", Elapsed=600).uncertain == "it does not hash"


def test_a_process_that_began_before_its_clock_was_set_has_no_age_and_is_not_late() -> None:
    starting = read(**chains("chain_rate", ""), GHS_5s="", Elapsed=1_770_000_000)
    assert (starting.activity, starting.elapsed, starting.uncertain) == (Activity.STARTING, None, "")


# A busy device

SYSTEM, STATUS = "/cgi-bin/get_system_info.cgi", "/cgi-bin/get_miner_status.cgi"


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> CannedMiner:
    """A miner whose status page takes longer than anyone waits."""
    for name, seconds in (("WEB_READ", 0.4), ("API_POLL", 0.4), ("DETAILS", 0.6), ("_API_DETAILS", 0.3)):
        monkeypatch.setattr(f"netstab.devices.antminer.reads.{name}", seconds)
    return CannedMiner({SYSTEM: system_info()}, broken={STATUS: hang})


@pytest.fixture
def driver() -> Any:
    return driver_for(Firmware.VNISH, "Antminer S9", "", Web(login=Digest("root", "root")))


def test_a_status_page_that_is_too_slow_is_no_sign_of_a_start_while_the_port_says_it_hashes(
    busy: CannedMiner, driver: Any
) -> None:
    busy.api = {b"stats": answer() + b"\0", b"pools": json.dumps(POOLS).encode() + b"\0"}
    with busy as miner:
        reading = driver.probe(miner.endpoint)
        details = driver.details(miner.endpoint)
    for each in (reading, details.reading):
        assert (each.activity, each.power, each.uncertain) == (Activity.HASHING, 3 * 495, "")
    assert details.system["minertype"].startswith("Antminer S9")


def test_where_neither_the_page_nor_the_port_tells_the_reading_says_that_it_is_uncertain(
    busy: CannedMiner, driver: Any
) -> None:
    with busy as miner:
        reading = driver.probe(miner.endpoint)
        details = driver.details(miner.endpoint)
    assert (reading.activity, reading.power_at_most) == (Activity.STARTING, 1460)
    assert reading.uncertain == details.reading.uncertain == "its status page does not answer in time"
    assert details.config == {}


def test_details_show_the_ports_word_where_the_web_server_is_silent(busy: CannedMiner, driver: Any) -> None:
    busy.broken[SYSTEM] = hang
    busy.api = {
        b"stats": answer() + b"\0",
        b"pools": json.dumps(POOLS).encode() + b"\0",
        b"summary": fixture("stock_s9_2016_summary.json") + b"\0",
    }
    with busy as miner:
        details = driver.details(miner.endpoint)
    assert (details.reading.activity, details.system) == (Activity.HASHING, {})
    assert (len(details.pools), details.shares["accepted"]) == (4, 5077)
