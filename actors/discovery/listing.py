"""Which miners of Awesome Miner's list are registered, and which are left to the way they are known by.

Part of discovery, on its thread: it asks nobody, and reads what the back end has published.
"""

import logging
from collections.abc import Iterator, Mapping

from actors.discovery.registrar import Occasion, Registrar
from actors.discovery.scan import Sighting
from events.state import RegisteredMiner
from netstab.devices.awesome_miner.back_end import AwesomeMiner, Board
from netstab.devices.awesome_miner.document import MOST_LISTED
from netstab.devices.awesome_miner.unit import STOP_SEEN, identity
from netstab.devices.port import Endpoint
from netstab.errors import CommandRejected
from netstab.settings import Settings
from netstab.units import MinerId, Seconds, Timestamp

__all__ = ["Listing"]

logger = logging.getLogger(__name__)

VIA = "awesome_miner"

_RENEWED_EVERY = Seconds(300.0)
"""So often at most what has changed is taken in: a list that flaps must not fill the log of events."""


class Listing:
    """Registers each miner of the list once; one that is removed stays so until the server begins anew.

    What is known directly stays so, and is not registered again from the list when it is removed: else it
    would change sides with each fault of its own.
    """

    def __init__(self, back_end: AwesomeMiner, registrar: Registrar, settings: Settings) -> None:
        self._back_end = back_end
        self._registrar = registrar
        self._settings = settings
        self._board: Board | None = None
        self._settled: dict[MinerId, object] = {}  # with what each was settled by
        self._renewed: Timestamp | None = None
        self._doubles: frozenset[int] = frozenset()  # that were warned of

    def beat(self, members: Mapping[MinerId, RegisteredMiner], *, scanning: bool) -> None:
        """Register what is new in the list, while no scan runs: it finds miners that are direct."""
        board = self._back_end.board
        if scanning or board.at is None or board is self._board:
            return
        self._recall(members)
        renews = self._renewed is None or board.at - self._renewed >= _RENEWED_EVERY
        fresh = dict(self._new(board, members, renews=renews))
        renewed = not fresh.keys().isdisjoint(self._settled)
        if fresh and not self._enrolled(fresh, board):
            return
        if renewed:
            self._renewed = board.at
        self._board = board
        if len(self._settled) > MOST_LISTED:
            self._settled = {each: self._settled[each] for each in board.known.numbers}
        self._warn(board)

    def sighting(self, miner_id: MinerId) -> Sighting | None:
        """Return what the list says of a unit, None where it does not list it."""
        board = self._back_end.board
        return self._sighting(miner_id, board) if miner_id in board.known.numbers else None

    def _recall(self, members: Mapping[MinerId, RegisteredMiner]) -> None:
        """Have the back end know by the log that stops work."""
        if self._board is None:
            for miner in members.values():
                if not miner.direct and miner.firmware_version == STOP_SEEN:
                    self._back_end.proved_before(miner.miner_id)

    def _new(
        self, board: Board, members: Mapping[MinerId, RegisteredMiner], *, renews: bool
    ) -> Iterator[tuple[MinerId, object]]:
        """Name those to be registered, each with what of it the registration rests on."""
        for miner_id, number in board.known.numbers.items():
            known, told = members.get(miner_id), self._told(number, board)
            if known is not None and known.direct:
                self._settled[miner_id] = None
                continue
            changed = renews and known is not None and self._settled.get(miner_id) != told
            if changed or miner_id not in self._settled:
                yield miner_id, told

    def _told(self, number: int, board: Board) -> object:
        miner = board.listed[number]
        return miner.name, miner.hardware, number == self._back_end.proof.proved_by

    def _sighting(self, miner_id: MinerId, board: Board) -> Sighting:
        number = board.known.numbers[miner_id]
        seen = number == self._back_end.proof.proved_by
        found = identity(board.listed[number], control=self._back_end.control, stop_seen=seen)
        endpoint = Endpoint(miner_id, self._settings.api_port, self._settings.http_port)
        return Sighting(endpoint, found, None)

    def _enrolled(self, fresh: Mapping[MinerId, object], board: Board) -> bool:
        sightings = [self._sighting(miner_id, board) for miner_id in fresh]
        try:
            self._registrar.enrol(sightings, Occasion(VIA))
        except CommandRejected as rejected:
            logger.warning("What Awesome Miner lists is registered later: %s", rejected)
            return False
        self._settled |= fresh
        return True

    def _warn(self, board: Board) -> None:
        """Name those that share a place, each once."""
        new = [number for number in board.known.doubles if number not in self._doubles]
        if not new:
            return
        kept = self._doubles if len(self._doubles) <= MOST_LISTED else frozenset()
        self._doubles = kept.union(new)
        names = ", ".join(board.listed[number].name for number in new[:10])
        logger.warning("Awesome Miner lists more than one miner at an address; left out: %s.", names)
