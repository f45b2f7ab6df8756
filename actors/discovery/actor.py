"""Finds miners: scans an address block, identifies what answers, and has the fleet register it.

Identification reads only. Miners that are gone stay registered, until they are found at another address.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

import pykka

from actors.claim import client_gone
from actors.directory import Directory
from actors.discovery.listing import Listing
from actors.discovery.looker import Looker
from actors.discovery.registrar import Occasion, Registrar, Submit
from actors.discovery.scan import (
    Added,
    AddMiner,
    Identify,
    ScanBoard,
    ScanRequest,
    Sighting,
    Surveyed,
    Swept,
    nothing_at,
)
from actors.discovery.scanning import ScanEnded, Scanning, Seen
from actors.discovery.vigil import LookedAgain, Searched, Vigil
from actors.messages import Beat, DoublesFound
from actors.snapshot import StatusBoard
from actors.supervised import Supervised
from netstab.clock import WallClock
from netstab.devices.awesome_miner.ids import is_by_number
from netstab.devices.port import Endpoint
from netstab.devices.runner import DeviceRunner
from netstab.devices.web import Web
from netstab.errors import CommandRejected, DeviceError, ErrorCode
from netstab.settings import Settings

__all__ = ["Discovery", "DiscoveryParts"]

logger = logging.getLogger(__name__)


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
class _Looked:
    """To itself: an address was looked at that an operator adds."""

    endpoint: Endpoint
    outcome: Surveyed | DeviceError
    request: AddMiner


_Message = Seen | ScanEnded | LookedAgain | Searched | _Looked


class Discovery(Supervised, pykka.ThreadingActor):
    """Runs one scan at a time; whoever asks for the block that is being scanned waits with the others."""

    def __init__(self, parts: DiscoveryParts) -> None:
        super().__init__()
        self.supervise("discovery", parts.directory)
        self._parts = parts
        self._registrar = Registrar(parts.board, parts.wall, parts.submit)
        self._looker = Looker(parts.runner, parts.web, parts.settings, self._registrar)
        self._scanning = Scanning(parts.scans, self._looker, self._registrar, parts.wall, self._tell)
        self._vigil = Vigil(self._looker, self._registrar, parts.settings, self._tell)
        back_end = parts.web.awesome_miner
        self._listing = Listing(back_end, self._registrar, parts.settings) if back_end else None

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._scanning.end(CommandRejected(ErrorCode.INTERNAL_ERROR, "The scan was cut off; repeat it."))
        super().on_failure(exception_type, exception_value, traceback)

    def on_receive(self, message: object) -> CommandRejected | None:
        match message:
            case ScanRequest() | AddMiner() if message.gone():
                return client_gone()
            case ScanRequest() | AddMiner() if not message.done.set_running_or_notify_cancel():
                logger.warning("Nobody waits any more for what %s asked of discovery.", message.client)
            case ScanRequest():
                return self._scanning.join(message)
            case Seen(sighting):
                self._scanning.seen(sighting)
            case AddMiner():
                self._look(message)
            case Identify(miner_id):
                self._vigil.look_at(miner_id)
            case Beat():
                self._beat()
            case ScanEnded() | LookedAgain() | Searched() | _Looked():
                self._ended(message)
        return None

    def _ended(self, message: ScanEnded | LookedAgain | Searched | _Looked) -> None:
        doubles = self._registrar.doubles
        match message:
            case ScanEnded(outcome):
                owed = self._scanning.ended(outcome)
                if owed is not None:
                    self._vigil.owe(*owed)
            case LookedAgain(outcome):
                self._vigil.looked(outcome, self._parts.board.snapshot)
            case Searched(outcome):
                self._vigil.searched(outcome)
            case _Looked():
                self._added(message)
        if self._registrar.doubles != doubles:
            self._parts.directory.tell_fleet(DoublesFound(self._registrar.doubles))

    def _beat(self) -> None:
        snapshot, scanning = self._parts.board.snapshot, self._scanning.runs
        self._vigil.beat(snapshot, scanning=scanning)
        if self._listing is not None:
            first_ahead = self._parts.settings.discovery_enabled and not self._parts.scans.progress.started_at
            self._listing.beat(snapshot.state.miners, scanning=scanning or first_ahead)

    def _look(self, request: AddMiner) -> None:
        endpoint = self._looker.endpoint(request.miner_id, request.api_port)
        if is_by_number(request.miner_id):
            self._added(_Looked(endpoint, Surveyed(Swept(()), ()), request))
            return
        self._looker.look(endpoint, lambda outcome: self._tell(_Looked(endpoint, outcome, request)))

    def _added(self, looked: _Looked) -> None:
        """Register what an operator adds, whether it answers or not; a second address gives its machine."""
        seen, request = looked.outcome, looked.request
        if request.gone():
            request.done.set_exception(client_gone())
            return
        found = seen.swept.found if isinstance(seen, Surveyed) else ()
        besides = seen.besides if isinstance(seen, Surveyed) else ()
        sighting = found[0] if found else self._unseen(looked.endpoint)
        if sighting is None:
            text = f"Awesome Miner lists no miner {request.miner_id}."
            request.done.set_exception(CommandRejected(ErrorCode.MINER_REFUSED, text))
            return
        try:
            occasion = Occasion("add", request.client, None, request.principal, request.request_id)
            enrolled = self._registrar.settle([sighting], besides, occasion, request.rated_power)
        except CommandRejected as rejected:
            request.done.set_exception(rejected)
            return
        miner = enrolled.miners.get(enrolled.doubles.get(request.miner_id, request.miner_id))
        if miner is None:
            text = f"{request.miner_id} cannot be recorded by what it tells, or leads back to this fleet."
            request.done.set_exception(CommandRejected(ErrorCode.MINER_REFUSED, text))
        else:
            request.done.set_result(Added(miner, answered=sighting.identity is not None))

    def _unseen(self, endpoint: Endpoint) -> Sighting | None:
        """Return what is registered of what does not answer itself; None for a number that is not listed.

        What is known directly stays so.
        """
        known = self._registrar.known(endpoint.miner_id)
        listed = self._listing.sighting(endpoint.miner_id) if self._listing is not None else None
        if listed is not None and (known is None or not known.direct):
            return listed
        named = is_by_number(endpoint.miner_id) and known is None
        return None if named else nothing_at(endpoint)

    def _tell(self, message: _Message) -> None:
        with suppress(pykka.ActorDeadError):
            self.actor_ref.tell(message)
