"""Finds miners: scans an address block, identifies what answers, and has the fleet register it.

Identification reads only. Miners that are gone stay registered: nobody is removed here.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType

import pykka

from actors.directory import Directory
from actors.registrar import Occasion, Registrar, Submit
from actors.scan import (
    Added,
    AddMiner,
    Identify,
    ScanBoard,
    ScanProgress,
    ScanRequest,
    ScanResult,
    Sighting,
    Swept,
    nothing_at,
)
from actors.snapshot import StatusBoard
from actors.supervised import Supervised
from actors.sweep import Sweep, sight
from netstab.clock import WallClock
from netstab.devices.port import Endpoint
from netstab.devices.runner import DeviceRunner
from netstab.devices.web import Web
from netstab.errors import CommandRejected, DeviceError
from netstab.readers import Network
from netstab.settings import Settings
from netstab.units import MinerId

__all__ = ["Discovery", "DiscoveryParts"]

logger = logging.getLogger(__name__)

_BATCH = 100
"""Miners that are registered together while a scan goes on."""


@dataclass(frozen=True, slots=True)
class DiscoveryParts:
    """What discovery works with. `submit` gives the fleet a command and waits for its answer."""

    directory: Directory
    board: StatusBoard
    scans: ScanBoard
    runner: DeviceRunner
    web: Web
    settings: Settings
    wall: WallClock
    submit: Submit


@dataclass(frozen=True, slots=True)
class _Seen:
    """To itself: a scan has found a miner."""

    sighting: Sighting


@dataclass(frozen=True, slots=True)
class _Swept:
    """To itself: a scan has ended, or failed."""

    network: Network
    outcome: Swept | DeviceError


@dataclass(frozen=True, slots=True)
class _Looked:
    """To itself: one address was looked at, for an operator (`request`) or because it answers at last."""

    endpoint: Endpoint
    outcome: Sighting | DeviceError | None
    request: AddMiner | None


class Discovery(Supervised, pykka.ThreadingActor):
    """Runs one scan at a time; whoever asks for the block that is being scanned waits with the others."""

    def __init__(self, parts: DiscoveryParts) -> None:
        super().__init__()
        self.supervise("discovery", parts.directory)
        self._parts = parts
        self._waiting: list[ScanRequest] = []
        self._unregistered: list[Sighting] = []
        self._unrecorded: list[MinerId] = []
        self._registrar = Registrar(parts.board, parts.wall, parts.submit)

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end_scan(CommandRejected("INTERNAL_ERROR", "The scan was cut off; repeat it."))
        super().on_failure(exception_type, exception_value, traceback)

    def on_receive(self, message: object) -> CommandRejected | None:
        match message:
            case ScanRequest() | AddMiner() if not message.done.set_running_or_notify_cancel():
                logger.warning("Nobody waits any more for what %s asked of discovery.", message.client)
            case ScanRequest():
                return self._scan(message)
            case _Seen(sighting):
                self._seen(sighting)
            case _Swept(network, outcome):
                self._swept(network, outcome)
            case AddMiner():
                self._look(self._endpoint(message.miner_id, message.api_port), message)
            case Identify(miner_id):
                known = self._registrar.known(miner_id)
                if known is not None:
                    self._look(Endpoint(miner_id, known.api_port, known.http_port), None)
            case _Looked():
                self._looked(message)
        return None

    # A block

    def _scan(self, request: ScanRequest) -> CommandRejected | None:
        running = self._parts.scans.progress
        if self._waiting and running.network != request.network:
            return CommandRejected("SCAN_RUNNING", f"{running.network} is being scanned; wait for its end.")
        self._waiting.append(request)
        if len(self._waiting) == 1:
            self._start(request.network)
        return None

    def _start(self, network: Network) -> None:
        addresses = list(network.hosts()) or [network.network_address]
        scans = self._parts.scans
        scans.progress = ScanProgress(
            running=True, network=network, total=len(addresses), started_at=self._parts.wall()
        )

        def looked_at(sighting: Sighting | None) -> None:
            now = scans.progress
            found = now.found + (sighting is not None)
            scans.progress = replace(now, scanned=now.scanned + 1, found=found)
            if sighting is not None:
                self._tell(_Seen(sighting))

        endpoints = (self._endpoint(MinerId(str(address)), None) for address in addresses)
        sweep = Sweep(self._parts.runner, self._parts.web, looked_at)
        self._parts.runner.submit_coroutine(
            sweep.over(endpoints), lambda outcome: self._tell(_Swept(network, outcome))
        )

    def _seen(self, sighting: Sighting) -> None:
        """Register the first miners of a large block while the rest is still being scanned."""
        self._unregistered.append(sighting)
        if len(self._unregistered) < _BATCH:
            return
        try:
            self._register_seen()
        except CommandRejected as rejected:
            logger.warning("Miners found are registered later: %s", rejected)

    def _register_seen(self) -> None:
        occasion = Occasion("scan", self._waiting[0].client, self._parts.scans.progress.network)
        self._unrecorded += self._registrar.enrol(self._unregistered, occasion).unrecorded
        self._unregistered = []

    def _swept(self, network: Network, outcome: Swept | DeviceError) -> None:
        try:
            self._register_seen()
        except CommandRejected as rejected:
            self._end_scan(rejected)
            return
        if isinstance(outcome, DeviceError):
            self._end_scan(CommandRejected("INTERNAL_ERROR", f"The scan of {network} failed: {outcome}"))
        else:
            self._end_scan(ScanResult(network, outcome, tuple(self._unrecorded)))

    def _end_scan(self, outcome: ScanResult | CommandRejected) -> None:
        """Answer all who wait for the scan."""
        waiting, self._waiting, self._unregistered, self._unrecorded = self._waiting, [], [], []
        self._parts.scans.progress = _ended(self._parts.scans.progress, outcome)
        for request in waiting:
            if isinstance(outcome, CommandRejected):
                request.done.set_exception(outcome)
            else:
                request.done.set_result(outcome)

    # One address

    def _look(self, endpoint: Endpoint, request: AddMiner | None) -> None:
        work = sight(endpoint, self._parts.runner, self._parts.web)
        self._parts.runner.submit_coroutine(
            work, lambda outcome: self._tell(_Looked(endpoint, outcome, request))
        )

    def _looked(self, looked: _Looked) -> None:
        seen, request = looked.outcome, looked.request
        sighting = seen if isinstance(seen, Sighting) else nothing_at(looked.endpoint)
        if request is None:
            self._identified(sighting)
            return
        try:
            enrolled = self._registrar.enrol([sighting], Occasion("add", request.client), request.rated_power)
        except CommandRejected as rejected:
            request.done.set_exception(rejected)
            return
        miner = enrolled.miners.get(looked.endpoint.miner_id)
        if miner is None:
            text = f"{looked.endpoint.miner_id} tells of itself what cannot be recorded."
            request.done.set_exception(CommandRejected("MINER_REFUSED", text))
        else:
            request.done.set_result(Added(miner, answered=sighting.identity is not None))

    def _identified(self, sighting: Sighting) -> None:
        try:
            self._registrar.enrol([sighting], Occasion("look"))
        except CommandRejected as rejected:
            logger.warning("%s could not be registered anew: %s", sighting.endpoint.miner_id, rejected)

    def _endpoint(self, miner_id: MinerId, api_port: int | None) -> Endpoint:
        """Give where a miner is looked for; one that was added with a port of its own keeps it."""
        settings, known = self._parts.settings, self._registrar.known(miner_id)
        usual = known.api_port if known else settings.api_port
        return Endpoint(miner_id, api_port or usual, settings.http_port)

    def _tell(self, message: _Seen | _Swept | _Looked) -> None:
        with suppress(pykka.ActorDeadError):
            self.actor_ref.tell(message)


def _ended(progress: ScanProgress, outcome: ScanResult | CommandRejected) -> ScanProgress:
    if isinstance(outcome, CommandRejected):
        return replace(progress, running=False)
    swept = outcome.swept
    return replace(
        progress,
        running=False,
        silent=len(swept.silent),
        unanswered=len(swept.unanswered),
        unrecorded=outcome.unrecorded,
    )
