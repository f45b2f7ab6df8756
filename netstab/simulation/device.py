"""One simulated miner as the network meets it: its physics, its files, and what a test did to it."""

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from netstab.simulation import conf
from netstab.simulation.physics import Miner
from netstab.units import MinerId

__all__ = ["PASSWORD", "Device", "Request"]

PASSWORD = "root"  # noqa: S105 - the factory's, printed in every manual
_CHANGED_PASSWORD = "changed-by-somebody"  # noqa: S105
_BIOS_EPOCH = 1_700_000_000


class Request(NamedTuple):
    """One request that a miner received: its moment in physics time, its port (`api` or `web`), its text."""

    at: float
    port: str
    text: str


@dataclass(slots=True)
class Faults:
    """What is done to a miner from outside: silent ports, and bytes that are answered to everything."""

    hang_api: bool = False
    hang_web: bool = False
    api_answer: bytes | None = None
    web_answer: bytes | None = None


class Device:
    """A miner with its state on flash and in memory. Only the thread that serves it touches it."""

    __slots__ = (
        "active_pool", "commands", "conf", "faults", "find_mode", "index", "miner", "miner_id", "password",
        "requests", "unit",
    )  # fmt: skip

    def __init__(self, miner_id: MinerId, index: int, miner: Miner) -> None:
        self.miner_id, self.index, self.miner, self.unit = miner_id, index, miner, miner.unit
        self.conf = conf.factory(self.unit)
        self.password = _CHANGED_PASSWORD if self.unit.locked else PASSWORD
        self.find_mode = False
        self.active_pool = 0
        self.faults = Faults()
        self.requests: deque[Request] = deque(maxlen=16)
        self.commands: deque[Request] = deque(maxlen=64)

    @property
    def wall_clock(self) -> int:
        """The device's own clock, in seconds since the Unix epoch."""
        return _BIOS_EPOCH + int(self.miner.now)

    @property
    def mac(self) -> str:
        octets = self.index.to_bytes(3, "big")
        return "C2:53:39:" + ":".join(f"{octet:02X}" for octet in octets)

    @property
    def parsed_conf(self) -> dict[str, object]:
        return conf.read(self.conf)

    def store(self, text: str) -> None:
        """Write the configuration; the mining process reads it when it starts next."""
        self.conf = text
        parsed = self.parsed_conf
        if self.unit.stock:  # its frequency is burnt into the boards' PIC
            parsed = parsed | {"bitmain-freq": ""}
        self.miner.configured = conf.settings(parsed, self.unit.frequency)

    def note(self, port: str, text: str, *, command: bool) -> None:
        """Keep what arrived, commands for longer than reads."""
        request = Request(self.miner.now, port, text)
        self.requests.append(request)
        if command:
            self.commands.append(request)
