"""What stands in the registry and is reported of a miner, changed where a test says so."""

from dataclasses import replace
from typing import Any

from actors.report import MinerReport, Phase
from events.state import RegisteredMiner
from netstab.devices.port import Firmware
from netstab.units import Megahertz, MinerId, Seconds, Timestamp, WallTime, Watts


def mac(number: int) -> str:
    return f"02:00:7f:00:00:{number:02x}"


def registered(address: str, **changes: Any) -> RegisteredMiner:
    """Return a registered S9 of 1,460 W whose MAC ends as its address does."""
    known = RegisteredMiner(
        miner_id=MinerId(address),
        api_port=4028,
        http_port=80,
        model="Antminer S9",
        firmware=Firmware.VNISH,
        firmware_version="3.9.0",
        mac=mac(int(address.rpartition(".")[2])),
        hostname="",
        rated_power=Watts(1460.0),
        home_frequency=Megahertz(650),
        controllable=True,
        registered_at=WallTime(0.0),
    )
    return replace(known, **changes)


def reported(address: str, phase: Phase, since: float, **changes: Any) -> MinerReport:
    """Return what is known of a miner that has been in a phase since then and told no figures."""
    known = MinerReport(
        miner_id=MinerId(address),
        at=Timestamp(since),
        phase=phase,
        phase_since=Timestamp(since),
        seen_at=None,
        power=Watts(0.0),
        reading=None,
        setting=None,
        pools=(),
        desired=None,
        commanded=None,
        in_transition=None,
        settled=True,
        backoffs=(),
        consecutive_failures=0,
        last_error=None,
        latency=Seconds(0.0),
        running_hours=0.0,
    )
    return replace(known, **changes)
