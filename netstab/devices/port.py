"""The port through which everything above sees a miner, whatever its make.

It is made of small interfaces: a driver offers those that its devices can, and `offers` asks for them. Reads
never change anything. Every call ends by its deadline, with a value or with one `DeviceError`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from netstab.power.tuning import Tuning
from netstab.power.unit import Capabilities
from netstab.units import Celsius, GigahashPerSecond, MinerId, Seconds, Setting, Volts, Watts

__all__ = [
    "Activity",
    "Board",
    "Details",
    "Endpoint",
    "Findable",
    "Firmware",
    "Identity",
    "Keep",
    "Permit",
    "Pool",
    "Readable",
    "Reading",
    "Recall",
    "Remembering",
    "Restartable",
    "Switchable",
    "Tunable",
    "Watched",
    "always",
    "let_go",
    "nothing_kept",
]

Permit = Callable[[], bool]
"""Asked right before each request of a call is sent; False withdraws the call (`Withdrawn` is raised)."""


def always() -> bool:
    """The permit of a call that nothing can overtake."""
    return True


Keep = Callable[[Tuning], None]
"""Handed a miner's own tuning before it is changed; raises a `DeviceError` where it cannot be kept."""


def let_go(_tuning: Tuning) -> None:
    """Keep nothing: for tools that do not put a miner back."""


Recall = Callable[[], Tuning | None]
"""Gives what was handed to `Keep` last, None if nothing was; raises a `DeviceError` where nobody can tell."""


def nothing_kept() -> None:
    """Recall nothing: for tools that keep nothing."""


class Firmware(StrEnum):
    """The values of the API's `firmware_type`."""

    VNISH = "vnish"
    STOCK = "stock"
    WHATSMINER = "whatsminer"
    BRAIINS = "braiins"
    LUXOS = "luxos"
    AWESOME_MINER = "awesome_miner"
    NETSTAB = "netstab"
    UNKNOWN = "unknown"


class Activity(StrEnum):
    """What the mining process of a reachable miner does."""

    HASHING = "hashing"
    STARTING = "starting"  # the process runs, no board hashes yet
    STOPPED = "stopped"  # no mining process: asleep, crashed, or the system is booting


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a miner is reached: its address, the port of its mining process's API and of its web server."""

    miner_id: MinerId
    api_port: int
    http_port: int


@dataclass(frozen=True, slots=True)
class Identity:
    """What a miner is, found with reads alone.

    `setting` is the one configured at that time, None where it cannot be read; `mac` is "" likewise.
    `capabilities` has anything to control only where family, firmware and model are known by a positive
    sign. `provisional` tells that not all was answered, as while a miner boots: it is to be asked again.
    It draws `power_share` of what its model's points and its own figure say, as far as its settings tell.
    """

    model: str
    firmware: Firmware
    firmware_version: str
    mac: str
    hostname: str
    setting: Setting | None
    capabilities: Capabilities
    provisional: bool = False
    power_share: float = 1.0


class Board(Struct, frozen=True, gc=False):
    """One hash board by its own figures; `power` and `voltage` are None where the firmware gives none."""

    position: int
    chips_total: int
    chips_ok: int
    frequency: float
    hashrate: GigahashPerSecond
    pcb_temperature: Celsius
    chip_temperature: Celsius
    power: Watts | None
    voltage: Volts | None


@dataclass(frozen=True, slots=True)
class Pool:
    """One mining pool as the miner lists it; passwords are never read."""

    position: int
    url: str
    worker: str
    status: str
    accepted: int
    rejected: int
    stale: int
    stratum_active: bool


class Reading(Struct, frozen=True, gc=False):
    """One look at a miner. `power` is the whole machine: boards' own figures, else the curve, else idle draw.

    `setting` is what it runs at, None where it does not say. `elapsed` is the age of the mining process; a
    fall tells of a restart. Fans in rpm. A board that is dead is listed without living chips.

    `uncertain` says why `power` may be far off, "" where nothing speaks against it: a process that lost its
    pool does not hash and may draw all the same, up to `power_at_most` (None: not known). `implausible` says
    what the miner told beyond what its model can be, which is not counted, "" if nothing was. With
    `awaits_pool` no pool answers it: no start of the miner brings its hashing back, the pool does.

    `takes_no_orders` says why it is left alone though it answers, "" where it takes them. `closed` says why
    it takes nothing from here until something is done about it, and what: "" where it tells that it does,
    None where it does not tell. `reach` is the most that it can draw now, where it tells. `fleets` are the
    ids of those that stand behind it, its own first.
    `self_tuning` names what on the device moves its power by itself just now, "" where nothing does. `limit`
    is the power that its settings are shares of, and that its owner may change on it, where it tells.
    """

    activity: Activity
    power: Watts
    hashrate: GigahashPerSecond
    setting: Setting | None
    elapsed: Seconds | None
    boards: tuple[Board, ...]
    fans: tuple[int, ...]
    uncertain: str = ""
    power_at_most: Watts | None = None
    implausible: str = ""
    awaits_pool: bool = False
    takes_no_orders: str = ""
    reach: Watts | None = None
    closed: str | None = None
    fleets: tuple[str, ...] = ()
    self_tuning: str = ""
    limit: Watts | None = None

    @property
    def temperature(self) -> Celsius | None:
        """The hottest chip, None while no board reports."""
        return max([board.chip_temperature for board in self.boards], default=None)


@dataclass(frozen=True, slots=True)
class Details:
    """The comprehensive document of one miner, from its own answers.

    `status`, `system` and `config` are as the firmware gives them (secrets removed), the rest is parsed.
    `shares` counts accepted, rejected, stale and hw_errors, each of them where it is told.
    """

    reading: Reading
    status: dict[str, Any]
    system: dict[str, Any]
    config: dict[str, Any]
    pools: tuple[Pool, ...]
    shares: dict[str, int]


@runtime_checkable
class Readable(Protocol):
    """What every driver offers. It holds no state of a miner: every call names its endpoint.

    `poll` and `pools` run on the asyncio loop, `poll` without a task of its own: it awaits exchanges and
    threads, which end by themselves, and none of asyncio's time-outs. Everything else, of the other
    interfaces as well, blocks and runs on the pool of device threads. A call that changes something returns
    once the miner has *taken* it. That says nothing of what becomes of it: only later readings do. Each is
    sent at most once.
    """

    firmware: Firmware

    async def poll(self, endpoint: Endpoint) -> Reading:
        """Look at the mining process over its API port, with one short-lived connection."""

    def probe(self, endpoint: Endpoint) -> Reading:
        """Look at the miner over its web server: the way in while the mining process is down or booting."""

    def identify(self, endpoint: Endpoint) -> Identity:
        """Find out what answers there, with reads alone."""

    def details(self, endpoint: Endpoint) -> Details:
        """Read everything the miner tells of itself."""

    async def pools(self, endpoint: Endpoint) -> tuple[Pool, ...]:
        """Read the mining pools over the API port."""


@runtime_checkable
class Switchable(Protocol):
    def sleep(self, endpoint: Endpoint, permit: Permit, *, insist: bool = False) -> None:
        """Stop mining; the boards lose power, the web server stays up.

        `insist` takes the firmware's other way at once: the usual one was without effect.
        """

    def wake(self, endpoint: Endpoint, permit: Permit) -> None:
        """Resume mining. On some firmware this reboots the operating system: never repeat it meanwhile."""


@runtime_checkable
class Remembering(Protocol):
    """For devices whose sleep takes the place of something that their owner has set, so that they forget it.

    It is handed to `keep` before, and recalled for the wake; both do what those of `Switchable` do.
    """

    def sleep_keeping(
        self, endpoint: Endpoint, permit: Permit, keep: Keep, recall: Recall, *, insist: bool = False
    ) -> None:
        """Put it to sleep; that what was set cannot be kept delays no sleep."""

    def wake_to_kept(self, endpoint: Endpoint, permit: Permit, recall: Recall) -> None:
        """Have it run as its owner had set it."""


@runtime_checkable
class Tunable(Protocol):
    def apply(
        self,
        endpoint: Endpoint,
        setting: Setting,
        permit: Permit,
        keep: Keep = let_go,
        *,
        voltage: Volts | None = None,
    ) -> bool:
        """Have the miner run at a setting; False if it was set so already and nothing was written.

        Where its capabilities say that a change restarts it, a mining process that runs is restarted; a
        stopped one stays stopped. `keep` is handed what was set before, ahead of the write. `voltage` is an
        operator's own choice, where the family has one; None leaves it to the driver.
        """

    def restore(self, endpoint: Endpoint, own: Tuning, permit: Permit) -> bool:
        """Put a miner's own tuning back; False if nothing was to be written.

        What somebody else has set meanwhile stays. What `apply` costs, this costs too.
        """


@runtime_checkable
class Watched(Protocol):
    def renew(self, endpoint: Endpoint, setting: Setting | None, permit: Permit) -> None:
        """Say again what was set, None for sleep, to a device that watches over who sets it.

        It changes nothing where that still holds. `Timings` say how often it is due.
        """


@runtime_checkable
class Restartable(Protocol):
    def restart(self, endpoint: Endpoint, permit: Permit) -> None:
        """Restart the mining process."""

    def reboot(self, endpoint: Endpoint, permit: Permit) -> None:
        """Restart the operating system."""

    def factory_reset(self, endpoint: Endpoint, permit: Permit) -> None:
        """Restore the firmware's defaults."""


@runtime_checkable
class Findable(Protocol):
    def find_mode(self, endpoint: Endpoint, enabled: bool) -> bool:
        """Blink the LEDs, or stop; gives the state that the miner reports."""
