import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netstab.dispatch.constraints import PRESETS, Constraints, Preset
from netstab.errors import SettingsError
from netstab.settings import read_settings
from netstab.settings.meter import ModbusType
from netstab.settings.variables import Variables

USABLE = {name: field.default for name, field in Variables.model_fields.items()}


def test_the_documented_defaults_are_in_force_without_an_environment() -> None:
    settings = read_settings({})
    assert (str(settings.network), settings.port, settings.poll_interval) == ("192.168.1.0/24", 8000, 5.0)
    assert (settings.snapshot_interval, settings.snapshot_retention_hours) == (60.0, 24.0)
    assert settings.rated_power is None
    assert settings.constraints.tolerance_percent == 5
    assert (settings.meter.url, settings.meter.modbus.kind) == ("", ModbusType.FLOAT32)
    assert (settings.ems_timeout, settings.ems_failsafe) == (0.0, "hold")


def test_every_fault_is_listed_in_one_message() -> None:
    wrong = {
        "POLL_INTERVAL_SECONDS": "soon",
        "MINER_NETWORK_CIDR": "8.8.8.0/24",
        "WAKE_BATCH_SIZE": "1.5",
        "EMS_FAILSAFE": "panic",
        "POWER_METER_URL": "ftp://meter",
        "POWER_METER_MODBUS_TYPE": "int64",
    }
    with pytest.raises(SettingsError) as error:
        read_settings(wrong)
    for name, text in wrong.items():
        assert name in str(error.value)
        assert repr(text) in str(error.value)


def test_the_ems_has_a_port_of_its_own_or_none() -> None:
    assert read_settings({"NETSTAB_PORT": "0", "EMS_PORT": "0"}).ems_port == 0
    assert read_settings({"NETSTAB_PORT": "8000", "EMS_PORT": "8001"}).ems_port == 8001
    assert read_settings({"EMS_PORT": " "}).ems_port is None
    with pytest.raises(SettingsError, match="EMS_PORT must be another port than NETSTAB_PORT, got '8000'"):
        read_settings({"EMS_PORT": "8000"})


@pytest.mark.parametrize("name", ["MINER_API_PORT", "MINER_HTTP_PORT", "WHATSMINER_API_PORT"])
def test_nobody_is_asked_at_port_0(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be a port from 1 to 65535, got '0'"):
        read_settings({name: "0"})
    read_settings({name: "1"})


def test_a_password_is_never_shown() -> None:
    with pytest.raises(SettingsError) as error:
        read_settings({"DATABASE_URL": "mysql://me:secret@host/log", "MINER_PASSWORD": " "})
    assert "secret" not in str(error.value)
    settings = read_settings({"DATABASE_URL": "postgresql://me:secret@host/log", "MINER_PASSWORD": "hidden"})
    assert "secret" not in repr(settings)
    assert "hidden" not in repr(settings)


def test_a_password_is_one_line_and_is_not_shown_where_it_is_none() -> None:
    with pytest.raises(SettingsError, match="MINER_PASSWORD must not hold control characters") as caught:
        read_settings({"MINER_PASSWORD": "se\ncret"})
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "failsafe"), [("Hold", "hold"), ("standby", "standby"), ("0", 0), ("2.5", 2500)]
)
def test_the_failsafe_is_a_word_or_a_power_in_kilowatts(text: str, failsafe: int | str) -> None:
    assert read_settings({"EMS_FAILSAFE": text}).ems_failsafe == failsafe


@pytest.mark.parametrize(
    "url", ["http://10.0.0.9/status", "https://meter.local:8443", "modbus://10.0.0.9:502"]
)
def test_a_meter_is_reached_by_http_or_modbus(url: str) -> None:
    assert read_settings({"POWER_METER_URL": url}).meter.url == url


@pytest.mark.parametrize("url", ["modbus://10.0.0.9:99999", "http://10.0.0.9:0/", "http://[10.0.0.9/"])
def test_a_meter_without_a_usable_address_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match="POWER_METER_URL must be"):
        read_settings({"POWER_METER_URL": url})


@pytest.mark.parametrize("block", ["0.0.0.0/16", "240.0.0.0/16", "255.255.255.255/32"])
def test_what_is_no_host_is_no_network(block: str) -> None:
    with pytest.raises(SettingsError, match="must lie inside loopback, link-local or private ranges"):
        read_settings({"MINER_NETWORK_CIDR": block})


def test_miners_are_talked_to_in_their_network_and_in_what_is_allowed_besides() -> None:
    given = {"MINER_NETWORK_CIDR": "127.0.7.0/24", "MINER_ALLOWED_NETWORKS": " 10.1.0.0/16, 169.254.7.1 ,"}
    reach = read_settings(given).reach
    assert str(reach) == "127.0.7.0/24, 10.1.0.0/16, 169.254.7.1/32"
    assert [reach.covers(one) for one in ("127.0.7.9", "10.1.255.1", "169.254.7.1")] == [True] * 3
    assert [reach.covers(one) for one in ("127.0.8.1", "10.2.0.1", "169.254.7.2", "8.8.8.8")] == [False] * 4
    assert read_settings({}).allowed_networks == ()


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.0/33",
        "all",
        "10.0.0.0/7",
        "0.0.0.0/0",
        "0.0.0.0/8",
        "224.0.0.0/8",
        "::1",
        "10.0.0.0/8;1.1.1.1",
    ],
)
def test_what_is_no_block_of_hosts_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match="MINER_ALLOWED_NETWORKS must be"):
        read_settings({"MINER_ALLOWED_NETWORKS": text})


@given(st.sampled_from(sorted(USABLE)), st.text(max_size=20))
@example("RESERVE_FILE", "a\0b")
@example("DATABASE_URL", "sqlite:///a\0b")
def test_any_text_is_read_or_refused_by_name(name: str, text: str) -> None:
    try:
        read_settings({name: text})
    except SettingsError as error:
        assert name in str(error)  # noqa: PT017


@pytest.mark.parametrize("name", ["RATED_POWER_KW", "EMS_FAILSAFE", "POWER_METER_BASE_KW"])
@pytest.mark.parametrize("text", ["1e9", "-1", "nan", "watts"])
def test_a_bound_is_told_as_people_write_figures(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=rf"{name} must be .*from [\d.]+ to 1,000,000\b"):
        read_settings({name: text})


@pytest.mark.parametrize(
    "url", ["http://10.0.0.9:17790", "https://awesome.example", "http://10.0.0.9:17790/api/"]
)
def test_awesome_miner_is_a_server_with_a_key_and_without_control_unless_it_is_set(url: str) -> None:
    given = read_settings({"AWESOME_MINER_URL": url, "AWESOME_MINER_KEY": " 0123 "})
    awesome = given.awesome_miner
    assert (awesome.url, awesome.key, awesome.control) == (url, "0123", False)
    assert "0123" not in repr(given) + repr(awesome)
    assert read_settings({"AWESOME_MINER_CONTROL": "true"}).awesome_miner.control
    assert read_settings({}).awesome_miner.url == ""


@pytest.mark.parametrize(
    "url",
    [
        "10.0.0.9:17790",
        "http://10.0.0.9:99999",
        "http://10.0.0.9:17790/api/miners",
        "http://10.0.0.9:17790?key=4f5e6d",
        "ftp://10.0.0.9",
    ],
)
def test_what_is_no_awesome_miners_address_is_refused_and_a_key_in_it_is_not_shown(url: str) -> None:
    with pytest.raises(SettingsError, match="AWESOME_MINER_URL must be") as caught:
        read_settings({"AWESOME_MINER_URL": url})
    assert "4f5e6d" not in str(caught.value)


def test_a_key_that_cannot_be_used_is_not_shown() -> None:
    with pytest.raises(SettingsError, match=r"AWESOME_MINER_KEY must .* got \*\*\*") as caught:
        read_settings({"AWESOME_MINER_KEY": "4f5e\x006d"})
    assert "4f5e" not in str(caught.value)


def test_one_setting_says_what_dispatch_keeps_to_where_nothing_else_is_set() -> None:
    assert read_settings({}).constraints == PRESETS[Preset.S9]
    assert read_settings({"DISPATCH_PRESET": "document"}).constraints == Constraints()


@pytest.mark.parametrize("preset", Preset)
def test_what_is_set_stands_above_what_is_right_for_most(preset: Preset) -> None:
    given = {"WAKE_BATCH_SIZE": "30", "MIN_ON_SECONDS": "0", "MIN_OFF_SECONDS": "90"}
    found = read_settings({"DISPATCH_PRESET": preset.value, **given}).constraints
    assert (found.wake_batch_size, found.wake_batch_share) == (30, 0.0)
    assert (found.min_on, found.min_off) == (0.0, 90.0)


def test_auto_is_a_word_and_what_is_neither_it_nor_a_number_is_refused() -> None:
    auto = dict.fromkeys(("WAKE_BATCH_SIZE", "MIN_ON_SECONDS", "MIN_OFF_SECONDS"), " Auto ")
    assert read_settings(auto).constraints == read_settings({}).constraints
    with pytest.raises(SettingsError, match="MIN_ON_SECONDS must be a number from 0 to 86,400, or auto"):
        read_settings({"MIN_ON_SECONDS": "often"})
