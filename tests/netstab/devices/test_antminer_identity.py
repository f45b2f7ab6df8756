import pytest
from canned_miner import fixture

from netstab.devices.antminer import api_protocol, identity
from netstab.devices.antminer.configuration import parse_configuration
from netstab.devices.port import Firmware

VNISH_CONF = parse_configuration(fixture("vnish39_device_bmminer_conf_good.json"))
STOCK_CONF = parse_configuration(fixture("stock_s9_get_miner_conf_a.json"))


@pytest.mark.parametrize(
    ("type_name", "conf", "firmware"),
    [
        ("Antminer S9 (vnish 3.9.0)", VNISH_CONF, Firmware.VNISH),
        ("Antminer S9 (vnish for AWESOME 3.8.6)", STOCK_CONF, Firmware.VNISH),
        ("Antminer S9", VNISH_CONF, Firmware.VNISH),
        ("Antminer S9 (A.P. 3.8.6)", VNISH_CONF, Firmware.VNISH),
        ("Antminer S9\nV1.3.58", STOCK_CONF, Firmware.STOCK),
        ("Antminer S9", {}, Firmware.STOCK),
        ("Antminer S9 Hiveon", STOCK_CONF, Firmware.UNKNOWN),
    ],
)
def test_firmware_is_judged_by_name_and_configuration(
    type_name: str, conf: dict[str, object], firmware: Firmware
) -> None:
    assert identity.firmware_of(type_name, conf) is firmware


@pytest.mark.parametrize(
    ("type_name", "model", "version"),
    [
        ("Antminer S9 (vnish 3.9.0)", "Antminer S9", "3.9.0"),
        ("Antminer S9\nV1.3.58", "Antminer S9", "1.3.58"),
        ("ANTMINER S9 (VNISH 3.9.0)", "Antminer S9", "3.9.0"),
        ("Antminer S9i", "Antminer S9i", ""),
    ],
)
def test_the_type_names_model_and_version(type_name: str, model: str, version: str) -> None:
    system = {"minertype": type_name, "macaddr": "02:00:00:00:00:0a", "hostname": "antMiner"}
    found = identity.web_identity(system, VNISH_CONF, Firmware.VNISH)
    assert (found.model, found.firmware_version) == (model, version)
    assert (found.mac, found.hostname, found.frequency, found.controllable) == (
        "02:00:00:00:00:0a",
        "antMiner",
        650,
        True,
    )


def test_stock_firmware_is_not_controllable() -> None:
    found = identity.web_identity({"minertype": "Antminer S9"}, STOCK_CONF, Firmware.STOCK)
    assert (found.frequency, found.controllable) == (550, False)


def test_the_api_alone_tells_the_firmware_too() -> None:
    vnish = identity.api_identity(api_protocol.parse_version(fixture("vnish386_s9_version.json")))
    assert (vnish.firmware, vnish.firmware_version, vnish.controllable) == (Firmware.VNISH, "3.8.6", True)
    stock = identity.api_identity(api_protocol.parse_version(fixture("stock_s9_v1358_version.json")))
    assert (stock.firmware, stock.firmware_version, stock.controllable) == (Firmware.STOCK, "1.3.58", False)
    assert identity.api_identity({"BMMiner": "2.0.0 rwglr"}).firmware is Firmware.UNKNOWN
