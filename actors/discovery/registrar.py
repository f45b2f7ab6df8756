"""Has the fleet register what was sighted. One machine that cannot be recorded keeps no other out."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from actors.discovery.machines import Reconciled, contested, former_addresses, reconcile
from actors.discovery.registration import registration
from actors.discovery.scan import Sighting
from actors.port import Sender
from actors.snapshot import StatusBoard
from events.commands import Command, MoveMiners, RegisterMiners, RemoveMiner
from events.refusal import MOST_MINERS
from events.state import FleetState, RegisteredMiner, Source
from netstab.clock import WallClock
from netstab.devices.port import Endpoint
from netstab.errors import CommandRejected, ErrorCode
from netstab.reach import Network
from netstab.units import MinerId, Watts

__all__ = ["SYSTEM_CLIENT", "Enrolled", "Occasion", "Registrar", "Submit"]

logger = logging.getLogger(__name__)

SYSTEM_CLIENT = ""
"""The client of what the server does by itself."""

_NO_RATINGS: Mapping[MinerId, Watts] = MappingProxyType({})

Submit = Callable[[Command, Source, Sender], object]
"""Gives the fleet a command and waits for its answer."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """How and for whom miners were looked at: `via` and `network` of `RegisterMiners`, and the client.

    All that is registered has the id of the request, for a scan may register several times.
    """

    via: str
    client: str = SYSTEM_CLIENT
    network: Network | None = None
    principal: str = ""
    request_id: str = ""

    @property
    def source(self) -> Source:
        return Source.SYSTEM if self.client == SYSTEM_CLIENT else Source.DASHBOARD

    @property
    def sender(self) -> Sender:
        return Sender(self.client, principal=self.principal, request_id=self.request_id)


@dataclass(slots=True)
class Enrolled:
    """Miners as they are registered now, the addresses of those that cannot be, and second addresses."""

    miners: dict[MinerId, RegisteredMiner] = field(default_factory=dict)
    unrecorded: list[MinerId] = field(default_factory=list)
    doubles: Mapping[MinerId, MinerId] = field(default_factory=dict)


class Registrar:
    """Works for the one thread of discovery; what is registered it reads from the published state.

    `doubles` are the second addresses of machines that were seen, with those where they are registered.
    """

    def __init__(self, board: StatusBoard, wall: WallClock, submit: Submit) -> None:
        self._board = board
        self._wall = wall
        self._submit = submit
        self.doubles: Mapping[MinerId, MinerId] = {}

    @property
    def count(self) -> int:
        """How many miners are registered."""
        return len(self._state.miners)

    def known(self, miner_id: MinerId) -> RegisteredMiner | None:
        return self._state.miners.get(miner_id)

    def clear(self, sightings: Sequence[Sighting]) -> list[Sighting]:
        """Return those that may be registered before all is seen: it is certain which machines they are."""
        open_ = contested(sightings, self._state.miners)
        return [sighting for sighting in sightings if sighting.endpoint.miner_id not in open_]

    def is_taken(self, sighting: Sighting) -> bool:
        """Whether a machine that is not registered answers at the address of one that is."""
        miners = self._state.miners
        return bool(contested([sighting], miners)) and not former_addresses([sighting], miners)

    def former(self, sightings: Sequence[Sighting]) -> list[Endpoint]:
        """Return where machines that were seen are registered besides. For any thread."""
        miners = self._state.miners
        known = (miners[address] for address in former_addresses(sightings, miners))
        return [Endpoint(one.miner_id, one.api_port, one.http_port) for one in known]

    def settle(
        self,
        seen: Sequence[Sighting],
        besides: Sequence[Sighting],
        occasion: Occasion,
        rated_power: Watts | None = None,
    ) -> Enrolled:
        """Follow machines to their new addresses, end second registrations, and enrol all that was seen.

        `besides` is what was seen at former addresses. An operator's rating is that of the machines `seen`.
        Raises `CommandRejected` if the fleet refuses.
        """
        everything = (*seen, *besides)
        found = reconcile(everything, self._state.miners, self._state.holds)
        self._correct(found)
        asked = {found.doubles.get(one.endpoint.miner_id, one.endpoint.miner_id) for one in seen}
        rated = dict.fromkeys(asked, rated_power) if rated_power is not None else {}
        enrolled = self.enrol(
            [one for one in everything if one.endpoint.miner_id not in found.doubles], occasion, rated
        )
        enrolled.doubles = found.doubles
        self._note(everything, found.doubles)
        return enrolled

    def _note(self, seen: Sequence[Sighting], doubles: Mapping[MinerId, MinerId]) -> None:
        """Keep which addresses are second ones, until they are seen to be something else."""
        now = {sighting.endpoint.miner_id for sighting in seen}
        kept = {at: home for at, home in self.doubles.items() if at not in now}
        self.doubles = {**kept, **doubles}

    def enrol(
        self,
        sightings: Iterable[Sighting],
        occasion: Occasion,
        rated: Mapping[MinerId, Watts] = _NO_RATINGS,
        *,
        goes_on: bool = False,
    ) -> Enrolled:
        """Have the fleet register what is new or has changed; what an operator asked for is recorded always.

        Of a scan that `goes_on` that is done at its end. Raises `CommandRejected` if the fleet refuses.
        """
        now, enrolled, fresh = self._wall(), Enrolled(), []
        for sighting in sightings:
            miner_id = sighting.endpoint.miner_id
            if self._leads_back(sighting):
                logger.warning("%s is not registered: through it this fleet would command itself.", miner_id)
                enrolled.unrecorded.append(miner_id)
                continue
            before = self.known(miner_id)
            miner = registration(sighting, before, rated.get(miner_id), now)
            enrolled.miners[miner_id] = miner
            if miner != before:
                fresh.append(miner)
        fresh, too_many = self._that_fit(fresh, occasion)
        enrolled.unrecorded += too_many
        if fresh or (occasion.source is Source.DASHBOARD and not goes_on):
            enrolled.unrecorded += self._register(fresh, occasion)
        for miner_id in enrolled.unrecorded:
            enrolled.miners.pop(miner_id, None)
        return enrolled

    def _that_fit(
        self, miners: Sequence[RegisteredMiner], occasion: Occasion
    ) -> tuple[list[RegisteredMiner], list[MinerId]]:
        """Leave out those that a full fleet has no room for; what an operator adds it refuses itself."""
        known = self._state.miners
        new = [miner.miner_id for miner in miners if miner.miner_id not in known]
        too_many = new[max(0, MOST_MINERS - len(known)) :] if occasion.via != "add" else []
        if too_many:
            logger.warning(
                "%d miners are not registered: no more than %d can be.", len(too_many), MOST_MINERS
            )
        left_out = set(too_many)
        return [miner for miner in miners if miner.miner_id not in left_out], too_many

    def _leads_back(self, sighting: Sighting) -> bool:
        """Whether what was seen is the server of this fleet, or of one that has this fleet below it."""
        ours = self._board.snapshot.view.rules.fleet_id
        identity, reading = sighting.identity, sighting.reading
        behind = {identity.mac if identity else "", *(reading.fleets if reading else ())}
        return bool(ours) and ours in behind

    @property
    def _state(self) -> FleetState:
        return self._board.snapshot.state

    def _correct(self, found: Reconciled) -> None:
        """Have the registrations follow the machines; those that go first make room for those that move."""
        for miner_id in found.retired:
            mac, home = self._state.miners[miner_id].mac, found.doubles.get(miner_id, "another address")
            logger.warning("%s and %s are one machine (MAC %s): the first is removed.", miner_id, home, mac)
            self._submit(RemoveMiner(miner_id), Source.SYSTEM, Sender(SYSTEM_CLIENT))
        for move in found.moves:
            logger.warning("The miner with MAC %s was at %s and is now at %s.", move.mac, move.old, move.new)
        if found.moves:
            self._submit(MoveMiners(tuple(found.moves)), Source.SYSTEM, Sender(SYSTEM_CLIENT))

    def _register(self, miners: Sequence[RegisteredMiner], occasion: Occasion) -> list[MinerId]:
        """Return those that cannot be recorded; they are found by halves, so that one costs few attempts."""
        network = None if occasion.network is None else str(occasion.network)
        command = RegisterMiners(tuple(miners), occasion.via, network)
        try:
            self._submit(command, occasion.source, occasion.sender)
        except CommandRejected as rejected:
            if rejected.code != ErrorCode.INVALID_INPUT or not miners:
                raise
            if len(miners) > 1:
                middle = len(miners) // 2
                return self._register(miners[:middle], occasion) + self._register(miners[middle:], occasion)
            logger.warning("%s cannot be registered: %s", miners[0].miner_id, rejected)
            return [miners[0].miner_id]
        return []
