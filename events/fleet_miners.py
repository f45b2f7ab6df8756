"""The events of miners: who belongs to the fleet, where it answers, and whom an operator has taken."""

from collections.abc import Mapping
from dataclasses import field, replace
from types import MappingProxyType
from typing import Any

import msgspec

from events.fleet_event import CommandRecorded, Event, MinersCommanded
from events.state import (
    FleetState,
    HoldKind,
    RegisteredMiner,
    moved,
    without,
)
from netstab.dispatch.statistics import rerated
from netstab.power.tuning import Tuning
from netstab.units import MinerId

__all__ = [
    "FindModeSet",
    "FrequencySet",
    "HoldWithdrawn",
    "MinerControlled",
    "MinerHeld",
    "MinerRemoved",
    "MinerStarted",
    "MinersMoved",
    "MinersRegistered",
]


class HoldWithdrawn(Event):
    """A miner refused what it was held for by the command of version `order`: it is as it was before."""

    miner_id: str
    order: int

    def changes(self, state: FleetState) -> dict[str, Any]:
        hold = state.holds.get(MinerId(self.miner_id))
        if hold is None or hold.version != self.order:
            return {}
        holds = without(state.holds, self.miner_id)
        if hold.before is not None:
            holds = {**holds, hold.miner_id: replace(hold.before, miner_id=hold.miner_id)}
        return {"holds": MappingProxyType(dict(holds))}


class MinersRegistered(CommandRecorded):
    """Miners joined the fleet; what was known of one before is replaced.

    `network` is the block that was scanned, None for single addresses and in older logs.
    """

    miners: list[dict[str, Any]]
    via: str
    network: str | None = field(default=None, kw_only=True)

    def changes(self, state: FleetState) -> dict[str, Any]:
        joined = {miner.miner_id: miner for miner in msgspec.convert(self.miners, list[RegisteredMiner])}
        experience = {
            miner_id: rerated(known, state.miners[miner_id].rated_power, joined[miner_id].rated_power)
            for miner_id, known in state.experience.items()
            if miner_id in joined and miner_id in state.miners
        }
        return {
            "miners": MappingProxyType({**state.miners, **joined}),
            "experience": MappingProxyType({**state.experience, **experience}),
            "tunings": MappingProxyType(_of_those_that_stay(state.tunings, state.miners, joined)),
        }


class MinersMoved(CommandRecorded):
    """Miners answer at other addresses: everything known of each goes along, holds and priority too.

    Each of `moves` has `mac`, `old` and `new`.
    """

    moves: list[dict[str, str]]

    def changes(self, state: FleetState) -> dict[str, Any]:
        names = {MinerId(move["old"]): MinerId(move["new"]) for move in self.moves}
        miners, holds = moved(state.miners, names), moved(state.holds, names)
        priority = dict.fromkeys(names.get(each, each) for each in state.configuration.miner_priority)
        return {
            "miners": MappingProxyType({id_: replace(each, miner_id=id_) for id_, each in miners.items()}),
            "holds": MappingProxyType({id_: replace(each, miner_id=id_) for id_, each in holds.items()}),
            "experience": MappingProxyType(moved(state.experience, names)),
            "tunings": MappingProxyType(moved(state.tunings, names)),
            "configuration": replace(state.configuration, miner_priority=tuple(priority)),
        }


class MinerRemoved(CommandRecorded):
    """A miner left the fleet, and with it any hold; its place in the priority list stays."""

    miner_id: str

    def changes(self, state: FleetState) -> dict[str, Any]:
        return {
            "miners": without(state.miners, self.miner_id),
            "holds": without(state.holds, self.miner_id),
            "experience": without(state.experience, self.miner_id),
            "tunings": without(state.tunings, self.miner_id),
        }


class MinerControlled(MinersCommanded):
    """An operator restarted, rebooted or reset a miner; a hold stays as it is."""

    miner_id: str
    action: str


class MinerHeld(MinerControlled):
    """An operator stopped a miner and so took it from dispatch."""

    def changes(self, state: FleetState) -> dict[str, Any]:
        return self.hold(state, self.miner_id, HoldKind.STOPPED, None)


class MinerStarted(MinerControlled):
    """An operator started a miner: any hold ends, and it runs until an order of another power comes."""

    def changes(self, state: FleetState) -> dict[str, Any]:
        return self.hold(state, self.miner_id, HoldKind.STARTED, None)


class FindModeSet(CommandRecorded):
    """An operator had a miner blink, or stop blinking."""

    miner_id: str
    enabled: bool


class FrequencySet(MinersCommanded):
    """An operator set a miner's frequency in MHz and so took it from dispatch; voltage in V."""

    miner_id: str
    frequency: int
    voltage: float | None

    def changes(self, state: FleetState) -> dict[str, Any]:
        return self.hold(state, self.miner_id, HoldKind.FREQUENCY, self.frequency)


def _of_those_that_stay(
    tunings: Mapping[MinerId, Tuning],
    known: Mapping[MinerId, RegisteredMiner],
    joined: Mapping[MinerId, RegisteredMiner],
) -> dict[MinerId, Tuning]:
    """Leave out the tunings of miners whose address another machine has taken."""
    macs = {
        miner_id: {miner.mac for miner in (known[miner_id], joined[miner_id])} - {""}
        for miner_id in known.keys() & joined.keys()
    }
    return {miner_id: kept for miner_id, kept in tunings.items() if len(macs.get(miner_id, ())) < 2}
