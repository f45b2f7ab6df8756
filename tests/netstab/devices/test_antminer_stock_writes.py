"""The driver of Antminers on Bitmain's firmware, against pages that store what is posted, on real sockets."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from antminer_pages import CONFIGURATION, POOLS, AntminerPages, antminer, body, stats
from canned_miner import CannedMiner, drop
from patience import be_patient

from netstab.devices.antminer_stock.document import WorkMode
from netstab.devices.antminer_stock.driver import StockDriver
from netstab.devices.antminer_stock.memory import memory_of
from netstab.devices.port import always, nothing_kept
from netstab.devices.web import Web
from netstab.errors import (
    CommandRefused,
    ConfigurationDiffers,
    ConfigurationUnwritable,
    DeviceError,
    MalformedAnswer,
    NotAMiner,
    NotControllable,
    TimedOut,
    Unauthorized,
    Withdrawn,
)
from netstab.power.tuning import Tuning
from netstab.wire.login import Digest

CONF, SET = "/cgi-bin/get_miner_conf.cgi", "/cgi-bin/set_miner_conf.cgi"


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Iterator[StockDriver]:
    be_patient(monkeypatch)
    web = Web(login=Digest("root", "root"))
    yield StockDriver(web)
    web.close()


@pytest.fixture
def pages() -> AntminerPages:
    return AntminerPages()


def asleep(**changed: Any) -> AntminerPages:
    return AntminerPages({**CONFIGURATION, "bitmain-work-mode": "1", **changed})


def test_sleep_and_wake_change_the_mode_and_nothing_else(driver: StockDriver, pages: AntminerPages) -> None:
    with antminer(pages) as miner:
        driver.sleep(miner.endpoint, always)
        assert pages.configuration == {**CONFIGURATION, "bitmain-work-mode": "1"}
        driver.wake(miner.endpoint, always)
    assert pages.configuration == CONFIGURATION
    assert [told["miner-mode"] for told in pages.written] == [1, 0]
    assert all(told["pools"] == POOLS for told in pages.written)


def test_a_write_stands_between_two_whole_reads_of_the_same_call(
    driver: StockDriver, pages: AntminerPages
) -> None:
    with antminer(pages) as miner:
        driver.sleep(miner.endpoint, always)
        assert miner.paths() == [CONF, SET, CONF]


def test_a_miner_that_is_so_already_is_sent_nothing(driver: StockDriver) -> None:
    for pages, command in ((asleep(), driver.sleep), (AntminerPages(), driver.wake)):
        with antminer(pages) as miner:
            command(miner.endpoint, always)
        assert pages.written == []


@pytest.mark.parametrize("own", [WorkMode.EFFICIENT, WorkMode.LOW_POWER])
def test_the_mode_found_is_kept_before_and_woken_into(driver: StockDriver, own: WorkMode) -> None:
    pages = AntminerPages({**CONFIGURATION, "bitmain-work-mode": str(int(own))})
    kept: list[Tuning] = []

    def keep(tuning: Tuning) -> None:
        assert pages.written == []
        kept.append(tuning)

    def recall() -> Tuning | None:
        return kept[-1] if kept else None

    with antminer(pages) as miner:
        driver.sleep_keeping(miner.endpoint, always, keep, recall)
        assert pages.mode == "1"
        driver.wake_to_kept(miner.endpoint, always, recall)
        assert pages.mode == str(int(own))
        pages.written.clear()
        driver.sleep_keeping(miner.endpoint, always, keep, recall)
    assert kept == [memory_of(own)], "what is kept already is not kept anew"


def test_what_was_kept_does_not_outlast_an_owner_who_has_set_it_to_normal(
    driver: StockDriver, pages: AntminerPages
) -> None:
    kept = [memory_of(WorkMode.LOW_POWER)]
    with antminer(pages) as miner:
        driver.sleep_keeping(miner.endpoint, always, kept.append, lambda: kept[-1])
        driver.wake_to_kept(miner.endpoint, always, lambda: kept[-1])
    assert pages.mode == "0"


def test_a_mode_in_the_normal_way_costs_the_log_nothing(driver: StockDriver, pages: AntminerPages) -> None:
    kept: list[Tuning] = []
    with antminer(pages) as miner:
        driver.sleep_keeping(miner.endpoint, always, kept.append, nothing_kept)
    assert (pages.mode, kept) == ("1", [])


def test_a_shed_does_not_wait_for_a_log_that_cannot_be_written(driver: StockDriver) -> None:
    pages = AntminerPages({**CONFIGURATION, "bitmain-work-mode": "3"})

    def cannot(_tuning: Tuning) -> None:
        raise DeviceError("It cannot be recorded.")

    with antminer(pages) as miner:
        driver.sleep_keeping(miner.endpoint, always, cannot, nothing_kept)
    assert pages.mode == "1"


def test_a_wake_waits_until_it_is_known_what_it_is_to_wake_into(driver: StockDriver) -> None:
    def cannot() -> Tuning | None:
        raise DeviceError("It cannot be looked up.")

    pages = asleep()
    with antminer(pages) as miner, pytest.raises(DeviceError):
        driver.wake_to_kept(miner.endpoint, always, cannot)
    assert pages.written == []


STRANGE = (
    Tuning(650, plain=True, settings=()),
    Tuning(None, plain=False, settings=(("work-mode", "1"),)),
    Tuning(None, plain=False, settings=(("work-mode", "9"),)),
    None,
)


@pytest.mark.parametrize("kept", STRANGE)
def test_only_a_mode_that_was_found_there_is_written_beside_normal_and_sleep(
    driver: StockDriver, kept: Tuning | None
) -> None:
    pages = asleep()
    with antminer(pages) as miner:
        driver.wake_to_kept(miner.endpoint, always, lambda: kept)
    assert [told["miner-mode"] for told in pages.written] == [0]


def test_a_build_that_takes_a_number_and_ignores_it_is_told_once_more_in_text(
    driver: StockDriver, pages: AntminerPages
) -> None:
    pages.ignores = (1,)
    with antminer(pages) as miner:
        driver.sleep(miner.endpoint, always)
    assert pages.mode == "1"
    assert [told["miner-mode"] for told in pages.written] == [1, "1"]


def test_one_that_insists_begins_with_the_other_form(driver: StockDriver, pages: AntminerPages) -> None:
    with antminer(pages) as miner:
        driver.sleep(miner.endpoint, always, insist=True)
    assert [told["miner-mode"] for told in pages.written] == ["1"]


def test_a_build_that_ignores_both_forms_is_told_each_once_and_said_to_differ(
    driver: StockDriver, pages: AntminerPages
) -> None:
    pages.ignores = (1, "1")
    with antminer(pages) as miner, pytest.raises(ConfigurationDiffers, match="work mode") as failed:
        driver.sleep(miner.endpoint, always)
    assert (len(pages.written), failed.value.may_have_acted) == (2, True)
    assert pages.configuration == CONFIGURATION


def test_a_refusal_is_told_and_nothing_is_sent_again(driver: StockDriver, pages: AntminerPages) -> None:
    pages.answer = b'{"stats":"error","code":"M001","msg":"Invalid pool!"}'
    with antminer(pages) as miner, pytest.raises(CommandRefused, match="Invalid pool"):
        driver.sleep(miner.endpoint, always)
    assert len(pages.written) == 1


def test_pools_that_are_not_stored_as_written_are_told_without_their_passwords(
    driver: StockDriver, pages: AntminerPages
) -> None:
    def loses(posted: bytes) -> bytes:
        pages.take(posted)
        pages.configuration["pools"] = [POOLS[0], {**POOLS[1], "pass": "s3cret"}, POOLS[2]]
        return pages.answer

    pages[SET] = loses
    with antminer(pages) as miner, pytest.raises(ConfigurationDiffers, match="pools") as failed:
        driver.sleep(miner.endpoint, always)
    assert "s3cret" not in str(failed.value)
    assert len(pages.written) == 1


@pytest.mark.parametrize("then", [b"", b"{}", b"<html>", b'{"pools":'])
def test_a_page_that_fails_while_the_process_restarts_is_no_failure(
    driver: StockDriver, pages: AntminerPages, then: bytes
) -> None:
    answers = iter([body(CONFIGURATION)])
    pages[CONF] = lambda _body: next(answers, then)
    with antminer(pages) as miner:
        driver.sleep(miner.endpoint, always)
    assert len(pages.written) == 1


def test_an_answer_that_is_lost_is_made_up_for_by_reading_again(
    driver: StockDriver, pages: AntminerPages
) -> None:
    with antminer(pages) as miner:

        def takes_and_hangs_up(handler: Any) -> None:
            pages.take(miner.asked[-1].body)
            drop(handler)

        miner.broken[SET] = takes_and_hangs_up
        driver.sleep(miner.endpoint, always)
    assert (pages.mode, len(pages.written)) == ("1", 1)


def test_a_write_whose_answer_is_lost_is_not_sent_again_though_it_was_not_stored(
    driver: StockDriver, pages: AntminerPages
) -> None:
    with antminer(pages) as miner:
        miner.broken[SET] = drop
        with pytest.raises(ConfigurationDiffers, match="work mode") as failed:
            driver.sleep(miner.endpoint, always)
        assert failed.value.may_have_acted
        assert miner.paths().count(SET) == 1


def test_what_was_read_before_a_slow_log_kept_the_mode_is_read_anew(
    driver: StockDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netstab.devices.antminer_stock.driver.FRESH", -1.0)
    pages = AntminerPages({**CONFIGURATION, "bitmain-work-mode": "3"})
    other = [{**POOLS[0], "user": "account.other"}, *POOLS[1:]]

    def keep(_own: Tuning) -> None:
        pages.configuration["pools"] = other

    with antminer(pages) as miner:
        driver.sleep_keeping(miner.endpoint, always, keep, nothing_kept)
    assert [told["pools"] for told in pages.written] == [other]


def test_nothing_is_written_of_a_read_that_has_grown_old_while_the_device_was_slow(
    driver: StockDriver, pages: AntminerPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netstab.devices.antminer_stock.driver.OLDEST", -1.0)
    with antminer(pages) as miner, pytest.raises(TimedOut, match="may be another by now") as failed:
        driver.sleep(miner.endpoint, always)
    assert (pages.written, failed.value.may_have_acted) == ([], False)


UNREADABLE: dict[str, tuple[bytes, type[DeviceError]]] = {
    "an empty answer": (b"", MalformedAnswer),
    "half an answer": (body(CONFIGURATION)[:200], MalformedAnswer),
    "no object": (b"[]", MalformedAnswer),
    "no pools": (body({"bitmain-work-mode": "0"}), ConfigurationUnwritable),
    "no mode": (
        body({key: CONFIGURATION[key] for key in ("pools", "bitmain-fan-ctrl")}),
        ConfigurationUnwritable,
    ),
    "a page of another kind": (b"<html></html>", NotAMiner),
}


@pytest.mark.parametrize(("answer", "kind"), UNREADABLE.values(), ids=UNREADABLE)
def test_no_write_follows_a_read_that_failed_or_was_not_whole(
    driver: StockDriver, pages: AntminerPages, answer: bytes, kind: type[DeviceError]
) -> None:
    pages[CONF] = answer
    with antminer(pages) as miner:
        for command in (driver.sleep, driver.wake):
            with pytest.raises(kind):
                command(miner.endpoint, always)
        assert SET not in miner.paths()


def test_no_write_follows_a_read_that_broke_off(driver: StockDriver, pages: AntminerPages) -> None:
    for broken in (drop, lambda handler: handler.send(500, b"<html>busy</html>")):
        with antminer(pages) as miner:
            miner.broken[CONF] = broken
            with pytest.raises(DeviceError):
                driver.sleep(miner.endpoint, always)
            assert SET not in miner.paths()


def test_a_withdrawn_command_is_not_sent_though_it_was_read_for(
    driver: StockDriver, pages: AntminerPages
) -> None:
    asked = iter([True])
    with antminer(pages) as miner, pytest.raises(Withdrawn):
        driver.sleep(miner.endpoint, lambda: next(asked, False))
    assert pages.written == []


def test_a_changed_password_is_told(driver: StockDriver, pages: AntminerPages) -> None:
    with CannedMiner(pages, password="else") as miner:
        for call in (driver.probe, driver.identify, lambda at: driver.sleep(at, always)):
            with pytest.raises(Unauthorized):
                call(miner.endpoint)
        assert len(miner.asked) <= 2 * 3, "one answer to a challenge, and no more"


def test_a_device_is_asked_one_page_at_a_time(driver: StockDriver, pages: AntminerPages) -> None:
    asking, most, lock = 0, 0, threading.Lock()

    def one_at_a_time(content: bytes) -> bytes:
        nonlocal asking, most
        with lock:
            asking += 1
            most = max(most, asking)
        threading.Event().wait(0.02)
        with lock:
            asking -= 1
        return content

    pages[CONF] = lambda _body: one_at_a_time(body(pages.configuration))
    pages["/cgi-bin/stats.cgi"] = lambda _body: one_at_a_time(stats(198_000.0))
    with antminer(pages) as miner:
        threads = [threading.Thread(target=driver.probe, args=(miner.endpoint,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        driver.sleep(miner.endpoint, always)
        for thread in threads:
            thread.join()
    assert most == 1


def test_blinking_is_told_by_the_devices_own_code(driver: StockDriver, pages: AntminerPages) -> None:
    with antminer(pages) as miner:
        assert driver.find_mode(miner.endpoint, enabled=True) is True
        assert driver.find_mode(miner.endpoint, enabled=False) is False
        pages["/cgi-bin/blink.cgi"] = b'{"code":"B999"}'
        with pytest.raises(MalformedAnswer):
            driver.find_mode(miner.endpoint, enabled=True)


def test_reboot_and_reset_are_asked_for_and_a_restart_of_the_process_alone_is_not(
    driver: StockDriver, pages: AntminerPages
) -> None:
    with antminer(pages) as miner:
        driver.reboot(miner.endpoint, always)
        driver.factory_reset(miner.endpoint, always)
        with pytest.raises(NotControllable):
            driver.restart(miner.endpoint, always)
        with pytest.raises(Withdrawn):
            driver.reboot(miner.endpoint, lambda: False)
        assert miner.paths() == ["/cgi-bin/reboot.cgi", "/cgi-bin/reset_conf.cgi"]
