"""The driver of Antminers on Bitmain's firmware, what it reads, on real sockets."""

import asyncio
from collections.abc import Iterator

import pytest
from antminer_pages import CONFIGURATION, POOLS, SYSTEM, AntminerPages, antminer, body, stats
from canned_miner import MAKERS, CannedMiner, Page, recorded
from patience import be_patient

from netstab.devices.antminer_stock.driver import StockDriver
from netstab.devices.families import identify
from netstab.devices.port import Activity
from netstab.devices.web import Web
from netstab.errors import (
    NotAMiner,
)
from netstab.power.unit import PowerSource
from netstab.wire.login import Digest

CONF = "/cgi-bin/get_miner_conf.cgi"


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Iterator[StockDriver]:
    be_patient(monkeypatch)
    web = Web(login=Digest("root", "root"))
    yield StockDriver(web)
    web.close()


@pytest.fixture
def pages() -> AntminerPages:
    return AntminerPages()


def asleep() -> AntminerPages:
    return AntminerPages({**CONFIGURATION, "bitmain-work-mode": "1"})


def test_a_whole_configuration_makes_it_one_that_can_be_switched(
    driver: StockDriver, pages: AntminerPages
) -> None:
    with antminer(pages) as miner:
        found = driver.identify(miner.endpoint)
    assert (found.model, found.firmware_version, found.mac) == (
        "Antminer S21",
        "FR-1.12(251009-S21)",
        "02:00:00:00:00:01",
    )
    assert found.capabilities.switchable
    assert not found.capabilities.tunable
    assert found.capabilities.full_point is not None
    assert found.capabilities.full_point.power == 3500.0
    assert found.capabilities.power_source is PowerSource.MODELLED


READ_ONLY: dict[str, tuple[Page, bool]] = {
    "the mode is absent, as before the summer of 2021": (
        body({key: value for key, value in CONFIGURATION.items() if key != "bitmain-work-mode"}),
        False,
    ),
    "its pools could not be written back": (body({**CONFIGURATION, "pools": POOLS[:1]}), False),
    "it cannot be read now": (b"", True),
}


@pytest.mark.parametrize(("page", "provisional"), READ_ONLY.values(), ids=READ_ONLY)
def test_one_whose_configuration_cannot_be_written_back_is_only_read(
    driver: StockDriver, pages: AntminerPages, page: Page, provisional: bool
) -> None:
    pages[CONF] = page
    with antminer(pages) as miner:
        found = driver.identify(miner.endpoint)
    assert (found.model, found.capabilities.controllable, found.provisional) == (
        "Antminer S21",
        False,
        provisional,
    )


OTHERS: dict[str, tuple[str, bytes]] = {
    "an S9": ("Antminer S9", b"BMMiner"),
    "another algorithm's": ("Antminer L7", b"BMMiner"),
    "Vnish by its name": ("Antminer S21 (Vnish 1.2.7)", b"BMMiner"),
    "LuxOS by its software": ("Antminer S21", b"LUXminer"),
    "Braiins OS by its software": ("Antminer S21", b"BOSer"),
}


@pytest.mark.parametrize(("minertype", "software"), OTHERS.values(), ids=OTHERS)
def test_what_is_none_of_the_family_is_passed_on(
    driver: StockDriver, pages: AntminerPages, minertype: str, software: bytes
) -> None:
    pages["/cgi-bin/get_system_info.cgi"] = body({"minertype": minertype, "macaddr": "02:00:00:00:00:01"})
    version = b'{"STATUS":[{"STATUS":"S"}],"VERSION":[{"API":"3.1","%s":"1.0.0"}]}\0' % software
    with CannedMiner(pages, {b"version": version}) as miner, pytest.raises(NotAMiner):
        driver.identify(miner.endpoint)


@pytest.mark.parametrize("folder", sorted(path.name for path in MAKERS.iterdir() if path.is_dir()))
def test_one_whose_api_is_another_makers_is_passed_on(
    driver: StockDriver, pages: AntminerPages, folder: str
) -> None:
    with CannedMiner(pages, recorded(folder)) as miner:
        if folder == "antminer_stock_s19":
            assert driver.identify(miner.endpoint).capabilities.controllable
        else:
            with pytest.raises(NotAMiner):
                driver.identify(miner.endpoint)


@pytest.mark.parametrize("answer", [b"", b'{"minertype": "Antm'])
def test_one_that_could_not_tell_all_just_now_is_asked_again(pages: AntminerPages, answer: bytes) -> None:
    told = iter([SYSTEM])
    pages["/cgi-bin/get_system_info.cgi"] = lambda _body: next(told, answer)
    web = Web({"MINER_USERNAME": "root", "MINER_PASSWORD": "root"})
    with antminer(pages) as miner:
        found = identify(miner.endpoint, web)
        assert not any("/api/" in asked.path for asked in miner.asked), "no other family is asked"
    assert (found.model, found.capabilities.controllable, found.provisional) == ("Antminer S21", False, True)


def test_one_whose_api_breaks_off_is_asked_again_and_is_not_taken_for_another(pages: AntminerPages) -> None:
    cut = {b"version": recorded("antminer_stock_s19")[b"version"][:90]}
    web = Web({"MINER_USERNAME": "root", "MINER_PASSWORD": "root"})
    with CannedMiner(pages, cut) as miner:
        found = identify(miner.endpoint, web)
    assert (found.model, found.capabilities.controllable, found.provisional) == ("Antminer S21", False, True)


@pytest.mark.parametrize("denied", [b"", b'{"STATUS":[{"STATUS":"E","Code":45,"Msg":"Access denied"}]}\0'])
def test_one_whose_api_tells_nothing_is_known_by_its_pages(
    driver: StockDriver, pages: AntminerPages, denied: bytes
) -> None:
    with CannedMiner(pages, {b"version": denied}) as miner:
        assert driver.identify(miner.endpoint).capabilities.controllable


def test_a_hashing_machine_is_read_by_its_api_alone(driver: StockDriver, pages: AntminerPages) -> None:
    with antminer(pages) as miner:
        reading = asyncio.run(driver.poll(miner.endpoint))
        assert miner.asked == []
    assert reading.activity is Activity.HASHING
    assert reading.hashrate == pytest.approx(110_566.89)
    assert (reading.power, reading.uncertain, reading.implausible) == (3250.0, "", "")
    assert [board.chips_ok for board in reading.boards] == [114, 114, 114]
    assert (reading.temperature, reading.fans) == (78.0, (6000, 5880, 5040, 5040))


def at_rest(miner: CannedMiner) -> dict[bytes, bytes]:
    """Have the API of a miner answer as of one that does not hash: with empty lists."""
    miner.api[b"stats"] = body({"STATUS": [{"STATUS": "S"}], "STATS": []}) + b"\0"
    return miner.api


@pytest.mark.parametrize(("mode", "activity"), [("1", Activity.STOPPED), ("0", Activity.STARTING)])
def test_of_one_that_does_not_hash_its_configuration_tells_whether_it_sleeps(
    driver: StockDriver, pages: AntminerPages, mode: str, activity: Activity
) -> None:
    pages.configuration["bitmain-work-mode"] = mode
    pages["/cgi-bin/stats.cgi"] = stats(0.0)
    with antminer(pages) as miner:
        at_rest(miner)
        for reading in (asyncio.run(driver.poll(miner.endpoint)), driver.probe(miner.endpoint)):
            assert (reading.activity, reading.power, reading.hashrate) == (activity, 30.0, 0.0)


def test_one_that_hashes_yet_draws_though_its_mode_is_sleep(driver: StockDriver) -> None:
    pages = asleep()
    pages["/cgi-bin/stats.cgi"] = stats(198_000.0)
    with antminer(pages) as miner:
        reading = driver.probe(miner.endpoint)
    assert (reading.activity, reading.power) == (Activity.HASHING, 3500.0)


def test_details_show_what_it_tells_and_no_password(driver: StockDriver, pages: AntminerPages) -> None:
    with antminer(pages) as miner:
        details = driver.details(miner.endpoint)
    assert details.reading.activity is Activity.HASHING
    assert details.system["minertype"] == "Antminer S21"
    assert details.config["pools"][0] == {"url": POOLS[0]["url"], "user": POOLS[0]["user"]}
    assert [pool.status for pool in details.pools] == ["Alive"] * 3
    assert (details.shares["accepted"], details.shares["hw_errors"]) == (4057, 562)
    assert POOLS[0]["pass"] not in repr(details)


def test_what_a_machine_draws_is_read_at_its_own_port_where_it_has_one(
    driver: StockDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nmine power is: 3401\n"
    with CannedMiner(AntminerPages(), recorded("antminer_stock_s19")) as miner, Speaker(line) as port:
        told = miner.api[b"stats"].replace(b"Antminer S19 Pro", b"Antminer S21")
        miner.api[b"stats"] = told
        monkeypatch.setattr("netstab.devices.antminer_stock.power_port.POWER_PORT", port)
        reading = asyncio.run(driver.poll(miner.endpoint))
        found = driver.identify(miner.endpoint)
    assert reading.power == 3401.0
    assert found.capabilities.power_source is PowerSource.MEASURED


@pytest.mark.parametrize(
    "line", [b"", b"HTTP/1.1 404 Not Found\r\n\r\n: 5", b"\xff" * 5000, b"HTTP/1.1 200 OK\r\n\r\n:99999"]
)
def test_without_a_figure_there_the_model_says_what_it_draws(
    driver: StockDriver, monkeypatch: pytest.MonkeyPatch, line: bytes
) -> None:
    with CannedMiner(AntminerPages(), recorded("antminer_stock_s19")) as miner, Speaker(line) as port:
        miner.api[b"stats"] = miner.api[b"stats"].replace(b"Antminer S19 Pro", b"Antminer S21")
        monkeypatch.setattr("netstab.devices.antminer_stock.power_port.POWER_PORT", port)
        reading = asyncio.run(driver.poll(miner.endpoint))
    assert reading.power == pytest.approx(3500 * 110_000 / 200_000)


class Speaker:
    """Says one thing to whoever connects, and hangs up."""

    def __init__(self, says: bytes) -> None:
        self._device = CannedMiner(api={b"": says})

    def __enter__(self) -> int:
        return self._device.__enter__().endpoint.api_port

    def __exit__(self, *_: object) -> None:
        self._device.__exit__()
