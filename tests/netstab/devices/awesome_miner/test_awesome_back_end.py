"""One poll for all units, over real sockets; what is told of each, what is sent, and what never is."""

import asyncio
import logging
import threading
from collections.abc import Callable

import pytest
from awesome_site import NAMED, ONE, TWO, site, watched
from waiting import wait_until

from netstab.devices.awesome_miner.back_end import STALE_AFTER
from netstab.devices.awesome_miner.driver import AwesomeMinerDriver
from netstab.devices.families import driver_for, family_of
from netstab.devices.port import Activity, Endpoint, Firmware
from netstab.devices.web import Web
from netstab.errors import (
    DeviceError,
    MalformedAnswer,
    PortClosed,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from netstab.simulation.awesome_miner.documents import Locale
from netstab.simulation.awesome_miner.server import Trouble
from netstab.units import MinerId


@pytest.mark.parametrize("locale", Locale)
def test_one_poll_tells_of_all_units_in_any_locale(locale: Locale) -> None:
    with site(locale=locale) as both:
        both.back_end.poll()
        assert list(both.back_end.board.known.numbers) == [ONE, TWO, NAMED]
        for miner_id in (ONE, TWO, NAMED):
            found = both.back_end.reading(miner_id)
            assert (found.activity, found.power) == (Activity.HASHING, 1460.0)
            assert found.hashrate == pytest.approx(13_600.0, rel=0.01)
        assert list(both.server.asked) == ["GET /api/miners"]
        assert both.back_end.works()


def test_a_miner_that_is_entered_at_another_address_is_another_unit() -> None:
    with site() as both:
        both.back_end.poll()
        both.server.watched[0].hostname = "127.0.7.9"
        both.pass_time(5)
        assert list(both.back_end.board.known.numbers) == ["127.0.7.9", TWO, NAMED]
        with pytest.raises(Unreachable, match="does not list it"):
            both.back_end.reading(ONE)


def test_a_unit_of_which_nothing_is_told_has_the_driver_say_so() -> None:
    with site() as both:
        with pytest.raises(Unreachable, match="not been asked"):
            both.back_end.reading(ONE)
        both.back_end.poll()
        with pytest.raises(Unreachable, match="does not list it"):
            both.back_end.reading(MinerId("127.0.7.9"))
        both.server.watched[0].offline = True
        both.pass_time(10)
        with pytest.raises(Unreachable, match="does not reach it"):
            both.back_end.reading(ONE)
        assert both.activity(TWO) is Activity.HASHING


def test_a_unit_that_was_not_heard_of_for_a_minute_is_not_known_though_it_is_listed() -> None:
    frozen = watched()
    frozen[0].members = {"updatedUtc": "2001-01-01T00:00:00.0000000Z"}
    with site(frozen) as both:
        both.back_end.poll()
        with pytest.raises(Unreachable, match="not heard of it"):
            both.back_end.reading(ONE)


def test_a_poll_waits_for_the_first_answer_and_never_for_another() -> None:
    with site() as both:
        polled: list[Activity] = []

        def poll() -> None:
            endpoint = Endpoint(ONE, 4028, 80)
            polled.append(asyncio.run(both.driver().poll(endpoint)).activity)

        waiting = threading.Thread(target=poll)
        waiting.start()
        assert not polled
        both.back_end.poll()
        waiting.join(60)
        assert polled == [Activity.HASHING]
        both.server.go()
        poll()
        assert polled == [Activity.HASHING] * 2


def test_the_server_gone_and_back_is_an_error_of_each_unit_only_once_the_last_poll_is_old() -> None:
    with site() as both:
        both.back_end.poll()
        both.server.go()
        with pytest.raises(PortClosed):
            both.back_end.poll()
        assert both.back_end.works()
        assert both.activity(ONE) is Activity.HASHING
        both.now[0] += STALE_AFTER + 1
        assert not both.back_end.works()
        with pytest.raises(Unreachable, match="refuses connections"):
            both.back_end.reading(ONE)
        both.server.come_back()
        both.back_end.poll()
        assert both.back_end.works()
        assert both.activity(ONE) is Activity.HASHING


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "302 Found", "404 Not Found", ""])
def test_a_wrong_key_is_told_in_words_that_do_not_hold_it(
    status: str, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "f" * 32
    with site(shown=wrong) as both:
        both.server.trouble = Trouble(status=status)
        with pytest.raises(Unauthorized, match="does not let us in, or is not Awesome Miner") as caught:
            both.back_end.poll()
        with pytest.raises(Unauthorized):
            both.back_end.reading(ONE)
        with caplog.at_level(logging.DEBUG):
            logging.getLogger("test").warning("failed", exc_info=caught.value)
        assert not both.back_end.works()
        assert wrong not in caplog.text
        assert wrong not in repr(both.back_end.__dict__["_access"])


@pytest.mark.parametrize(
    ("trouble", "kind"), [(Trouble(status="500 Internal Server Error"), MalformedAnswer)]
)
def test_what_is_wrong_with_the_server_itself_is_no_matter_of_the_key(
    trouble: Trouble, kind: type[DeviceError]
) -> None:
    with site() as both:
        both.server.trouble = trouble
        with pytest.raises(kind):
            both.back_end.poll()


def test_silence_ends_by_the_deadline_and_only_one_poll_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netstab.devices.awesome_miner.access.ANSWER_WITHIN", 2.0)
    with site() as both:
        both.server.trouble = Trouble(silent=True)
        ended: list[DeviceError] = []

        def poll() -> None:
            with pytest.raises(TimedOut) as caught:
                both.back_end.poll()
            ended.append(caught.value)

        first = threading.Thread(target=poll)
        first.start()
        wait_until(lambda: both.server.connections)
        with pytest.raises(TimedOut, match="still being asked"):
            both.back_end.poll()
        first.join(60)
        assert [type(error) for error in ended] == [TimedOut]


def test_a_list_of_many_megabytes_is_read_and_what_is_beyond_the_bound_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = watched()
    long[0].members = {"progressInfo": {"line1": "x" * 2_000_000}}
    with site(long) as both:
        both.back_end.poll()
        assert both.activity(ONE) is Activity.HASHING
        monkeypatch.setattr("netstab.devices.awesome_miner.access.LARGEST_DOCUMENT", 1_000_000)
        with pytest.raises(MalformedAnswer, match="more than 1000000 bytes"):
            both.back_end.poll()


def test_details_are_all_that_is_told_of_one_unit() -> None:
    with site() as both:
        both.back_end.poll()
        found = both.driver().details(Endpoint(NAMED, 4028, 80))
        assert found.reading.activity is Activity.HASHING
        assert found.status["name"] == "S9-03"
        assert list(both.server.asked) == ["GET /api/miners", "GET /api/miners/1000000003"]
        both.server.watched.pop()
        with pytest.raises(Unreachable, match="does not list it"):
            both.driver().details(Endpoint(NAMED, 4028, 80))


def test_its_units_have_a_driver_of_their_own_and_nobody_is_asked_where_none_is_set() -> None:
    assert family_of(Firmware.AWESOME_MINER, "unknown", "").key == "awesome_miner"
    driver = driver_for(Firmware.AWESOME_MINER, "Antminer S9", "", Web())
    assert isinstance(driver, AwesomeMinerDriver)
    calls: tuple[Callable[[], object], ...] = (
        lambda: driver.probe(Endpoint(ONE, 4028, 80)),
        lambda: asyncio.run(driver.poll(Endpoint(ONE, 4028, 80))),
    )
    for call in calls:
        with pytest.raises(Unreachable, match="AWESOME_MINER_URL"):
            call()
