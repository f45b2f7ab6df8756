import contextlib
import json
import re
import time
from urllib.parse import unquote_plus

import pytest
from canned_miner import device_script, fixture
from hypothesis import given, settings
from hypothesis import strategies as st

from netstab.devices.antminer.configuration import (
    check,
    frequency_of,
    is_vnish,
    parse_configuration,
    power_share,
    redacted,
)
from netstab.devices.antminer.form import differences, encode_form, form_fields, refuse_loss
from netstab.devices.antminer.tuning import with_frequency
from netstab.errors import CommandRefused, ConfigurationUnwritable, DeviceError, MalformedAnswer
from netstab.simulation import conf as real_script
from netstab.units import Megahertz, Volts

GOOD = fixture("vnish39_device_bmminer_conf_good.json")
ORDER = """pool1url pool1user pool1pw pool2url pool2user pool2pw pool3url pool3user pool3pw nobeeper
notempoverctrl
fan_customize_switch fan_customize_value freq freq1 freq2 freq3 voltage voltage1 voltage2 voltage3 fan_rpm_off
chip_freq autodownscale autodownscale_watch autodownscale_watchtimer autodownscale_timer autodownscale_after
autodownscale_step autodownscale_min autodownscale_prec autodownscale_profile minhr asicboost tempoff altdf
presave name warn maxx trigger_reboot target_temp silentstart altdfno autodownscale_reboot hotel_fee lpm_mode
dchain5 dchain6 dchain7""".split()  # noqa: SIM905 - easier to hold against the document


def test_the_form_has_the_fifty_fields_in_the_order_of_the_device() -> None:
    fields = form_fields(parse_configuration(GOOD))
    assert [name for name, _ in fields] == [f"_ant_{name}" for name in ORDER]


def test_the_form_has_the_values_of_the_devices_own_interface() -> None:
    values = {name.removeprefix("_ant_"): value for name, value in form_fields(parse_configuration(GOOD))}
    assert (values["pool1url"], values["pool1user"], values["pool1pw"]) == (
        "solo.antpool.com:3333",
        "worker",
        "123",
    )
    assert (values["freq"], values["voltage"], values["fan_customize_value"]) == ("650", "920", "100")
    assert (values["presave"], values["name"], values["altdf"], values["asicboost"]) == (
        "0",
        "0",
        "true",
        "false",
    )
    assert values["chip_freq"].count(":") == 188


@pytest.mark.parametrize(
    ("told", "share"), [(True, 0.87), ("true", 0.87), (False, 1.0), ("", 1.0), (None, 1.0), ([1], 1.0)]
)
def test_with_asicboost_a_miner_draws_less_than_its_curve_says(told: object, share: float) -> None:
    assert power_share({**parse_configuration(GOOD), "asicboost": told}) == share
    assert power_share({}) == 1.0


@pytest.mark.parametrize(
    "name",
    [
        "vnish39_device_bmminer_conf_good.json",
        "vnish386_s9_get_miner_conf.json",
        "vnish39_script_bmminer_conf_after_full_post.derived.json",
    ],
)
def test_a_recorded_configuration_survives_the_way_through_the_form(name: str) -> None:
    conf = parse_configuration(fixture(name))
    check(conf)
    stored = parse_configuration(device_script(encode_form(form_fields(conf))))
    assert differences(conf, stored) == ()
    assert {
        key: stored.get(key) for key in conf if key.startswith(("bitmain-freq", "bitmain-voltage", "asic"))
    } == {
        key: value
        for key, value in conf.items()
        if key.startswith(("bitmain-freq", "bitmain-voltage", "asic"))
    }


def test_the_test_script_shows_the_harm_of_a_partial_form_as_the_device_does() -> None:
    stored = parse_configuration(device_script(b"x=_ant_freq=450&x=_ant_voltage=860"))
    recorded = parse_configuration(fixture("vnish39_script_bmminer_conf_after_partial_post.derived.txt"))
    assert stored["pools"] == recorded["pools"]
    assert stored["bitmain-freq"] == recorded["bitmain-freq"] == ""


@pytest.mark.parametrize(
    "name",
    [
        "vnish39_device_bmminer_conf_CORRUPTED.json",
        "vnish39_script_bmminer_conf_after_partial_post.derived.txt",
    ],
)
def test_a_corrupted_configuration_is_refused(name: str) -> None:
    with pytest.raises(MalformedAnswer, match="corrupted"):
        check(parse_configuration(fixture(name)))


def test_a_worker_named_like_a_field_is_no_corruption() -> None:
    check(parse_configuration(GOOD.replace(b'"worker"', b'"my_ant_farm"')))


def test_a_key_without_a_value_counts_as_off() -> None:
    conf = parse_configuration(GOOD.replace(b'"multi-version"', b'"bitmain-fan-ctrl" : ,\n"multi-version"'))
    assert conf["bitmain-fan-ctrl"] is False
    assert ("_ant_fan_customize_switch", "false") in form_fields(conf)


@pytest.mark.parametrize(
    ("stored", "sent"), [(None, "false"), ("5", "true"), (True, "true"), ("false", "false")]
)
def test_the_watch_timer_is_sent_as_the_devices_own_interface_sends_it(stored: object, sent: str) -> None:
    conf = parse_configuration(GOOD)
    if stored is not None:
        conf["bitmain-autodownscale-watchtimer"] = stored
    assert ("_ant_autodownscale_watchtimer", sent) in form_fields(conf)


def test_an_empty_file_is_malformed() -> None:
    with pytest.raises(MalformedAnswer):
        parse_configuration(b"")


def test_one_frequency_holds_for_all_boards_and_chips() -> None:
    conf = parse_configuration(GOOD) | {
        "bitmain-freq1": "700",
        "bitmain-voltage2": "900",
        "bitmain-chip-freq": "1:2",
        "bitmain-autodownscale-profile": "6",
    }
    changed = with_frequency(conf, Megahertz(525), Volts(8.55))
    assert (changed["bitmain-freq"], changed["bitmain-voltage"]) == ("525", "860")
    assert {changed[f"bitmain-{name}{n}"] for name in ("freq", "voltage") for n in (1, 2, 3)} == {"0"}
    assert set(changed["bitmain-chip-freq"].split(":")) == {"0"}
    assert changed["bitmain-autodownscale-profile"] == "0"
    assert changed["pools"] == conf["pools"]


@pytest.mark.parametrize(
    ("frequency", "centivolts"), [(100, "790"), (300, "810"), (525, "860"), (650, "880"), (1175, "950")]
)
def test_without_a_voltage_the_curves_is_taken_within_the_devices_range(
    frequency: int, centivolts: str
) -> None:
    conf = with_frequency(parse_configuration(GOOD), Megahertz(frequency), None)
    assert conf["bitmain-voltage"] == centivolts


@pytest.mark.parametrize(
    ("frequency", "voltage"),
    [(99, 8.8), (1176, 8.8), (650, 7.8), (650, 9.6), (650, float("nan")), (650, 880.0)],
)
def test_what_the_miner_cannot_take_is_refused(frequency: int, voltage: float) -> None:
    with pytest.raises(CommandRefused):
        with_frequency(parse_configuration(GOOD), Megahertz(frequency), Volts(voltage))


@pytest.mark.parametrize("character", ["!", '"', "'", "(", ")", "*", "\\", "`", "é", "\x01"])
def test_a_character_that_the_device_would_store_escaped_is_refused(character: str) -> None:
    conf = parse_configuration(GOOD)
    conf["pools"][0]["pass"] = f"s3cret{character}"
    with pytest.raises(CommandRefused) as caught:
        encode_form(form_fields(conf))
    assert "pool1pw" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_differences_are_named_without_their_values() -> None:
    conf = parse_configuration(GOOD)
    other = json.loads(json.dumps(conf))
    other["pools"][1]["pass"] = "changed"
    other["bitmain-freq"] = "600"
    assert differences(conf, other) == ("pool2pw", "freq")


def test_secrets_are_removed() -> None:
    assert "123" not in json.dumps(redacted(parse_configuration(GOOD))["pools"])
    assert redacted(parse_configuration(GOOD))["pools"][0] == {
        "url": "solo.antpool.com:3333",
        "user": "worker",
    }
    misplaced = {"bitmain-minhr": "_ant_pool1pw=s3cret", "pools": [{"pass": "s3cret"}, "s3cret"]}
    assert "s3cret" not in json.dumps(redacted(misplaced))


def test_vnish_is_known_by_its_keys_and_the_frequency_is_read() -> None:
    vnish, stock = parse_configuration(GOOD), parse_configuration(fixture("stock_s9_get_miner_conf_a.json"))
    assert is_vnish(vnish)
    assert not is_vnish(stock)
    assert (frequency_of(vnish), frequency_of(stock), frequency_of({})) == (650, 550, None)


def whole_form(conf: dict[str, object]) -> bytes:
    """Write the form as the driver does, with all that it refuses."""
    check(conf)
    fields = form_fields(conf)
    refuse_loss(conf)
    return encode_form(fields)


def refusal_of(stored: bytes) -> str:
    with pytest.raises(ConfigurationUnwritable) as caught:
        whole_form(parse_configuration(stored))
    return str(caught.value)


@pytest.mark.parametrize("value", [b"", b" null", b" false", b" true", b" 1.5", b" {}", b" []"])
@pytest.mark.parametrize("key", ["url", "user", "pass"])
def test_a_pool_without_a_value_is_refused_and_named(key: str, value: bytes) -> None:
    start = GOOD.index(f'"{key}" : '.encode())
    end = start + GOOD[start:].index(b"\n")
    comma = b"," if key != "pass" else b""
    stored = GOOD[:start] + f'"{key}" :'.encode() + value + comma + GOOD[end:]
    assert f"pool 1 {key}" in refusal_of(stored)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (b'"W:0/0"', b'"W:127.0.0.1"', "(api-allow); its API would be opened to the whole network"),
        (b'"multi-version"', b'"my-own" : "1",\n"multi-version"', "(my-own)"),
        (b'"multi-version"', b'"presave" : "2",\n"multi-version"', "(presave)"),
        (b'version"', b'version:noncenum"', "(api-groups)"),
        (b'"bitmain-maxx"', b'"bitmain-fan-pwm" : "50",\n"bitmain-maxx"', "(bitmain-fan-pwm)"),
        (b"]\n,", b',{"url" : "d:1", "user" : "u", "pass" : "p"}]\n,', "(pool 4)"),
        (b'"user" : "worker"', b'"user" : "worker", "quota" : "2"', "(pool 1 quota)"),
    ],
)
def test_what_the_script_would_drop_or_open_is_refused_by_name(old: bytes, new: bytes, named: str) -> None:
    assert old in GOOD
    assert named in refusal_of(GOOD.replace(old, new, 1))


@pytest.mark.parametrize("secret", ["a%2Cb", "%25", "x%3a", "%%2C"])
def test_a_password_that_the_script_would_decode_twice_is_refused_before_it_is_written(secret: str) -> None:
    conf = parse_configuration(GOOD)
    conf["pools"][0]["pass"] = secret
    with pytest.raises(CommandRefused) as caught:
        whole_form(conf)
    assert "pool1pw" in str(caught.value)
    assert secret not in str(caught.value)


_worker = st.text(alphabet="abcXYZ019-._~#$%&,+:;<=>?@[]^{|}/", max_size=12).filter(
    lambda text: not re.search("%[0-9a-cX-Z]{2}", text)
)


@settings(max_examples=60)
@given(
    st.lists(st.fixed_dictionaries({"url": _worker, "user": _worker, "pass": _worker}), max_size=3),
    st.integers(100, 1175),
    st.booleans(),
)
def test_any_configuration_survives_the_way_through_the_form(
    pools: list[dict[str, str]], frequency: int, asicboost: bool
) -> None:
    conf = parse_configuration(GOOD) | {"pools": pools} | ({"asicboost": True} if asicboost else {})
    meant = with_frequency(conf, Megahertz(frequency), None)
    body = encode_form(form_fields(meant))
    assert [unquote_plus(pair.partition("=")[2]) for pair in body.decode().split("&")] == [
        value for _, value in form_fields(meant)
    ]
    assert differences(meant, parse_configuration(device_script(body))) == ()


_KEYS = [*parse_configuration(GOOD), "asicboost", "bitmain-fan-ctrl", "bitmain-fan-pwm", "dchain6", "x"]
_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 2000),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(["true", "false", "0", "%2C", "None", "W:0/0"]),
    st.just([]),
    st.just({}),
)
_pools = st.lists(
    st.one_of(_values, st.dictionaries(st.sampled_from(["url", "user", "pass", "x"]), _values, max_size=4)),
    max_size=4,
)


def as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@settings(max_examples=600)
@given(
    changes=st.dictionaries(st.sampled_from(_KEYS), _values, max_size=3),
    gone=st.sets(st.sampled_from(_KEYS), max_size=3),
    pools=st.none() | _pools,
)
def test_a_configuration_is_refused_or_comes_back_from_the_real_script_as_it_was(
    changes: dict[str, object], gone: set[str], pools: list[object] | None
) -> None:
    kept = {key: value for key, value in parse_configuration(GOOD).items() if key not in gone}
    conf = kept | changes | ({} if pools is None else {"pools": pools})
    try:
        body = whole_form(conf)
    except DeviceError:
        return
    stored = json.loads(real_script.custom_conf(body.decode()))
    blank = {"url": "", "user": "", "pass": ""}
    meant_pools = [{key: str(value) for key, value in pool.items()} for pool in conf["pools"]]
    assert stored["pools"] == [*meant_pools, *[blank] * 3][:3]
    for key, value in conf.items():
        if key == "pools":
            continue
        off = value in (None, False, "false") or (key, value) == ("bitmain-fan-pwm", "100")
        assert key in stored or off
        assert key not in stored or as_text(stored[key]) == as_text(value)
    assert not {"None", "null"} & ({*map(as_text, stored.values())} - {*map(as_text, changes.values())})


@settings(max_examples=100)
@given(st.sampled_from(["_ant_", "_ant_a", "%2", '"', "a="]), st.integers(1, 50_000))
def test_no_text_of_a_configuration_takes_long(unit: str, times: int) -> None:
    conf = parse_configuration(GOOD)
    conf["pools"][0]["user"] = unit * times
    began = time.thread_time()
    redacted(conf)
    with contextlib.suppress(DeviceError):
        whole_form(conf)
    assert time.thread_time() - began < 1.0
