"""The way in for those outside the actors: commands with a deadline, published state without asking."""

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import pykka
from structlog.contextvars import bind_contextvars, get_contextvars

from actors.claim import Claim, too_late
from actors.directory import Directory
from actors.discovery.scan import Added, AddMiner, ScanBoard, ScanProgress, ScanRequest, ScanResult
from actors.messages import CommandRequest, CommandResult, FrontSilent
from actors.multiplexed import inbox_length
from actors.port import RECORDED_WITHIN, Sender
from actors.signs_of_life import SignsOfLife
from actors.snapshot import FleetSnapshot, StatusBoard
from actors.supervisor import SupervisionBoard
from events.commands import ChangeConfiguration, Command, ControlMiner, FindMiner, Origin, SetFrequency
from events.state import Configuration, RegisteredMiner, Source
from netstab.clock import Clock
from netstab.devices.families import driver_for, family_of
from netstab.devices.offers import finding
from netstab.devices.out_of_reach import out_of_reach
from netstab.devices.port import Details, Endpoint
from netstab.devices.runner import DeviceRunner, Lane
from netstab.devices.web import Web
from netstab.errors import CommandRejected, DeviceError, ErrorCode, Unauthorized, Unreachable
from netstab.metrics import Metrics
from netstab.reach import Network, Reach
from netstab.units import MinerId, Seconds, Timestamp, Watts

__all__ = ["FleetClient"]

T = TypeVar("T")

GRACE = RECORDED_WITHIN
"""How much longer its sender waits for one taken up at the last moment; then it is withdrawn."""

COMMITTED_WITHIN = Seconds(1.5)
"""How long its sender waits for what cannot be withdrawn any more."""

OPERATION_DEADLINE = Seconds(10.0)
READ_DEADLINE = Seconds(5.0)
ADD_DEADLINE = Seconds(15.0)


@dataclass(frozen=True)
class FleetClient:
    """Fulfils `actors.port.FleetPort` in the process that runs the actors. Safe for many threads."""

    directory: Directory
    board: StatusBoard
    scans: ScanBoard
    supervision: SupervisionBoard
    runner: DeviceRunner
    web: Web
    clock: Clock
    reach: Reach
    metrics: Metrics = field(default_factory=Metrics)
    signs: SignsOfLife = field(default_factory=SignsOfLife)
    _blinking: set[MinerId] = field(default_factory=set)
    _configuring: threading.Lock = field(default_factory=threading.Lock)

    @property
    def snapshot(self) -> FleetSnapshot:
        return self.board.snapshot

    @property
    def leads(self) -> bool:
        """Whether this server commands the fleet; a standby only reads."""
        return self.directory.fleet is not None

    @property
    def discovers(self) -> bool:
        return self.directory.discovery is not None

    def restarts(self, miner_id: MinerId) -> int:
        """Count how often this miner's actor was started again."""
        return self.supervision.restarts(miner_id)

    def inbox_length(self, miner_id: MinerId) -> int | None:
        ref = self.directory.miner(miner_id)
        return None if ref is None else inbox_length(ref)

    @property
    def awesome_miner_works(self) -> bool | None:
        back_end = self.web.awesome_miner
        return None if back_end is None else back_end.works()

    @property
    def scan_progress(self) -> ScanProgress:
        return self.scans.progress

    def submit(
        self,
        command: Command,
        source: Source,
        sender: Sender,
        reply: Future[DeviceError | None] | None = None,
    ) -> CommandResult:
        """Hand over a command; return once it is durable and published; the miners are told right after.

        Raises `CommandRejected` with the code of the error table if it was refused, with TOO_LATE if nothing
        was recorded in time, and never will be, or with INTERNAL_ERROR if it is not known what came of it.
        """
        origin = Origin(
            command_id=sender.command_id or str(uuid.uuid4()),
            source=source,
            client=sender.address,
            principal=sender.principal,
            request_id=sender.request_id,
        )
        deadline = self._deadline(sender)
        claim = Claim(Timestamp(deadline + GRACE), sender.gone)
        request = CommandRequest(command, origin, deadline, reply, claim)
        with self._timed(command, sender):
            answer = self._ask(self.directory.fleet, request, max(0.0, sender.left) + GRACE, claim)
        if isinstance(answer, CommandResult):
            if get_contextvars():  # on a thread that answers a request: its line says what came of it
                bind_contextvars(command_id=answer.command_id, order=answer.version)
            return answer
        raise CommandRejected(ErrorCode.INTERNAL_ERROR, f"The fleet gave no answer to {command.name}.")

    def heard(self, source: Source) -> None:
        self.signs.note(source, self.clock())

    def fell_silent(self, source: Source) -> None:
        self.directory.tell_fleet(FrontSilent(source))

    @contextmanager
    def _timed(self, command: Command, sender: Sender) -> Iterator[None]:
        """Count a command with what came of it, and what it took from its arrival to its answer."""
        began, outcome = self.clock(), "refused"
        try:
            yield
            outcome = "accepted"
        finally:
            taken = sender.waited + self.clock() - began
            self.metrics.commands.labels(command.name, outcome).observe(taken)

    def configure(self, changes: Mapping[str, Any], source: Source, sender: Sender) -> Configuration:
        """Change the configuration; one change at a time, each made of what the one before has left."""
        began = self.clock()
        if not self._configuring.acquire(timeout=max(0.0, sender.left)):
            raise too_late()
        try:
            waited = replace(sender, waited=Seconds(sender.waited + self.clock() - began))
            configuration = replace(self.snapshot.state.configuration, **changes)
            if changes:
                self.submit(ChangeConfiguration(configuration, tuple(changes)), source, waited)
        finally:
            self._configuring.release()
        return configuration

    def operate(self, command: ControlMiner | SetFrequency, source: Source, sender: Sender) -> CommandResult:
        """Hand over a command to one miner; return once the miner has taken it.

        Raises `CommandRejected`: UNKNOWN_MINER, MINER_UNREACHABLE, MINER_REFUSED (with the miner's reason),
        or MINER_TIMEOUT if it has neither taken nor refused it within `OPERATION_DEADLINE`.
        """
        reply: Future[DeviceError | None] = Future()
        expires = self.clock() + OPERATION_DEADLINE
        result = self.submit(command, source, sender, reply)
        error = _awaited(reply, expires - self.clock(), f"{command.miner_id} has not answered yet.")
        if error is not None:
            raise self._not_taken(error, command.miner_id)
        return result

    def _not_taken(self, error: DeviceError, miner_id: MinerId) -> CommandRejected:
        """Refuse what a miner did not take; that of a wrong password has the code of its family."""
        miner = self.snapshot.state.miners.get(miner_id)
        if miner is None or not isinstance(error, Unauthorized):
            return _rejected(error, miner_id)
        family = family_of(miner.firmware, miner.model, miner.firmware_version)
        code = ErrorCode.MINER_UNREACHABLE if family.locked_is_unreachable else ErrorCode.MINER_REFUSED
        return CommandRejected(code, f"{miner_id}: {error}")

    def details(self, miner_id: MinerId) -> Details:
        """Read the comprehensive document from the device itself, within 5 s.

        Raises `CommandRejected`: UNKNOWN_MINER, MINER_UNREACHABLE or MINER_TIMEOUT.
        """
        miner, endpoint = self._reach(miner_id)
        driver = driver_for(miner.firmware, miner.model, miner.firmware_version, self.web)
        return self._call(miner_id, partial(driver.details, endpoint))

    def blink(self, miner_id: MinerId, sender: Sender) -> bool:
        """Toggle a miner's find mode, recorded like any command; gives whether it blinks now. Within 5 s.

        Raises `CommandRejected`: UNKNOWN_MINER, MINER_UNREACHABLE, MINER_REFUSED or MINER_TIMEOUT.
        """
        miner, endpoint = self._reach(miner_id)
        enabled = miner_id not in self._blinking
        self.submit(FindMiner(miner_id, enabled), Source.DASHBOARD, sender)
        driver = driver_for(miner.firmware, miner.model, miner.firmware_version, self.web)
        blinks = self._call(miner_id, lambda: finding(driver).find_mode(endpoint, enabled))
        (self._blinking.add if blinks else self._blinking.discard)(miner_id)
        return blinks

    def scan(self, network: Network, sender: Sender, timeout: float) -> ScanResult:
        """Scan a block for miners and register what is found; joins a scan of the same block that runs.

        Raises `CommandRejected`: SCAN_RUNNING while another block is scanned, SCAN_TIMEOUT after `timeout` s
        (the scan goes on).
        """
        done: Future[ScanResult] = Future()
        whose = sender.principal, sender.asked_as, sender.gone
        self._hand_over(ScanRequest(network, sender.address, done, *whose), sender)
        try:
            return done.result(timeout)
        except FutureTimeoutError as error:
            text = f"The scan of {network} goes on; look at its progress."
            raise CommandRejected(ErrorCode.SCAN_TIMEOUT, text) from error

    def add_miner(self, miner_id: MinerId, api_port: int, rated_power: Watts | None, sender: Sender) -> Added:
        """Register an address by hand; one that does not answer is registered all the same."""
        done: Future[Added] = Future()
        whose = sender.principal, sender.asked_as, sender.gone
        request = AddMiner(miner_id, api_port, rated_power, sender.address, done, *whose)
        self._hand_over(request, sender)
        return _awaited(done, ADD_DEADLINE, f"{miner_id} could not be identified in time.")

    def _deadline(self, sender: Sender) -> Timestamp:
        return Timestamp(self.clock() + sender.left)

    def _hand_over(self, request: ScanRequest | AddMiner, sender: Sender) -> None:
        """Have discovery begin with it; what it has not taken up in time it will not."""
        if sender.left < 0:
            raise too_late()
        try:
            self._ask(self.directory.discovery, request, sender.left)
        except CommandRejected as rejected:
            if request.done.cancel() and rejected.code is ErrorCode.INTERNAL_ERROR:
                raise too_late() from rejected
            raise

    def _ask(
        self, actor: pykka.ActorRef[Any] | None, request: object, timeout: float, claim: Claim | None = None
    ) -> object:
        """Ask an actor; raises `CommandRejected` if that is its answer or if it gives none in time."""
        if actor is None:
            raise self._not_leading()
        try:
            answer = _answer(actor.ask(request, block=False), timeout, claim)
        except (pykka.ActorDeadError, pykka.Timeout) as error:
            if not self.leads:
                raise self._not_leading() from error
            raise CommandRejected(
                ErrorCode.INTERNAL_ERROR, "The controller did not answer in time."
            ) from error
        try:
            if isinstance(answer, CommandRejected):
                raise answer
            return answer
        finally:
            del answer  # an error holds this frame: it must not be held in turn

    def _not_leading(self) -> CommandRejected:
        fault = self.snapshot.log_fault
        code, why = (
            (ErrorCode.FAULT_STATE, fault) if fault else (ErrorCode.STANDBY, "another server leads the fleet")
        )
        return CommandRejected(code, f"This server is a standby and takes no commands: {why}.")

    def _reach(self, miner_id: MinerId) -> tuple[RegisteredMiner, Endpoint]:
        miner = self.snapshot.state.miners.get(miner_id)
        if miner is None:
            raise CommandRejected(ErrorCode.UNKNOWN_MINER, f"No miner {miner_id} is registered.")
        if miner.direct and not self.reach.takes(miner_id, miner.api_port, miner.http_port):
            raise _rejected(out_of_reach(self.reach), miner_id)
        return miner, Endpoint(miner_id, miner.api_port, miner.http_port)

    def _call(self, miner_id: MinerId, work: Callable[[], T]) -> T:
        done: Future[T | DeviceError] = Future()
        self.runner.call(work, done.set_result, lane=Lane.PROBE)
        outcome = _awaited(done, READ_DEADLINE, f"{miner_id} did not answer within {READ_DEADLINE:g} s.")
        if isinstance(outcome, DeviceError):
            raise _rejected(outcome, miner_id)
        return outcome


def _answer(future: pykka.Future[Any], timeout: float, claim: Claim | None) -> object:
    """Wait for an actor's answer; a command that is not being recorded by then is withdrawn."""
    try:
        found: object = future.get(timeout=timeout)
    except pykka.Timeout:
        if claim is None:
            raise
        if claim.withdraw():
            raise too_late() from None
        found = future.get(timeout=COMMITTED_WITHIN)
    return found


def _awaited(future: Future[T], timeout: float, otherwise: str) -> T:
    try:
        return future.result(max(0.0, timeout))
    except FutureTimeoutError as error:
        raise CommandRejected(ErrorCode.MINER_TIMEOUT, otherwise) from error


def _rejected(error: DeviceError, miner_id: MinerId) -> CommandRejected:
    unreachable = isinstance(error, Unreachable | Unauthorized)
    code = ErrorCode.MINER_UNREACHABLE if unreachable else ErrorCode.MINER_REFUSED
    return CommandRejected(code, f"{miner_id}: {error}")
