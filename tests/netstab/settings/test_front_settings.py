"""The settings of the ways in beside HTTP: all off until they are set, and no secret of them shown."""

import pytest

from netstab.errors import SettingsError
from netstab.settings import read_settings


def test_every_front_is_off_until_it_is_set() -> None:
    fronts = read_settings({}).fronts
    assert (fronts.mqtt.url, fronts.modbus.listen, fronts.openadr.vtn_url, fronts.s2.url) == (
        "",
        None,
        "",
        "",
    )
    assert fronts.openadr.simple_percent == (75.0, 50.0, 0.0)


@pytest.mark.parametrize(
    "url", ["mqtt://broker", "mqtts://u:p%40ss@broker:8883", "mqtt://[::1]:1883", "mqtt://10.0.0.9:1883/"]
)
def test_a_broker_is_reached_with_or_without_tls_and_password(url: str) -> None:
    assert read_settings({"MQTT_URL": url}).fronts.mqtt.url == url


@pytest.mark.parametrize(
    "url",
    [
        "broker:1883",
        "http://broker",
        "mqtt://",
        "mqtt://broker:0",
        "mqtt://broker:99999",
        "mqtt://broker/site1",
        "mqtt://u:s/cret@b",
    ],
)
def test_what_is_no_brokers_address_is_refused_and_its_password_not_shown(url: str) -> None:
    with pytest.raises(
        SettingsError, match=r"MQTT_URL must be mqtt://host:port or mqtts://host:port"
    ) as said:
        read_settings({"MQTT_URL": url})
    assert "cret" not in str(said.value)


@pytest.mark.parametrize("topic", ["", "+/x", "a/#", "/a", "a/", "$SYS/x", "a\nb", "x" * 129])
def test_what_cannot_begin_a_topic_is_refused(topic: str) -> None:
    with pytest.raises(SettingsError, match="MQTT_TOPIC must"):
        read_settings({"MQTT_TOPIC": topic})


@pytest.mark.parametrize(
    ("text", "listen"),
    [
        ("127.0.0.1:502", ("127.0.0.1", 502)),
        ("[::1]:1502", ("::1", 1502)),
        ("", None),
        ("host:0", ("host", 0)),
    ],
)
def test_a_server_listens_at_an_address_and_a_port(text: str, listen: tuple[str, int] | None) -> None:
    assert read_settings({"MODBUS_LISTEN": text}).fronts.modbus.listen == listen


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("MODBUS_LISTEN", "502"),
        ("MODBUS_LISTEN", "127.0.0.1:70000"),
        ("OPENADR_SIMPLE_PERCENT", "50,75,0"),
        ("OPENADR_SIMPLE_PERCENT", "75,50"),
        ("OPENADR_SIMPLE_PERCENT", "101,50,0"),
        ("OPENADR_VTN_URL", "ftp://vtn"),
        ("OPENADR_VERSION", "2.0b"),
        ("OPENADR_TARGETS", ",".join("x" * 65)),
        ("S2_URL", "http://cem"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be"):
        read_settings({name: text})


def test_no_secret_is_shown() -> None:
    given = {"OPENADR_CLIENT_SECRET": "4f5e6d", "S2_TOKEN": "4f5e6d", "MQTT_URL": "mqtt://u:4f5e6d@broker"}
    settings = read_settings(given)
    assert settings.fronts.openadr.client_secret == settings.fronts.s2.token == "4f5e6d"
    assert "4f5e6d" not in repr(settings) + repr(settings.fronts)


def test_who_commands_is_named_once_each_and_the_others_come_after() -> None:
    assert read_settings({}).fronts.priority == ("rest", "modbus", "mqtt", "s2", "openadr", "schedule")
    assert read_settings({"EMS_PRIORITY": "Modbus, rest"}).fronts.priority == ("modbus", "rest")


@pytest.mark.parametrize("named", ["rest,rest", "rest,telegram", "price", "ems"])
def test_ways_in_that_are_not_known_or_named_twice_are_refused(named: str) -> None:
    with pytest.raises(SettingsError, match=r"EMS_PRIORITY must be ways in .* none twice, of rest, modbus"):
        read_settings({"EMS_PRIORITY": named})
