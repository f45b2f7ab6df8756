"""What is asked of discovery and what it answers."""

from concurrent.futures import Future
from dataclasses import dataclass

from events.state import RegisteredMiner
from netstab.devices.port import Activity, Endpoint, Identity, Reading
from netstab.readers import Network
from netstab.units import MinerId, WallTime, Watts

__all__ = [
    "AddMiner",
    "Added",
    "Identify",
    "ScanBoard",
    "ScanProgress",
    "ScanRequest",
    "ScanResult",
    "Sighting",
    "Swept",
    "nothing_at",
]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A miner that answered. `identity` None: its web server refuses our password, or it did not answer."""

    endpoint: Endpoint
    identity: Identity | None
    reading: Reading | None
    answered: bool = True

    @property
    def hashing(self) -> bool:
        return self.reading is not None and self.reading.activity is Activity.HASHING


def nothing_at(endpoint: Endpoint) -> Sighting:
    """Give what an operator's addition is when nothing answers there."""
    return Sighting(endpoint, None, None, answered=False)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep came to: `silent` addresses took no connection in time, `unanswered` ones told nothing."""

    found: tuple[Sighting, ...]
    silent: tuple[MinerId, ...] = ()
    unanswered: tuple[MinerId, ...] = ()


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The end of a scan: every miner that answered, new or known, in the order of addresses.

    `unrecorded` are those among them that could not be registered.
    """

    network: Network
    swept: Swept
    unrecorded: tuple[MinerId, ...] = ()

    @property
    def found(self) -> tuple[Sighting, ...]:
        return tuple(seen for seen in self.swept.found if seen.endpoint.miner_id not in self.unrecorded)


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """The newest scan, running or ended; `network` None if there was none. `scanned` of `total` addresses.

    `silent` and `unanswered` count the addresses of a scan that has ended, as in `Swept`; `unrecorded` miners
    answered and could not be registered.
    """

    running: bool = False
    network: Network | None = None
    scanned: int = 0
    total: int = 0
    found: int = 0
    started_at: WallTime | None = None
    silent: int = 0
    unanswered: int = 0
    unrecorded: tuple[MinerId, ...] = ()


class ScanBoard:
    """Holds the progress of the newest scan. Replacing one reference is atomic: readers need no lock."""

    def __init__(self) -> None:
        self.progress = ScanProgress()


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """Scan a block; `done` gets the result, or a `CommandRejected`."""

    network: Network
    client: str
    done: Future[ScanResult]


@dataclass(frozen=True, slots=True)
class Added:
    """A miner as it was registered by hand, and whether it told what it is."""

    miner: RegisteredMiner
    answered: bool


@dataclass(frozen=True, slots=True)
class AddMiner:
    """Register one address by hand, whether it answers or not; `done` gets what was registered."""

    miner_id: MinerId
    api_port: int
    rated_power: Watts | None
    client: str
    done: Future[Added]


@dataclass(frozen=True, slots=True)
class Identify:
    """Find out what a registered miner is: it was registered without having answered, and does now."""

    miner_id: MinerId
