"""What a way in may ask of the fleet: commands in, published state out. It decides nothing.

A front that steers the fleet needs `DispatchPort` alone, one that tends each miner as well `FleetPort`.
Whoever fulfils them is safe for many threads, and writes to the log by commands alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from actors.claim import nobody_left
from actors.discovery.scan import Added, ScanProgress, ScanResult
from actors.messages import CommandResult
from actors.snapshot import FleetSnapshot
from events.commands import Command, ControlMiner, SetFrequency
from events.state import Configuration, Source
from netstab.devices.port import Details
from netstab.reach import Network
from netstab.units import MinerId, Seconds, Watts

__all__ = ["COMMAND_DEADLINE", "RECORDED_WITHIN", "DispatchPort", "FleetPort", "Sender"]

COMMAND_DEADLINE = Seconds(1.5)
"""How long a command may wait from its arrival until the fleet takes it up; later it is never carried out."""

RECORDED_WITHIN = Seconds(0.5)
"""How much later it may be recorded. Both are the 2 s in which the contract wants an answer."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose command it is: the client's address, and for how long the command has been waiting already.

    `gone` says whether the client has left meanwhile: then nothing is recorded any more.

    A front other than HTTP puts its own name before the address, or in its place; it is recorded so. The
    principal is who the client has proved to be, empty where it need not. `request_id` is what the client
    calls its request by, `command_id` what its command is to be called; both may be empty.
    """

    address: str
    waited: Seconds = Seconds(0)
    principal: str = ""
    request_id: str = ""
    command_id: str = ""
    gone: Callable[[], bool] = field(default=nobody_left, compare=False, repr=False)

    @property
    def left(self) -> Seconds:
        """How much longer the command may wait; below 0 when it came too late."""
        return Seconds(COMMAND_DEADLINE - self.waited)

    @property
    def asked_as(self) -> str:
        """The id that the request's answer has: what leads to commands that are made for it."""
        return self.request_id or self.command_id


class DispatchPort(Protocol):
    """What a front needs that steers the fleet as one load; `actors.ems` reads the rest from the snapshot."""

    @property
    def snapshot(self) -> FleetSnapshot:
        """The fleet as it last published itself; asks nobody."""

    @property
    def leads(self) -> bool:
        """Whether this server commands the fleet; a standby only reads."""

    def submit(self, command: Command, source: Source, sender: Sender) -> CommandResult:
        """Hand over a command; return once it is durable and published; the miners are told right after.

        Raises `CommandRejected` with the code of the refusal, with STANDBY from a server that does not lead,
        with TOO_LATE, or with INTERNAL_ERROR if the fleet gave no answer in time.
        """

    def heard(self, source: Source) -> None:
        """Note a sign of life of a front's counterpart that is no command; never waits, and records nothing.

        A command is one by itself, refused or not.
        """

    def fell_silent(self, source: Source) -> None:
        """Say that a front's counterpart was lost by the rules of its protocol; never waits.

        Its setpoint ends at once, as if `EMS_TIMEOUT_SECONDS` had passed, until it is heard again.
        """


class FleetPort(DispatchPort, Protocol):
    """What a front needs that shows and tends each miner as well."""

    @property
    def scan_progress(self) -> ScanProgress:
        """How far the newest scan has come."""

    @property
    def discovers(self) -> bool:
        """Whether discovery runs."""

    @property
    def awesome_miner_works(self) -> bool | None:
        """Whether Awesome Miner was read lately, None where none is set."""

    def restarts(self, miner_id: MinerId) -> int:
        """Return how often this miner's actor was started again."""

    def inbox_length(self, miner_id: MinerId) -> int | None:
        """Return how many messages wait for this miner's actor, None while it has none."""

    def configure(self, changes: Mapping[str, Any], source: Source, sender: Sender) -> Configuration:
        """Change fields of the runtime configuration, none of another's changes lost; return the new one.

        Nothing to change is no command. Raises `CommandRejected` as `submit` does.
        """

    def operate(self, command: ControlMiner | SetFrequency, source: Source, sender: Sender) -> CommandResult:
        """Hand over a command to one miner; return once the miner has taken it.

        Raises `CommandRejected`: UNKNOWN_MINER, MINER_UNREACHABLE, MINER_REFUSED (with the miner's reason),
        or MINER_TIMEOUT if it has neither taken nor refused it within 10 s.
        """

    def details(self, miner_id: MinerId) -> Details:
        """Read the comprehensive document from the device itself, within 5 s.

        Raises `CommandRejected`: UNKNOWN_MINER, MINER_UNREACHABLE, MINER_REFUSED or MINER_TIMEOUT.
        """

    def blink(self, miner_id: MinerId, sender: Sender) -> bool:
        """Toggle a miner's find mode, recorded like any command; return whether it blinks now. Within 5 s.

        Raises `CommandRejected`: UNKNOWN_MINER, MINER_UNREACHABLE, MINER_REFUSED or MINER_TIMEOUT.
        """

    def scan(self, network: Network, sender: Sender, timeout: float) -> ScanResult:
        """Scan a block for miners and register what is found; joins a scan of the same block that runs.

        Raises `CommandRejected`: SCAN_RUNNING while another block is scanned, SCAN_TIMEOUT after `timeout` s
        (the scan goes on).
        """

    def add_miner(self, miner_id: MinerId, api_port: int, rated_power: Watts | None, sender: Sender) -> Added:
        """Register an address by hand; one that does not answer is registered all the same.

        Raises `CommandRejected` as `submit` does, or with MINER_TIMEOUT.
        """
