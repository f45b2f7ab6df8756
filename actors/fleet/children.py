"""Which miners' actors a command has started and stopped: who is a member is what the log says. Pure."""

from collections.abc import Iterator

from actors.discovery.registration import works_alike
from actors.fleet.effects import StartMiner, StopMiner
from events.commands import Command, MoveMiners, RegisterMiners, RemoveMiner
from events.state import FleetState, RegisteredMiner
from netstab.dispatch.statistics import NEW

__all__ = ["child_changes", "started"]


def started(miner: RegisteredMiner, state: FleetState) -> StartMiner:
    """Return the start of a miner's actor, which goes on from the hours that it has hashed so far."""
    return StartMiner(miner, state.experience.get(miner.miner_id, NEW).running_hours)


def child_changes(
    command: Command, before: FleetState, after: FleetState
) -> Iterator[StartMiner | StopMiner]:
    """Say what a command that is recorded changes of the actors that there are.

    A registered miner's is started anew only if it cannot go on with what is registered now.
    """
    match command:
        case RegisterMiners(miners):
            for miner in miners:
                known = before.miners.get(miner.miner_id)
                if known is None or not works_alike(known, miner):
                    yield StopMiner(miner.miner_id)
                    yield started(miner, after)
        case MoveMiners(moves):
            addresses = dict.fromkeys(address for move in moves for address in (move.old, move.new))
            yield from map(StopMiner, addresses)
            yield from (started(after.miners[each], after) for each in addresses if each in after.miners)
        case RemoveMiner(miner_id):
            yield StopMiner(miner_id)
