"""The stored configuration, against what the device's own scripts wrote."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.simulation import conf
from netstab.simulation.boards import Settings
from netstab.simulation.device import Device

FULL = {
    "freq": "500",
    "voltage": "870",
    "pool1url": "stratum%2Btcp%3A%2F%2Fpool.example.com%3A3333",
    "pool1user": "acct.w+1",
    "pool1pw": "x",
    "asicboost": "true",
    "altdf": "true",
    "chip_freq": "%3A".join("0" * 189),
    "autodownscale_timer": "1",
    "autodownscale_after": "120",
    "autodownscale_step": "2",
    "autodownscale_min": "650",
    "autodownscale_prec": "75",
}
EMPTY = ("pool2url", "pool2user", "pool2pw", "pool3url", "pool3user", "pool3pw")
ORDER = (
    "pool1url", "pool1user", "pool1pw", "pool2url", "pool2user", "pool2pw", "pool3url", "pool3user",
    "pool3pw", "nobeeper", "notempoverctrl", "fan_customize_switch", "fan_customize_value", "freq", "freq1",
    "freq2", "freq3", "voltage", "voltage1", "voltage2", "voltage3", "fan_rpm_off", "chip_freq",
    "autodownscale", "autodownscale_watch", "autodownscale_watchtimer", "autodownscale_timer",
    "autodownscale_after", "autodownscale_step", "autodownscale_min", "autodownscale_prec",
    "autodownscale_profile", "minhr", "asicboost", "tempoff", "altdf", "presave", "name", "warn", "maxx",
    "trigger_reboot", "target_temp", "silentstart", "altdfno", "autodownscale_reboot", "hotel_fee",
    "lpm_mode", "dchain5", "dchain6", "dchain7",
)  # fmt: skip


def form(**changes: str) -> str:
    values = dict.fromkeys(ORDER, "0") | dict.fromkeys(EMPTY, "") | FULL | changes
    return "&".join(f"_ant_{name}={values[name]}" for name in ORDER)


def test_a_full_post_writes_the_file_that_the_device_s_script_wrote(recorded: Callable[[str], str]) -> None:
    written = conf.custom_conf(form())
    assert written == recorded("vnish39_script_bmminer_conf_after_full_post.derived.json")


def test_a_partial_post_wipes_the_pools_as_on_the_device(recorded: Callable[[str], str]) -> None:
    written = conf.custom_conf("_ant_freq=450&_ant_voltage=860")
    assert written == recorded("vnish39_script_bmminer_conf_after_partial_post.derived.txt")


def test_a_reordered_post_stores_names_as_values() -> None:
    parts = form().split("&")
    parts[13], parts[17] = parts[17], parts[13]
    stored = json.loads(conf.custom_conf("&".join(parts)))
    assert (stored["bitmain-freq"], stored["bitmain-voltage"]) == ("_ant_voltage=870", "_ant_freq=500")
    assert conf.settings(stored, 650).frequency == 650


def test_every_switch_that_is_on_is_written_and_no_other() -> None:
    on = json.loads(
        conf.custom_conf(form(fan_customize_switch="true", fan_customize_value="80", dchain6="true"))
    )
    off = json.loads(conf.custom_conf(form()))
    assert on.keys() - off.keys() == {"bitmain-fan-ctrl", "bitmain-fan-pwm", "dchain6"}


def test_a_factory_file_has_the_recorded_keys_in_order(
    recorded: Callable[[str], str], device: Device, stock_device: Device
) -> None:
    vnish = json.loads(recorded("vnish39_device_bmminer_conf_good.json"))
    stock = json.loads(recorded("stock_s9_get_miner_conf_a.json"))
    assert list(json.loads(device.conf)) == list(vnish)
    assert list(json.loads(stock_device.conf)) == list(stock)
    assert json.loads(device.conf) | {"pools": 0, "bitmain-voltage": 0} == vnish | {
        "pools": 0,
        "bitmain-voltage": 0,
    }


@pytest.mark.parametrize("code", ["%20", "%21", "%22", "%27", "%28", "%29", "%2A", "%5C", "%60", "ü", "%2f"])
def test_what_the_script_cannot_decode_is_stored_as_it_came(code: str) -> None:
    assert conf.decode(code) == code


@given(st.text(alphabet="abc #$%&,+:;<=>?@[]^{}/", max_size=20))
def test_what_the_script_can_decode_survives(text: str) -> None:
    table = {sign: f"%{ord(sign):02X}" for sign in "#$%&,+:;<=>?@[]^{}/"} | {" ": "+"}
    assert conf.decode("".join(table.get(sign, sign) for sign in text)) == text


def test_what_one_code_leaves_behind_may_be_decoded_once_more() -> None:
    assert conf.decode("%252C") == ","
    assert conf.decode("%2523") == "%23"


def test_presets_are_those_of_the_web_interface(recorded: Callable[[str], str]) -> None:
    for preset in json.loads(recorded("vnish39_ui_profiles.json"))["profiles"]:
        driven = conf.settings(
            {"bitmain-autodownscale-profile": str(preset["profile"]), "bitmain-freq": "300"}, 650
        )
        volts = preset["voltage_centivolt"] / 100
        assert driven == Settings(preset["freq_mhz"], volts, asicboost=False)


@pytest.mark.parametrize("text", ["", "_ant_freq1=0", "99", "1176", "-5", "٦٥٠", "650.5"])
def test_nonsense_as_frequency_leaves_the_usual_one(text: str) -> None:
    assert conf.settings({"bitmain-freq": text}, 600) == Settings(600, 8.7, asicboost=False)


def test_the_pool_script_keeps_a_url_with_a_slash_and_says_nothing(device: Device) -> None:
    pools = "_ant_pool1url=stratum%2Btcp%3A%2F%2Fa%3A1&_ant_pool1user=me&_ant_pool1pw=p&_ant_pool2url=b%3A2"
    written = json.loads(conf.sed_pools(device.conf, pools))["pools"]
    assert written[0] == {"url": "solo.antpool.com:3333", "user": "me", "pass": "p"}
    assert written[1]["url"] == "b:2"


def test_an_ampersand_in_a_worker_s_name_inserts_the_old_line(device: Device) -> None:
    written = conf.sed_pools(device.conf, "_ant_pool1url=a%3A1&_ant_pool1user=x%26y")
    assert '"user" : "x"user" : "antminer_1",y",' in written


def test_a_broken_file_reads_as_empty() -> None:
    assert conf.read('{"bitmain-fan-ctrl" : ,}') == {}
    assert conf.read("[]") == {}
    assert conf.pools({}) == []
