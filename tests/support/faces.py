"""A face of each family of devices, for the contract that all of them keep: a new family adds one here."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

from canned_miner import CannedMiner, recorded
from made_up import MADE_UP, made_up_device

from netstab.devices.port import Endpoint, Firmware
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.profiles import DOCUMENT, Profile
from netstab.units import Volts, Watts

__all__ = ["FACES", "Face"]

SPEED = 100.0


@dataclass(frozen=True)
class Face:
    """A hashing device, and the truth about it. `changes` counts what it was told that was no read.

    `voltage` is what its boards run at, for a family that an operator may choose it of.
    """

    endpoint: Endpoint
    model: str
    power: Callable[[], Watts]
    changes: Callable[[], int]
    skip: Callable[[float], None]
    voltage: Callable[[], Volts] | None = None


@contextmanager
def _simulated(first_address: str, profile: Profile) -> Iterator[Face]:
    with SimulatedFleet(1, first_address=first_address, profile=profile, speed=SPEED) as fleet:
        (miner_id,) = fleet.miners
        yield Face(
            Endpoint(miner_id, fleet.api_port, fleet.http_port),
            "Antminer S9",
            fleet.true_power,
            lambda: len(fleet.commands(miner_id)),
            fleet.skip,
            lambda: fleet.tamper(miner_id, lambda device: Volts(device.miner.running.voltage)),
        )


@contextmanager
def _whatsminer() -> Iterator[Face]:
    with CannedMiner(api=recorded("whatsminer_v2"), realm="none of ours") as machine:

        def changes() -> int:
            return sum(asked.method != "GET" for asked in machine.asked)

        yield Face(machine.endpoint, "Whatsminer", lambda: Watts(3200.0), changes, lambda _seconds: None)


@contextmanager
def _made_up() -> Iterator[Face]:
    with made_up_device() as (endpoint, device):
        yield Face(endpoint, "MU-3", lambda: device.power, lambda: len(device.told), device.skip)


FACES: Mapping[Firmware, Callable[[], AbstractContextManager[Face]]] = {
    Firmware.VNISH: lambda: _simulated("127.21.5.1", DOCUMENT),
    Firmware.STOCK: lambda: _simulated("127.21.6.1", replace(DOCUMENT, stock_share=1.0)),
    Firmware.UNKNOWN: _whatsminer,
    MADE_UP: _made_up,
}
