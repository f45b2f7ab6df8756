"""Finds miners: scans an address block, identifies what answers, and has the fleet register it.

Identification reads only. Miners that are gone stay registered: nobody is removed here.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType

import pykka

from actors.directory import Directory
from actors.looker import Looker
from actors.lookout import Lookout, answering
from actors.messages import Beat, DoublesFound
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
    Surveyed,
    Swept,
    nothing_at,
)
from actors.snapshot import StatusBoard
from actors.supervised import Supervised
from actors.sweep import hosts
from events.state import Source
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

_LOOKS_AT_ONCE = 16
"""Looks at single addresses, of the server's own accord; what is too much comes later."""


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
class _Surveyed:
    """To itself: all addresses were looked at, for a scan or, `searched`, for machines that are missing."""

    network: Network
    outcome: Surveyed | DeviceError
    searched: bool = False


@dataclass(frozen=True, slots=True)
class _Looked:
    """To itself: one address was looked at, for an operator (`request`) or because it answers at last."""

    endpoint: Endpoint
    outcome: Surveyed | DeviceError
    request: AddMiner | None


_Message = _Seen | _Surveyed | _Looked


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
        self._lookout = Lookout(parts.settings.reach, searches=parts.settings.discovery_enabled)
        self._looker = Looker(parts.runner, parts.web, parts.settings, self._registrar)
        self._queue: dict[MinerId, None] = {}
        self._looks = 0
        self._searching = False
        self._owed: tuple[Surveyed, Occasion] | None = None
        self._taken: set[MinerId] = set()

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
            case _Surveyed():
                self._surveyed(message)
            case AddMiner():
                self._look(self._looker.endpoint(message.miner_id, message.api_port), message)
            case Identify(miner_id):
                self._queue[miner_id] = None
                self._look_again()
            case _Looked():
                self._looked(message)
            case Beat():
                self._beat()
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
        scans = self._parts.scans
        addresses = hosts(network)
        scans.progress = ScanProgress(
            running=True, network=network, total=len(addresses), started_at=self._parts.wall()
        )

        def looked_at(sighting: Sighting | None) -> None:
            now = scans.progress
            found = now.found + (sighting is not None)
            scans.progress = replace(now, scanned=now.scanned + 1, found=found)
            if sighting is not None:
                self._tell(_Seen(sighting))

        self._looker.scan(addresses, looked_at, lambda outcome: self._tell(_Surveyed(network, outcome)))

    def _seen(self, sighting: Sighting) -> None:
        """Register the first miners of a large block while the rest is still being scanned."""
        self._unregistered.append(sighting)
        if len(self._unregistered) < _BATCH:
            return
        batch, self._unregistered = self._registrar.clear(self._unregistered), []
        try:
            self._unrecorded += self._registrar.enrol(batch, self._occasion).unrecorded
        except CommandRejected as rejected:
            logger.warning("Miners found are registered later: %s", rejected)

    @property
    def _occasion(self) -> Occasion:
        return Occasion("scan", self._waiting[0].client, self._parts.scans.progress.network)

    def _surveyed(self, survey: _Surveyed) -> None:
        network, outcome = survey.network, survey.outcome
        if survey.searched:
            self._searching = False
            if isinstance(outcome, Surveyed):
                self._settle(outcome, Occasion("search", network=network))
        elif isinstance(outcome, DeviceError):
            self._end_scan(CommandRejected("INTERNAL_ERROR", f"The scan of {network} failed: {outcome}"))
        else:
            self._end_scan(self._scanned(network, outcome))

    def _scanned(self, network: Network, outcome: Surveyed) -> ScanResult | CommandRejected:
        """Register what was found, now that all is seen; most of a large block is registered already."""
        try:
            enrolled = self._registrar.settle(outcome.swept.found, outcome.besides, self._occasion)
        except CommandRejected as rejected:
            if self._occasion.source is Source.SYSTEM:
                self._owed = outcome, self._occasion
            return rejected
        self._tell_doubles()
        unrecorded = dict.fromkeys([*self._unrecorded, *enrolled.unrecorded])
        return ScanResult(network, outcome.swept, tuple(unrecorded), enrolled.doubles)

    def _end_scan(self, outcome: ScanResult | CommandRejected) -> None:
        """Answer all who wait for the scan."""
        waiting, self._waiting, self._unregistered, self._unrecorded = self._waiting, [], [], []
        self._parts.scans.progress = self._parts.scans.progress.ended(outcome)
        for request in waiting:
            if isinstance(outcome, CommandRejected):
                request.done.set_exception(outcome)
            else:
                request.done.set_result(outcome)

    # One address

    def _look(self, endpoint: Endpoint, request: AddMiner | None) -> None:
        self._looks += 1
        self._looker.look(endpoint, lambda outcome: self._tell(_Looked(endpoint, outcome, request)))

    def _look_again(self) -> None:
        """Look at those of the queue, few at once."""
        while self._queue and self._looks < _LOOKS_AT_ONCE:
            known = self._registrar.known(self._queue.popitem()[0])
            if known is not None:
                self._look(Endpoint(known.miner_id, known.api_port, known.http_port), None)

    def _looked(self, looked: _Looked) -> None:
        self._looks -= 1
        seen = looked.outcome
        answered = isinstance(seen, Surveyed) and bool(seen.swept.found)
        if not isinstance(seen, Surveyed) or not answered:
            seen = Surveyed(Swept((nothing_at(looked.endpoint),)), ())
        if looked.request is not None:
            self._added(seen, looked.request)
        elif answered:
            self._recognised(seen)
        self._look_again()

    def _recognised(self, seen: Surveyed) -> None:
        """Register what answers; one that took a registered machine's address waits until that is found."""
        [sighting] = seen.swept.found
        if self._parts.settings.discovery_enabled and self._registrar.is_taken(sighting):
            self._taken.add(sighting.endpoint.miner_id)
            self._search()
        else:
            self._settle(seen, Occasion("look"))

    def _added(self, seen: Surveyed, request: AddMiner) -> None:
        occasion, [sighting] = Occasion("add", request.client), seen.swept.found
        try:
            enrolled = self._registrar.settle([sighting], seen.besides, occasion, request.rated_power)
        except CommandRejected as rejected:
            request.done.set_exception(rejected)
            return
        self._tell_doubles()
        miner = enrolled.miners.get(enrolled.doubles.get(request.miner_id, request.miner_id))
        if miner is None:
            text = f"{request.miner_id} tells of itself what cannot be recorded."
            request.done.set_exception(CommandRejected("MINER_REFUSED", text))
        else:
            request.done.set_result(Added(miner, answered=sighting.identity is not None))

    # Without being asked

    def _beat(self) -> None:
        """Look again at who was seen only in part, and search for who is missing."""
        if self._owed is not None:
            owed, self._owed = self._owed, None
            self._settle(*owed)
        snapshot = self._parts.board.snapshot
        room = _LOOKS_AT_ONCE - self._looks - len(self._queue)
        self._queue |= dict.fromkeys(self._lookout.due(snapshot, max(0, room)))
        self._look_again()
        if not self._waiting and self._lookout.search_is_due(snapshot):
            self._search()

    def _search(self) -> None:
        if self._searching:
            return
        self._searching = True
        network = self._parts.settings.network
        known = answering(self._parts.board.snapshot) - self._taken
        self._taken = set()
        count = self._looker.search(
            network, known, lambda outcome: self._tell(_Surveyed(network, outcome, searched=True))
        )
        logger.info("Machines are missing: %d addresses of %s are looked at.", count, network)

    def _settle(self, seen: Surveyed, occasion: Occasion) -> None:
        try:
            self._registrar.settle(seen.swept.found, seen.besides, occasion)
        except CommandRejected as rejected:
            logger.warning("What was found by a %s is registered later: %s", occasion.via, rejected)
            self._owed = seen, occasion
        else:
            self._tell_doubles()

    def _tell_doubles(self) -> None:
        self._parts.directory.tell_fleet(DoublesFound(self._registrar.doubles))

    def _tell(self, message: _Message) -> None:
        with suppress(pykka.ActorDeadError):
            self.actor_ref.tell(message)
