"""What the drivers make of miners that deny, hang, break off, store something else or are broken already."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from canned_miner import (
    Behaviour,
    CannedMiner,
    VnishPages,
    cut_off,
    device_script,
    drop,
    fixture,
    hang,
    system_info,
)

from netstab.devices.antminer.vnish import VnishDriver
from netstab.devices.families import identify
from netstab.devices.port import Activity, Firmware, always
from netstab.devices.web import Web
from netstab.errors import (
    CommandRefused,
    ConfigurationDiffers,
    ConfigurationUnwritable,
    MalformedAnswer,
    NotAMiner,
    PortClosed,
    TimedOut,
    Unauthorized,
)
from netstab.units import Megahertz, Volts
from netstab.wire.login import Digest

CGI = "/cgi-bin/"
GOOD = fixture("vnish39_device_bmminer_conf_good.json")


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web(login=Digest("root", "root"))
    yield web
    web.close()


@pytest.fixture
def driver(web: Web) -> VnishDriver:
    return VnishDriver(web)


@pytest.fixture
def short_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netstab.devices.antminer.reads.WEB_READ", 0.6)
    monkeypatch.setattr("netstab.devices.antminer.reads.API_POLL", 0.3)
    monkeypatch.setattr("netstab.devices.antminer.vnish.COMMAND", 0.6)
    monkeypatch.setattr("netstab.devices.antminer.vnish.CONFIGURATION_WRITE", 0.4)
    monkeypatch.setattr("netstab.devices.antminer.vnish._RESTART_ANSWER", 0.2)


def test_sleep_sends_one_field_and_trusts_a_reply_without_refusal(driver: VnishDriver) -> None:
    with CannedMiner(VnishPages(GOOD)) as miner:
        driver.sleep(miner.endpoint, always)
        assert miner.paths() == [f"{CGI}do_sleep_mode.cgi"]
        assert miner.asked[-1].body == b"mode=1"


def test_a_sleep_that_is_insisted_on_kills_the_process_at_once(driver: VnishDriver) -> None:
    with CannedMiner(VnishPages(GOOD)) as miner:
        driver.sleep(miner.endpoint, always, insist=True)
        assert miner.paths() == [f"{CGI}stop_bmminer.cgi"]


def test_a_denied_sleep_falls_back_to_killing_the_process(driver: VnishDriver) -> None:
    pages = VnishPages(GOOD)
    pages[f"{CGI}do_sleep_mode.cgi"] = fixture("vnish39_do_sleep_mode_1_denied_shape.derived.txt")
    with CannedMiner(pages) as miner:
        driver.sleep(miner.endpoint, always)
        assert miner.paths() == [f"{CGI}do_sleep_mode.cgi", f"{CGI}stop_bmminer.cgi"]


@pytest.mark.usefixtures("short_deadlines")
def test_a_sleep_that_hangs_because_the_process_boots_falls_back_too(driver: VnishDriver) -> None:
    with CannedMiner(VnishPages(GOOD), broken={f"{CGI}do_sleep_mode.cgi": hang}) as miner:
        driver.sleep(miner.endpoint, always)
        assert miner.paths()[-1] == f"{CGI}stop_bmminer.cgi"


@pytest.mark.parametrize("behaviour", [hang, drop, cut_off])
@pytest.mark.parametrize(
    ("command", "page"),
    [
        ("wake", "do_sleep_mode"),
        ("restart", "reboot_cgminer"),
        ("reboot", "reboot"),
        ("factory_reset", "reset_conf"),
    ],
)
@pytest.mark.usefixtures("short_deadlines")
def test_a_command_whose_answer_its_effect_cuts_off_is_taken_and_sent_once(
    driver: VnishDriver, command: str, page: str, behaviour: Behaviour
) -> None:
    with CannedMiner(broken={f"{CGI}{page}.cgi": behaviour}) as miner:
        getattr(driver, command)(miner.endpoint, always)
        assert miner.paths() == [f"{CGI}{page}.cgi"]


@pytest.mark.parametrize("command", ["sleep", "wake", "restart", "reboot", "factory_reset"])
def test_a_command_is_not_taken_by_a_miner_that_refuses_it(driver: VnishDriver, command: str) -> None:
    with CannedMiner(password="changed") as miner, pytest.raises(Unauthorized):
        getattr(driver, command)(miner.endpoint, always)
    with CannedMiner() as miner, pytest.raises(NotAMiner):
        getattr(driver, command)(miner.endpoint, always)
    with pytest.raises(PortClosed):
        getattr(driver, command)(miner.endpoint, always)


@pytest.mark.parametrize("command", ["sleep", "wake", "restart"])
@pytest.mark.usefixtures("short_deadlines")
def test_a_command_is_not_taken_while_the_web_server_hangs(driver: VnishDriver, command: str) -> None:
    with CannedMiner(before_auth=hang) as miner, pytest.raises(TimedOut):
        getattr(driver, command)(miner.endpoint, always)


@pytest.mark.parametrize("command", ["sleep", "wake", "restart", "reboot", "factory_reset"])
@pytest.mark.usefixtures("short_deadlines")
def test_silence_is_no_success_though_the_miner_answered_an_earlier_call(
    driver: VnishDriver, command: str
) -> None:
    with CannedMiner(VnishPages(GOOD)) as miner:
        driver.probe(miner.endpoint)
        miner.before_auth = hang
        with pytest.raises(TimedOut):
            getattr(driver, command)(miner.endpoint, always)
        assert not any(asked.authorized for asked in miner.asked if "get_" not in asked.path)


def test_a_reset_whose_script_prints_nothing_is_taken(driver: VnishDriver) -> None:
    with CannedMiner(broken={f"{CGI}reset_conf.cgi": lambda handler: handler.send(500, b"")}) as miner:
        driver.factory_reset(miner.endpoint, always)
        assert miner.paths() == [f"{CGI}reset_conf.cgi"]


def test_a_script_that_could_not_be_run_is_no_success(driver: VnishDriver) -> None:
    page = b"<html><title>500 - Internal Server Error</title></html>"
    with (
        CannedMiner(broken={f"{CGI}reset_conf.cgi": lambda handler: handler.send(500, page)}) as miner,
        pytest.raises(MalformedAnswer) as caught,
    ):
        driver.factory_reset(miner.endpoint, always)
    assert caught.value.may_have_acted


def test_a_command_that_is_answered_with_nonsense_may_have_been_carried_out(driver: VnishDriver) -> None:
    def nonsense(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno length\r\n")

    with (
        CannedMiner(broken={f"{CGI}do_sleep_mode.cgi": nonsense}) as miner,
        pytest.raises(MalformedAnswer) as caught,
    ):
        driver.wake(miner.endpoint, always)
    assert caught.value.may_have_acted


def test_a_frequency_is_written_whole_and_once(driver: VnishDriver) -> None:
    pages = VnishPages(GOOD)
    with CannedMiner(pages) as miner:
        assert driver.apply(miner.endpoint, Megahertz(450), always, voltage=Volts(8.6))
        assert not driver.apply(miner.endpoint, Megahertz(450), always, voltage=Volts(8.6))
    (form,) = [asked.body.decode() for asked in miner.asked if asked.method == "POST" and asked.authorized]
    assert form.count("&") == 49
    assert form.startswith("_ant_pool1url=solo.antpool.com%3A3333&_ant_pool1user=worker&")
    assert "&_ant_freq=450&" in form
    assert "&_ant_voltage=860&" in form
    assert "&_ant_presave=0&" in form


@pytest.mark.usefixtures("short_deadlines")
def test_a_write_that_hangs_is_judged_by_what_is_stored(driver: VnishDriver) -> None:
    write = f"{CGI}set_miner_conf_custom.cgi"
    with CannedMiner(VnishPages(GOOD), broken={write: hang}) as miner, pytest.raises(ConfigurationDiffers):
        driver.apply(miner.endpoint, Megahertz(450), always)


def test_a_configuration_stored_otherwise_is_told_by_names_alone(driver: VnishDriver) -> None:
    pages = VnishPages(GOOD)

    def stores(body: bytes) -> bytes:
        changed = body.replace(b"freq=450", b"freq=650").replace(b"pw=123", b"pw=321")
        pages.conf = device_script(changed)
        return b"ok"

    pages[f"{CGI}set_miner_conf_custom.cgi"] = stores
    with CannedMiner(pages) as miner, pytest.raises(ConfigurationDiffers) as caught:
        driver.apply(miner.endpoint, Megahertz(450), always)
    assert "pool1pw, pool2pw, pool3pw, freq differ" in str(caught.value)
    assert caught.value.may_have_acted
    assert "123" not in str(caught.value)


@pytest.mark.parametrize(
    ("conf", "error"),
    [
        (fixture("vnish39_device_bmminer_conf_CORRUPTED.json"), MalformedAnswer),
        (fixture("vnish39_script_bmminer_conf_after_partial_post.derived.txt"), MalformedAnswer),
        (b"", MalformedAnswer),
        (GOOD.replace(b'"123"', b'"it(s)"'), CommandRefused),
        (GOOD.replace(b'"123"', b'"a%2Cb"', 1), CommandRefused),
        (GOOD.replace(b'"123"', b"null", 1), ConfigurationUnwritable),
        (GOOD.replace(b'"W:0/0"', b'"W:127.0.0.1"', 1), ConfigurationUnwritable),
        (GOOD.replace(b'"multi-version"', b'"my-own" : "1",\n"multi-version"', 1), ConfigurationUnwritable),
        (GOOD.replace(b"]\n,", b',{"url":"d:1","user":"u","pass":"p"}]\n,', 1), ConfigurationUnwritable),
    ],
)
def test_a_configuration_that_cannot_be_written_whole_is_not_written(
    driver: VnishDriver, conf: bytes, error: type[Exception]
) -> None:
    with CannedMiner(VnishPages(conf)) as miner, pytest.raises(error):
        driver.apply(miner.endpoint, Megahertz(450), always)
    assert {asked.method for asked in miner.asked} == {"GET"}


def test_a_probe_of_a_stopped_process_does_not_ask_for_its_figures(driver: VnishDriver) -> None:
    pages = VnishPages(GOOD)
    pages[f"{CGI}get_system_info.cgi"] = system_info(runs=False)
    with CannedMiner(pages) as miner:  # the status page still shows the figures of before
        reading = driver.probe(miner.endpoint)
        assert (reading.activity, reading.hashrate) == (Activity.STOPPED, 0.0)
        assert miner.paths() == [f"{CGI}get_system_info.cgi"]


def test_a_process_that_ends_during_a_probe_is_stopped(driver: VnishDriver) -> None:
    pages = VnishPages(GOOD)
    pages[f"{CGI}get_miner_status.cgi"] = fixture("vnish39_script_get_miner_status_bmminer_down.derived.txt")
    with CannedMiner(pages) as miner:
        assert driver.probe(miner.endpoint).activity is Activity.STOPPED


@pytest.mark.usefixtures("short_deadlines")
def test_a_process_too_busy_to_answer_the_status_page_is_starting(driver: VnishDriver) -> None:
    with CannedMiner(VnishPages(GOOD), broken={f"{CGI}get_miner_status.cgi": hang}) as miner:
        assert driver.probe(miner.endpoint).activity is Activity.STARTING


@pytest.mark.usefixtures("short_deadlines")
def test_details_do_without_an_api_that_is_silent(driver: VnishDriver) -> None:
    with CannedMiner(VnishPages(GOOD)) as miner:
        details = driver.details(miner.endpoint)
    assert details.pools == ()
    assert details.shares == {"accepted": 0, "rejected": 0, "stale": 0, "hw_errors": 0}


def test_a_plain_name_with_a_stock_configuration_is_vnish_if_it_has_vnishs_chip_page(web: Web) -> None:
    pages = VnishPages(fixture("stock_s9_get_miner_conf_a.json"))
    pages[f"{CGI}get_system_info.cgi"] = system_info("Antminer S9")
    with CannedMiner(pages) as miner:
        assert identify(miner.endpoint, web).firmware is Firmware.STOCK
        miner.pages[f"{CGI}chip_hr.json"] = fixture("vnish39_device_chip_hr_one_board.json")
        assert identify(miner.endpoint, web).firmware is Firmware.VNISH


@pytest.mark.parametrize("page", ["get_system_info", "get_miner_conf"])
def test_an_answer_that_was_lost_is_asked_for_again_before_anything_is_concluded(web: Web, page: str) -> None:
    pages = VnishPages(GOOD)
    pages[f"{CGI}get_system_info.cgi"] = system_info("Antminer S9")  # only its configuration tells of Vnish
    lost = []

    def lose_once(handler: Any) -> None:
        lost.append(handler.server.miner.broken.pop(f"{CGI}{page}.cgi"))

    with CannedMiner(pages, broken={f"{CGI}{page}.cgi": lose_once}) as miner:
        found = identify(miner.endpoint, web)
    assert lost
    assert (found.firmware, found.capabilities.controllable, found.provisional) == (
        Firmware.VNISH,
        True,
        False,
    )


def test_a_configuration_that_stays_lost_makes_nothing_controllable_and_is_asked_again(
    web: Web,
) -> None:
    pages = VnishPages(GOOD)
    pages[f"{CGI}get_system_info.cgi"] = system_info("Antminer S9")
    with CannedMiner(pages, broken={f"{CGI}get_miner_conf.cgi": drop}) as miner:
        found = identify(miner.endpoint, web)
    assert (found.model, found.firmware, found.capabilities.controllable) == (
        "Antminer S9",
        Firmware.UNKNOWN,
        False,
    )
    assert found.provisional


def test_a_page_that_is_no_file_of_chip_rates_makes_no_vnish(web: Web) -> None:
    pages = VnishPages(fixture("stock_s9_get_miner_conf_a.json"))
    pages[f"{CGI}get_system_info.cgi"] = system_info("Antminer S9")
    for page in (b"ok", b"{}", b"[1]"):
        pages[f"{CGI}chip_hr.json"] = page
        with CannedMiner(pages) as miner:
            assert identify(miner.endpoint, web).firmware is Firmware.STOCK


def test_a_miner_whose_configuration_is_blank_is_identified_all_the_same(web: Web) -> None:
    with CannedMiner(VnishPages(b"")) as miner:
        found = identify(miner.endpoint, web)
    assert (found.firmware, found.setting) == (Firmware.VNISH, None)


def test_another_device_with_a_password_is_not_a_miner(web: Web) -> None:
    with CannedMiner(password="x", realm="router") as miner, pytest.raises(NotAMiner):
        identify(miner.endpoint, web)


@pytest.mark.usefixtures("short_deadlines")
def test_a_device_that_gave_no_answer_in_time_is_not_asked_by_one_family_after_another(web: Web) -> None:
    with CannedMiner(api={b"hang": b""}, before_auth=hang) as miner:
        with pytest.raises(TimedOut):
            identify(miner.endpoint, web)
        assert {asked.path for asked in miner.asked} == {f"{CGI}get_system_info.cgi"}


def test_no_password_gets_into_a_log(driver: VnishDriver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with CannedMiner(VnishPages(GOOD.replace(b'"123"', b'"s3cret"'))) as miner:
        driver.apply(miner.endpoint, Megahertz(450), always)
        driver.details(miner.endpoint)
    assert "s3cret" not in caplog.text
    assert "s3cret" not in repr(driver.details)
