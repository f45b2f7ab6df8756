"""What is asked of discovery and what it answers."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from actors.claim import nobody_left
from events.state import RegisteredMiner
from netstab.devices.port import Activity, Endpoint, Identity, Reading
from netstab.errors import CommandRejected
from netstab.reach import Network
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
    "Surveyed",
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
    def locked(self) -> bool:
        """Whether it answered, and refused our password."""
        return self.answered and self.identity is None

    @property
    def hashing(self) -> bool:
        return self.reading is not None and self.reading.activity is Activity.HASHING


def nothing_at(endpoint: Endpoint) -> Sighting:
    """Return what an operator's addition is when nothing answers there."""
    return Sighting(endpoint, None, None, answered=False)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep came to: `silent` addresses took no connection in time, `unanswered` ones told nothing."""

    found: tuple[Sighting, ...]
    silent: tuple[MinerId, ...] = ()
    unanswered: tuple[MinerId, ...] = ()


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What was seen, and what was seen `besides`, where machines that were seen are registered as well."""

    swept: Swept
    besides: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The end of a scan: every miner that answered, new or known, in the order of addresses.

    `unrecorded` are addresses of miners that could not be registered; `doubles` are second addresses of
    machines, each with the one under which its machine is registered.
    """

    network: Network
    swept: Swept
    unrecorded: tuple[MinerId, ...] = ()
    doubles: Mapping[MinerId, MinerId] = field(default_factory=dict)

    @property
    def found(self) -> tuple[Sighting, ...]:
        passed_over = {*self.unrecorded, *self.doubles}
        return tuple(seen for seen in self.swept.found if seen.endpoint.miner_id not in passed_over)


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """The newest scan, running or ended; `network` None if there was none. `scanned` of `total` addresses.

    `silent` and `unanswered` count the addresses of a scan that has ended, as in `Swept`; `unrecorded` miners
    answered and could not be registered, and `doubles` are as in `ScanResult`.
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
    doubles: Mapping[MinerId, MinerId] = field(default_factory=dict)

    def ended(self, outcome: ScanResult | CommandRejected) -> "ScanProgress":
        if isinstance(outcome, CommandRejected):
            return replace(self, running=False)
        return replace(
            self,
            running=False,
            silent=len(outcome.swept.silent),
            unanswered=len(outcome.swept.unanswered),
            unrecorded=outcome.unrecorded,
            doubles=outcome.doubles,
        )


class ScanBoard:
    """Holds the progress of the newest scan. Replacing one reference is atomic: readers need no lock."""

    def __init__(self) -> None:
        self.progress = ScanProgress()


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """Scan a block, unless its client has `gone`; `done` gets the result, or a `CommandRejected`."""

    network: Network
    client: str
    done: Future[ScanResult]
    principal: str = ""
    request_id: str = ""
    gone: Callable[[], bool] = field(default=nobody_left, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Added:
    """A miner as it was registered by hand, and whether it told what it is."""

    miner: RegisteredMiner
    answered: bool


@dataclass(frozen=True, slots=True)
class AddMiner:
    """Register one address by hand, whether it answers or not; `done` gets what was registered.

    Nothing is registered once its client has `gone`.
    """

    miner_id: MinerId
    api_port: int
    rated_power: Watts | None
    client: str
    done: Future[Added]
    principal: str = ""
    request_id: str = ""
    gone: Callable[[], bool] = field(default=nobody_left, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Identify:
    """Find out what a registered miner is: it had not answered before, or not for long, and does now."""

    miner_id: MinerId
