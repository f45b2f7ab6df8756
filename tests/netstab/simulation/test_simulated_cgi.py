"""The scripts behind the web server, against what the device's own scripts printed."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from netstab.simulation import cgi, conf
from netstab.simulation.build import build_devices
from netstab.simulation.device import Device
from netstab.simulation.faults import FAULTS
from netstab.simulation.physics import Miner, Stage
from netstab.simulation.profiles import DOCUMENT, FIELD
from netstab.units import MinerId

DEAF = replace(FAULTS["deaf_to_sleep"], share=1.0)


def stage(device: Device) -> Stage:
    return device.miner.stage


def call(device: Device, script: str, form: str = "") -> cgi.CgiAnswer:
    return cgi.answer(device, "POST" if form else "GET", f"/cgi-bin/{script}", form)


def changed(device: Device, old: str, new: str) -> str:
    """Write the whole form that turns a device's present configuration into one with `new`."""
    whole = conf._factory_form(650, 880, False)
    assert old in whole
    return whole.replace(old, new)


def test_the_status_of_a_stopped_miner_is_the_device_s_invalid_json(
    device: Device, recorded: Callable[[str], str]
) -> None:
    device.miner.sleep()
    assert call(device, "get_miner_status.cgi").body == recorded(
        "vnish39_script_get_miner_status_bmminer_down.derived.txt"
    )


def test_the_status_of_a_hashing_miner_has_the_device_s_keys(
    device: Device, recorded: Callable[[str], str]
) -> None:
    model = json.loads(recorded("vnish39_script_get_miner_status_mining.derived.json"))
    status = json.loads(call(device, "get_miner_status.cgi").body)
    assert [*status] == [*model]
    assert [*status["summary"]] == [*model["summary"]]
    assert [[*pool] for pool in status["pools"]] == [[*pool] for pool in model["pools"]]
    assert [[*board] for board in status["devs"]] == [[*board] for board in model["devs"]]
    assert all(type(value) is str for board in status["devs"] for value in board.values())


def test_system_information_says_that_the_mining_process_is_down(
    device: Device, recorded: Callable[[str], str]
) -> None:
    device.miner.stop()
    model = json.loads(recorded("vnish39_script_get_system_info_bmminer_down.derived.json"))
    info = json.loads(call(device, "get_system_info.cgi").body)
    assert [*info] == [*model]
    for key in ("minertype", "ant_hwv", "bmminer_version"):
        assert info[key] == model[key]


def test_system_information_of_a_hashing_miner_names_its_program(device: Device) -> None:
    info = json.loads(call(device, "get_system_info.cgi").body)
    assert (info["bmminer_version"], info["macaddr"]) == ("4.11.1", "C2:53:39:00:00:00")


def test_sleep_answers_in_the_recorded_shape_and_ends_mining(
    device: Device, recorded: Callable[[str], str]
) -> None:
    body = call(device, "do_sleep_mode.cgi", "mode=1").body
    model = recorded("vnish39_do_sleep_mode_1_response_shape.derived.txt")
    assert body.replace("1700000000", "1600299244").replace("Sleep mode", "<WORDING UNKNOWN>") == model
    assert stage(device) is Stage.DOWN


def test_refused_sleep_says_ok_all_the_same(device: Device, recorded: Callable[[str], str]) -> None:
    device.store(conf.rewritten_stock_conf(""))
    body = call(device, "do_sleep_mode.cgi", "mode=1").body
    model = recorded("vnish39_do_sleep_mode_1_denied_shape.derived.txt")
    assert body.replace("1700000000", "1600299244") == model
    assert stage(device) is Stage.HASHING


@pytest.mark.parametrize("form", ["mode=1", "mode=7", "&mode=0"])
def test_sleep_mode_says_ok_to_anything(device: Device, form: str) -> None:
    device.miner.sleep()
    assert call(device, "do_sleep_mode.cgi", form).body == "OK\n"
    assert stage(device) is Stage.DOWN


def test_waking_reboots_the_operating_system(device: Device) -> None:
    device.miner.sleep()
    assert call(device, "do_sleep_mode.cgi", "mode=0").body == "OK\n"
    assert (device.miner.stage, device.miner.boots) == (Stage.BOOTING, 2)


def test_a_whole_form_is_stored_and_restarts_the_mining_process(device: Device) -> None:
    answer = call(device, "set_miner_conf_custom.cgi", changed(device, "freq=650", "freq=500"))
    assert (answer.body, answer.delay) == ("ok\n", 1)
    assert stage(device) is Stage.LOADING
    device.miner.advance(60)
    assert device.miner.running.frequency == 500
    assert json.loads(call(device, "get_miner_conf.cgi").body)["bitmain-freq"] == "500"


def test_a_form_that_is_only_saved_waits_for_the_next_start(device: Device) -> None:
    form = changed(device, "freq=650", "freq=500").replace("presave=0", "presave=1")
    call(device, "set_miner_conf_custom.cgi", form)
    assert (device.miner.stage, device.miner.running.frequency) == (Stage.HASHING, 650)
    call(device, "reboot_cgminer.cgi")
    assert device.miner.running.frequency == 500


def test_a_form_for_deployment_changes_nothing_here(device: Device) -> None:
    before = device.conf
    form = changed(device, "freq=650", "freq=500").replace("presave=0", "presave=2")
    assert call(device, "set_miner_conf_custom.cgi", form).body == "ok\n"
    assert (device.conf, device.miner.stage) == (before, Stage.HASHING)


def test_a_partial_form_says_ok_and_the_pools_are_gone(device: Device) -> None:
    assert call(device, "set_miner_conf_custom.cgi", "_ant_freq=450").body == "ok\n"
    assert json.loads(device.conf)["pools"][0]["url"] == "_ant_freq=450"


def test_the_pool_script_restarts_too_and_leaves_the_frequency(device: Device) -> None:
    assert call(device, "set_miner_conf.cgi", "_ant_pool1url=a%3A1").body == "ok\n"
    assert json.loads(device.conf)["pools"][0]["url"] == "a:1"
    assert json.loads(device.conf)["bitmain-freq"] == "650"
    assert stage(device) is Stage.LOADING


def test_the_restart_script_never_answers(device: Device) -> None:
    answer = call(device, "reboot_cgminer.cgi")
    assert answer.never
    assert stage(device) is Stage.LOADING


def test_a_factory_reset_restores_the_configuration(device: Device) -> None:
    before = device.conf
    device.store("")
    answer = call(device, "reset_conf.cgi")
    assert (answer.status, answer.body) == ("500 Internal Server Error", "")
    assert (device.conf, device.miner.stage) == (before, Stage.BOOTING)


def test_a_script_that_prints_nothing_is_a_bare_500(device: Device) -> None:
    device.store("")
    answer = call(device, "get_miner_conf.cgi")
    assert (answer.status, answer.body, answer.content_type) == ("500 Internal Server Error", "", None)


def test_a_form_saved_while_the_process_starts_is_stored_and_not_applied(
    new_miner: Callable[..., Miner],
) -> None:
    device = Device(MinerId("127.0.1.1"), 0, new_miner(replace(FIELD, restart_failure=0.0)))
    device.miner.restart()
    assert stage(device) is Stage.LOADING
    form = conf._factory_form(500, 860, False).replace("presave=0", "presave=1")
    call(device, "set_miner_conf_custom.cgi", form)
    device.miner.advance(200)
    assert json.loads(device.conf)["bitmain-freq"] == "500"
    assert (device.miner.stage, device.miner.running.frequency) == (Stage.HASHING, 650)


def test_a_form_drops_what_it_has_no_field_for_and_opens_the_api_to_everybody(device: Device) -> None:
    stored = json.loads(device.conf) | {"api-allow": "W:127.0.0.1", "my-own": "1"}
    stored["pools"].append({"url": "fourth:1", "user": "x", "pass": "x"})
    device.store(json.dumps(stored))
    call(device, "set_miner_conf_custom.cgi", conf._factory_form(500, 860, False))
    after = json.loads(device.conf)
    assert (after["api-allow"], len(after["pools"]), "my-own" in after) == ("W:0/0", 3, False)


def test_a_miner_that_is_deaf_to_sleep_answers_as_ever_and_is_stopped_by_the_other_way() -> None:
    built = build_devices(1, "127.0.1.1", DOCUMENT, 1, asleep=False, faults=[DEAF])
    device = next(iter(built.values()))
    assert "Sleep mode" in call(device, "do_sleep_mode.cgi", "mode=1").body
    assert stage(device) is Stage.HASHING
    call(device, "stop_bmminer.cgi")
    assert stage(device) is Stage.DOWN


def test_simple_scripts_print_what_the_device_prints(device: Device) -> None:
    assert call(device, "check.cgi").body == "1\n"
    assert call(device, "find_mode.cgi", "mode=1").body == "Enabled\n"
    assert device.find_mode
    assert call(device, "find_mode.cgi", "mode=0").body == "Disabled\n"
    assert call(device, "switch.cgi", "topool=2").body == "Switch to pool 2\n"
    assert device.active_pool == 2
    assert call(device, "volt.cgi", "voltage=940").body == "Set new voltage \n"
    assert device.miner.running.voltage == 9.4
    assert call(device, "stop_bmminer.cgi").body == "ok"
    assert call(device, "kill_bmminer.cgi").body == "ok"
    assert call(device, "reboot.cgi").body == "Reboot\n"


def test_chip_hashrates_are_a_file_with_a_type_and_stay_when_mining_stops(
    device: Device, recorded: Callable[[str], str]
) -> None:
    model = json.loads(recorded("vnish39_device_chip_hr_one_board.json"))
    answer = call(device, "chip_hr.json")
    boards = json.loads(answer.body)["chiphr"]
    assert answer.content_type == "application/octet-stream"
    assert [*boards[2]] == [*model["chiphr"][0]]
    device.miner.sleep()
    assert call(device, "chip_hr.json").body == answer.body


def test_an_unknown_script_is_the_web_server_s_page(device: Device) -> None:
    answer = call(device, "blink.cgi")
    assert (answer.status, answer.content_type) == ("404 Not Found", "text/html")
    assert "<title>404 - Not Found</title>" in answer.body


def test_the_page_for_401_is_the_recorded_one(recorded: Callable[[str], str]) -> None:
    assert cgi.error_page("401 Unauthorized") == recorded("http_401_body_lighttpd.html").rstrip("\n")


@pytest.mark.parametrize(
    "script",
    [
        "do_sleep_mode.cgi",
        "stop_bmminer.cgi",
        "reboot_cgminer.cgi",
        "set_miner_conf_custom.cgi",
        "chip_hr.json",
    ],
)
def test_stock_firmware_has_no_means_to_idle(stock_device: Device, script: str) -> None:
    assert call(stock_device, script, "mode=1").status == "404 Not Found"
    assert stock_device.miner.stage is Stage.HASHING


def test_a_stock_miner_is_restarted_by_its_watchdog_and_keeps_its_frequency(stock_device: Device) -> None:
    call(stock_device, "set_miner_conf.cgi", "&".join([*["x"] * 13, "_ant_freq=300"]))
    assert json.loads(stock_device.conf)["bitmain-freq"] == "300"
    call(stock_device, "kill_bmminer.cgi")
    assert json.loads(call(stock_device, "get_miner_status.cgi").body)["summary"]["ghs5s"] == "0"
    stock_device.miner.advance(60)
    assert (stock_device.miner.stage, stock_device.miner.running.frequency) == (Stage.HASHING, 650)


def test_while_the_field_s_api_hangs_the_scripts_find_no_process(new_miner: Callable[..., Miner]) -> None:
    miner = new_miner(replace(FIELD, boot_failure=((1, 0.0),)), asleep=True)
    booting = Device(MinerId("127.0.1.1"), 0, miner)
    miner.wake()
    miner.advance(45)
    assert miner.stage is Stage.STARTING
    info = json.loads(call(booting, "get_system_info.cgi").body)
    assert (info["ant_hwv"], info["bmminer_version"]) == ("", "")
    assert call(booting, "do_sleep_mode.cgi", "mode=1").body == "OK\n"
    assert miner.stage is Stage.STARTING


def test_commands_are_noted_and_reads_are_not_among_them(device: Device) -> None:
    call(device, "get_miner_conf.cgi")
    call(device, "do_sleep_mode.cgi", "mode=1")
    assert [request.text for request in device.commands] == ["POST /cgi-bin/do_sleep_mode.cgi mode=1"]
    assert device.requests[0].text == "GET /cgi-bin/get_miner_conf.cgi"
