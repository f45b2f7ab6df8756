"""What discovery does without being asked: it looks again at single miners, and searches for the missing."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from actors.discovery.looker import Looker
from actors.discovery.lookout import Lookout, answering
from actors.discovery.registrar import Occasion, Registrar
from actors.discovery.scan import Surveyed
from actors.snapshot import FleetSnapshot
from netstab.devices.port import Endpoint
from netstab.errors import CommandRejected, DeviceError
from netstab.settings import Settings
from netstab.units import MinerId

__all__ = ["LookedAgain", "Searched", "Vigil"]

logger = logging.getLogger(__name__)

LOOKS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class LookedAgain:
    """To discovery, from the loop: a registered miner was looked at."""

    outcome: Surveyed | DeviceError


@dataclass(frozen=True, slots=True)
class Searched:
    """To discovery, from the loop: the network was looked over for machines that are missing."""

    outcome: Surveyed | DeviceError


class Vigil:
    """Part of discovery, on its thread; what the loop has seen comes back through `tell`."""

    def __init__(
        self,
        looker: Looker,
        registrar: Registrar,
        settings: Settings,
        tell: Callable[[LookedAgain | Searched], None],
    ) -> None:
        self._looker = looker
        self._registrar = registrar
        self._settings = settings
        self._tell = tell
        self._lookout = Lookout(settings.reach, searches=settings.discovery_enabled)
        self._queue: dict[MinerId, None] = {}
        self._looks = 0
        self._searching = False
        self._taken: set[MinerId] = set()
        self._owed: dict[str, tuple[Surveyed, Occasion]] = {}

    def beat(self, snapshot: FleetSnapshot, *, scanning: bool) -> None:
        """Do what is due now; nobody is searched for while a scan runs."""
        owed, self._owed = self._owed, {}
        for seen, occasion in owed.values():
            self.settle(seen, occasion)
        room = max(0, LOOKS_AT_ONCE - self._looks - len(self._queue))
        self._queue |= dict.fromkeys(self._lookout.due(snapshot, room))
        self._look()
        if not scanning and self._lookout.search_is_due(snapshot):
            self._search(snapshot)

    def look_at(self, miner_id: MinerId) -> None:
        """Look at a registered miner, when its turn comes."""
        self._queue[miner_id] = None
        self._look()

    def owe(self, seen: Surveyed, occasion: Occasion) -> None:
        """Register at the next beat what the fleet has just refused; of several of a kind the newest."""
        self._owed[occasion.via] = seen, occasion

    def looked(self, outcome: Surveyed | DeviceError, snapshot: FleetSnapshot) -> None:
        """Register what answers; one that took a registered machine's address waits until that is found."""
        self._looks -= 1
        if isinstance(outcome, Surveyed) and outcome.swept.found:
            [sighting] = outcome.swept.found
            if self._settings.discovery_enabled and self._registrar.is_taken(sighting):
                self._taken.add(sighting.endpoint.miner_id)
                self._search(snapshot)
            else:
                self.settle(outcome, Occasion("look"))
        self._look()

    def searched(self, outcome: Surveyed | DeviceError) -> None:
        self._searching = False
        if isinstance(outcome, Surveyed):
            self.settle(outcome, Occasion("search", network=self._settings.network))

    def settle(self, seen: Surveyed, occasion: Occasion) -> None:
        try:
            self._registrar.settle(seen.swept.found, seen.besides, occasion)
        except CommandRejected as rejected:
            logger.warning("What was found by a %s is registered later: %s", occasion.via, rejected)
            self.owe(seen, occasion)

    def _look(self) -> None:
        while self._queue and self._looks < LOOKS_AT_ONCE:
            known = self._registrar.known(self._queue.popitem()[0])
            if known is not None and known.direct:
                self._looks += 1
                endpoint = Endpoint(known.miner_id, known.api_port, known.http_port)
                self._looker.look(endpoint, lambda outcome: self._tell(LookedAgain(outcome)))

    def _search(self, snapshot: FleetSnapshot) -> None:
        if self._searching:
            return
        self._searching = True
        network, known = self._settings.network, answering(snapshot) - self._taken
        self._taken = set()
        count = self._looker.search(network, known, lambda outcome: self._tell(Searched(outcome)))
        why = "Machines are missing" if snapshot.state.miners else "No miner was found yet"
        logger.info("%s: %d addresses of %s are looked at.", why, count, network)
