from typing import Any

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
    assert (found.mac, found.hostname, found.setting, found.capabilities.controllable) == (
        "02:00:00:00:00:0a",
        "antMiner",
        650,
        True,
    )


def test_stock_firmware_is_not_controllable() -> None:
    found = identity.web_identity({"minertype": "Antminer S9"}, STOCK_CONF, Firmware.STOCK)
    assert (found.setting, found.capabilities.controllable) == (550, False)


def test_the_api_alone_tells_the_firmware_too() -> None:
    vnish = identity.api_identity(api_protocol.parse_version(fixture("vnish386_s9_version.json")))
    assert (vnish.firmware, vnish.firmware_version, vnish.capabilities.controllable) == (
        Firmware.VNISH,
        "3.8.6",
        True,
    )
    stock = identity.api_identity(api_protocol.parse_version(fixture("stock_s9_v1358_version.json")))
    assert (stock.firmware, stock.firmware_version, stock.capabilities.controllable) == (
        Firmware.STOCK,
        "1.3.58",
        False,
    )
    assert identity.api_identity({"BMMiner": "2.0.0 rwglr"}).firmware is Firmware.UNKNOWN


FOREIGN = ("D3", "E3", "L3+", "T15", "Z9", "Z11", "B3", "T9+", "S17", "S17 Pro", "S9k", "S9 SE", "S9 Hydro")


@pytest.mark.parametrize("model", FOREIGN)
def test_no_other_antminer_becomes_controllable_by_anything_it_says(model: str) -> None:
    for type_name in (f"Antminer {model}", f"Antminer {model} (vnish 3.9.0)", f"Antminer {model}\nV1.3.58"):
        software = {"CGMiner": "4.11.1", "API": "3.7", "Type": type_name}
        by_port = identity.api_identity(software)
        firmware = identity.firmware_of(type_name, VNISH_CONF)
        by_web = identity.web_identity({"minertype": type_name}, VNISH_CONF, firmware)
        for found in (by_port, by_web):
            assert (found.model, found.capabilities.controllable) == (f"Antminer {model}", False)


@pytest.mark.parametrize(
    "software",
    [
        {"CGMiner": "4.11.1"},
        {"CGMiner": "4.11.1", "API": "3.7", "Type": "Antminer S9"},
        {"CGMiner": "4.11.1", "PROD": "AvalonMiner 1246", "MODEL": "1246"},
        {"CGMiner": "4.11.1", "Type": "vnish 3.9.0"},
        {},
    ],
)
def test_the_software_alone_says_nothing_of_family_or_firmware(software: dict[str, str]) -> None:
    assert not identity.api_identity(software).capabilities.controllable


@pytest.mark.parametrize("model", ["S9", "S9i", "S9j"])
def test_the_lineage_of_the_s9_is_controllable_on_vnish(model: str) -> None:
    named: dict[str, Any] = {}
    for type_name, conf in ((f"Antminer {model} (vnish 3.9.0)", named), (f"Antminer {model}", VNISH_CONF)):
        firmware = identity.firmware_of(type_name, conf)
        assert identity.web_identity({"minertype": type_name}, conf, firmware).capabilities.controllable
