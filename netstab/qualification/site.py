"""What a test is played on, what is recorded of it, and what a site declares that it can do."""

from dataclasses import dataclass, field
from typing import Protocol

from netstab.errors import NetstabError
from netstab.qualification.plan import Loss, Plan
from netstab.units import Seconds, Watts

__all__ = ["CannotBeLost", "Declared", "Receipt", "Recording", "Resource", "Sample", "Site"]


class CannotBeLost(NetstabError):
    """What a test takes away cannot be taken away from this site."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What the controller says that can be had: most and least, in which steps, and how fast in W per s."""

    upper: Watts
    lower: Watts
    step: Watts
    ramp: Watts


@dataclass(frozen=True, slots=True)
class Resource:
    """What is offered: tests are in shares of it.

    `capability` is what the meter showed with all running, `standby` with none. Power moves in `step`s, and
    `ramp` W per second at most.
    """

    capability: Watts
    standby: Watts
    step: Watts
    ramp: Watts
    units: int


@dataclass(frozen=True, slots=True)
class Sample:
    """A moment as it was seen, by the site's time in seconds.

    `target` is the order in force as it was received, less what a limit takes (None: standby, or none yet).
    `metered` is the bench's own reading of the site meter, None where there was none; `claimed` what the
    controller shows as active power, and `expected` what it expects once all that it commanded has happened.
    The units are counted by what the controller says of them, and `faults` are its sentences.
    """

    at: Seconds
    target: Watts | None
    metered: Watts | None
    claimed: Watts
    expected: Watts | None
    hashing: int = 0
    starting: int = 0
    unusable: int = 0
    faults: tuple[str, ...] = ()
    available: bool = True  # what the controller tells the EMS: isAvailableForDispatch


@dataclass(frozen=True, slots=True)
class Receipt:
    """An order and what became of it: the proof is the log's event of that version, by id and digest.

    `refusal` is "" where it was accepted; `version` is 0 and the texts "" where none can be told. The request
    was called by `request_id`, and `head` is one of the log that covers it, for `netstab log verify`.
    """

    at: Seconds
    target: Watts | None
    refusal: str = ""
    version: int = 0
    command_id: str = ""
    digest: str = ""
    request_id: str = ""
    head: str = ""
    limits: bool = False  # `target` is a limit, None where it was lifted


@dataclass(frozen=True, slots=True)
class Recording:
    """A plan as it was played: times count from its beginning, samples and receipts are in their order."""

    plan: Plan
    resource: Resource
    samples: tuple[Sample, ...]
    receipts: tuple[Receipt, ...] = ()
    notes: tuple[str, ...] = field(default=())  # what the site could not do of the plan


class Site(Protocol):
    """A site that can be ordered and seen. What cannot be done raises an error of `netstab.errors`."""

    @property
    def units(self) -> int:
        """How many units it has."""

    @property
    def rated(self) -> Watts:
        """The power that its units are rated at."""

    def now(self) -> Seconds:
        """Return the site's time: it goes on from test to test."""

    def wait_until(self, at: Seconds) -> None:
        """Let time pass, with all that happens."""

    def order(self, target: Watts | None) -> Receipt:
        """Order a power, or standby; a refusal is a receipt as well."""

    def limit(self, most: Watts | None) -> Receipt:
        """Set a limit of what may be drawn, or lift it; a refusal is a receipt as well."""

    def sample(self) -> Sample:
        """Look at it now."""

    def declared(self) -> Declared:
        """Ask the controller what can be had now."""

    def lose(self, what: Loss, share: float) -> None:
        """Have it lose something; raises `CannotBeLost` where that cannot be done here."""

    def restore(self, what: Loss) -> None:
        """Give it back."""

    def proven(self, recording: Recording) -> Recording:
        """Add to the receipts what the controller's log holds of them, where that is not in them yet."""
