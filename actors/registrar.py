"""Has the fleet register what was sighted. One machine that cannot be recorded keeps no other out."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from actors.registration import registration
from actors.scan import Sighting
from actors.snapshot import StatusBoard
from events.commands import Command, RegisterMiners
from events.state import RegisteredMiner, Source
from netstab.clock import WallClock
from netstab.errors import CommandRejected
from netstab.readers import Network
from netstab.units import MinerId, Watts

__all__ = ["SYSTEM_CLIENT", "Enrolled", "Occasion", "Registrar", "Submit"]

logger = logging.getLogger(__name__)

SYSTEM_CLIENT = ""
"""The client of what the server does by itself."""

Submit = Callable[[Command, Source, str], object]
"""Gives the fleet a command and waits for its answer."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """How and for whom miners were looked at: `via` and `network` of `RegisterMiners`, and the client."""

    via: str
    client: str = SYSTEM_CLIENT
    network: Network | None = None

    @property
    def source(self) -> Source:
        return Source.SYSTEM if self.client == SYSTEM_CLIENT else Source.DASHBOARD


@dataclass(slots=True)
class Enrolled:
    """Miners as they are registered now, and the addresses of those that cannot be."""

    miners: dict[MinerId, RegisteredMiner] = field(default_factory=dict)
    unrecorded: list[MinerId] = field(default_factory=list)


class Registrar:
    """Works for the one thread of discovery; what is registered it reads from the published state."""

    def __init__(self, board: StatusBoard, wall: WallClock, submit: Submit) -> None:
        self._board = board
        self._wall = wall
        self._submit = submit

    def known(self, miner_id: MinerId) -> RegisteredMiner | None:
        return self._board.snapshot.state.miners.get(miner_id)

    def enrol(
        self, sightings: Iterable[Sighting], occasion: Occasion, rated_power: Watts | None = None
    ) -> Enrolled:
        """Have the fleet register what is new or has changed; what an operator asked for is recorded always.

        Raises `CommandRejected` if the fleet refuses.
        """
        now, enrolled, fresh = self._wall(), Enrolled(), []
        for sighting in sightings:
            before = self.known(sighting.endpoint.miner_id)
            miner = registration(sighting, before, rated_power, now)
            enrolled.miners[miner.miner_id] = miner
            if miner != before:
                fresh.append(miner)
        if fresh or occasion.source is Source.DASHBOARD:
            enrolled.unrecorded = self._register(fresh, occasion)
        for miner_id in enrolled.unrecorded:
            del enrolled.miners[miner_id]
        return enrolled

    def _register(self, miners: Sequence[RegisteredMiner], occasion: Occasion) -> list[MinerId]:
        """Give those that cannot be recorded; they are found by halves, so that one costs few attempts."""
        network = None if occasion.network is None else str(occasion.network)
        command = RegisterMiners(tuple(miners), occasion.via, network)
        try:
            self._submit(command, occasion.source, occasion.client)
        except CommandRejected as rejected:
            if rejected.code != "INVALID_INPUT" or not miners:
                raise
            if len(miners) > 1:
                middle = len(miners) // 2
                return self._register(miners[:middle], occasion) + self._register(miners[middle:], occasion)
            logger.warning("%s cannot be registered: %s", miners[0].miner_id, rejected)
            return [miners[0].miner_id]
        return []
