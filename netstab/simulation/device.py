"""One simulated miner as the network meets it: its physics, its files, and what a test did to it."""

from collections import deque
from enum import Enum
from typing import NamedTuple

from netstab.simulation import conf
from netstab.simulation.condition import Condition, Trouble, condition_at
from netstab.simulation.physics import Miner, Stage
from netstab.simulation.window import ALWAYS
from netstab.units import MinerId

__all__ = ["Device", "Port", "Request"]

PASSWORD = "root"  # noqa: S105  # nosec B105  # the factory's, printed in every manual
_BIOS_EPOCH = 1_700_000_000
_LOCKED = Trouble(Condition(unauthorized=True), ALWAYS)


class Request(NamedTuple):
    """One request that a miner received: its moment in physics time, its port (`api` or `web`), its text."""

    at: float
    port: str
    text: str


class Port(Enum):
    """How a port of a miner is."""

    CLOSED = "closed"
    SILENT = "silent"  # accepts and never answers
    OPEN = "open"


class Device:
    """A miner with its state on flash and in memory. Only the thread that serves it touches it.

    What it shows is that of its miner's moment: `miner.advance` comes first. `tampering` is what is done to
    it from outside, beside its own troubles.
    """

    __slots__ = (
        "_troubles", "active_pool", "commands", "conf", "find_mode", "index", "miner", "miner_id", "password",
        "requests", "tampering", "unit",
    )  # fmt: skip

    def __init__(self, miner_id: MinerId, index: int, miner: Miner) -> None:
        self.miner_id, self.index, self.miner, self.unit = miner_id, index, miner, miner.unit
        self.conf = conf.factory(self.unit)
        self.password = PASSWORD
        self.find_mode = False
        self.active_pool = 0
        self.tampering = Condition()
        self._troubles = self.unit.defects.troubles + ((_LOCKED,) if self.unit.locked else ())
        self.requests: deque[Request] = deque(maxlen=16)
        self.commands: deque[Request] = deque(maxlen=64)

    @property
    def condition(self) -> Condition:
        """What is wrong at the miner's address now."""
        return condition_at(self.miner.now, self._troubles, self.tampering)

    @property
    def api_port(self) -> Port:
        """How port 4028 is now.

        A miner without power or system would not answer at all; on loopback silence is the nearest to that.
        """
        if self.condition.hang_api:
            return Port.SILENT
        if self.miner.stage in (Stage.DOWN, Stage.LOADING):
            return Port.CLOSED
        return Port.OPEN if self.miner.api_answers else Port.SILENT

    @property
    def web_port(self) -> Port:
        """How the web server's port is now; silent where a real one would not be reached."""
        return Port.SILENT if self.condition.hang_web or not self.miner.reachable else Port.OPEN

    @property
    def next_change(self) -> float:
        """The moment at which its stage or a port changes by itself, `inf` if never."""
        changes = (trouble.window.next_change(self.miner.now) for trouble in self._troubles)
        return min((self.miner.next_change, *changes))

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
