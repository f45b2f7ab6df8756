"""What the plant asks of a device in virtual time, whatever its make."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from actors.miner.state import Send
from actors.report import Step
from events.state import RegisteredMiner
from netstab.devices.family import Timings
from netstab.devices.port import Reading
from netstab.errors import DeviceError, PortClosed
from netstab.simulation.physics import Stage
from netstab.units import MinerId, Setting

__all__ = ["Order", "VirtualDevice"]


@dataclass(frozen=True, slots=True)
class Order:
    """What came of a command: how many seconds it takes to be answered, and whether it changed anything."""

    delay: float
    changed: bool


class VirtualDevice(Protocol):
    """Call `advance(now)` before anything else: all else is of that moment. `index` is its place.

    Power in W at the plug, hashrate in TH/s. `next_change` is the moment at which it changes by itself; one
    that `fluctuates` is never at rest.
    """

    index: int
    registered: RegisteredMiner
    timings: Timings

    @property
    def miner_id(self) -> MinerId: ...
    @property
    def stage(self) -> Stage: ...
    @property
    def power(self) -> float: ...
    @property
    def hashrate(self) -> float: ...
    @property
    def next_change(self) -> float: ...
    @property
    def fluctuates(self) -> bool: ...

    @property
    def capability(self) -> float:
        """What it draws with all running that can be controlled, as its owner has set it."""

    @property
    def gains(self) -> Mapping[Setting, float]:
        """What it adds at each setting to what it draws asleep; at 0 as its owner has set it."""

    def advance(self, now: float) -> None: ...

    def cut_power(self) -> None:
        """Take its power for good."""

    def look(self) -> Reading | PortClosed | None:
        """Answer a poll; None while it accepts and stays silent."""

    def probe(self) -> Reading | DeviceError:
        """Answer on the way that is open while no mining process runs."""

    def pages(self, step: Step) -> int:
        """Say how many pages a step takes before it is carried out."""

    def carry_out(self, send: Send) -> Order | DeviceError:
        """Take a step."""
