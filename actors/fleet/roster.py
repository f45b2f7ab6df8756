"""Has the actors of the fleet's miners started and stopped: who is a member is what the log says.

It keeps nobody alive (the supervisor does) and decides nothing about power.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pykka import ActorRef

from actors.directory import Directory
from actors.discovery.registration import works_alike
from actors.supervisor import Dismiss, Employ
from events.commands import Move
from events.state import RegisteredMiner
from netstab.dispatch.statistics import NEW, UnitStatistics
from netstab.units import MinerId

__all__ = ["Roster", "Starter"]

Starter = Callable[[RegisteredMiner, float], Callable[[], ActorRef[Any]]]
"""Gives for a miner, and the hours that it has hashed so far, the function that starts its actor."""


class Roster:
    """`gone` is told of each miner whose actor is stopped."""

    def __init__(self, directory: Directory, starter: Starter, gone: Callable[[MinerId], None]) -> None:
        self._directory = directory
        self._starter = starter
        self._gone = gone

    def enlist(
        self,
        miner: RegisteredMiner,
        known: RegisteredMiner | None,
        experiences: Mapping[MinerId, UnitStatistics],
    ) -> None:
        """Have a miner's actor started, anew only if it cannot go on with what is registered now."""
        if known is not None and works_alike(known, miner):
            return
        self.dismiss(miner.miner_id)
        self.employ(miner, experiences)

    def employ(self, miner: RegisteredMiner, experiences: Mapping[MinerId, UnitStatistics]) -> None:
        """Have a miner's actor started; one that lives on is left alone."""
        hours = experiences.get(miner.miner_id, NEW).running_hours
        self._directory.tell_supervisor(Employ(miner.miner_id, self._starter(miner, hours)))

    def relocate(
        self,
        moves: Iterable[Move],
        members: Mapping[MinerId, RegisteredMiner],
        experiences: Mapping[MinerId, UnitStatistics],
    ) -> None:
        """Have the actors of addresses that were left or taken stopped, and those of the members started."""
        addresses = dict.fromkeys(address for move in moves for address in (move.old, move.new))
        for miner_id in addresses:
            self.dismiss(miner_id)
        for miner_id in addresses:
            if miner_id in members:
                self.employ(members[miner_id], experiences)

    def dismiss(self, miner_id: MinerId) -> None:
        self._directory.remove(miner_id)
        self._directory.tell_supervisor(Dismiss(miner_id))
        self._gone(miner_id)
