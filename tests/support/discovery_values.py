"""Registered miners, as the tests of discovery have them."""

from dataclasses import replace
from typing import Any

from events.state import RegisteredMiner
from netstab.devices.port import Firmware
from netstab.units import Megahertz, MinerId, WallTime, Watts

__all__ = ["mac", "miner"]


def mac(number: int) -> str:
    return f"02:00:7f:00:00:{number:02x}"


def miner(miner_id: MinerId, **changes: Any) -> RegisteredMiner:
    """Return a registered S9 whose MAC ends as its address does."""
    known = RegisteredMiner(
        miner_id=miner_id,
        api_port=4028,
        http_port=80,
        model="Antminer S9",
        firmware=Firmware.VNISH,
        firmware_version="3.9.0",
        mac=mac(int(miner_id.rpartition(".")[2])),
        hostname="",
        rated_power=Watts(1460.0),
        home_frequency=Megahertz(650),
        controllable=True,
        registered_at=WallTime(0.0),
    )
    return replace(known, **changes)
