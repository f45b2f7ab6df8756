"""One miner in virtual time, and the queue of what is to happen."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random

from actors.miner.decide import has_settled
from actors.miner.state import MinerFacts, MinerState
from actors.report import Phase, Step
from netstab.simulation.physics import Stage
from netstab.simulation.population import random_of
from netstab.simulation.virtual.device import VirtualDevice
from netstab.simulation.virtual.site import Site
from netstab.units import MinerId, Seconds, Timestamp

__all__ = ["POLL_INTERVAL", "Agenda", "Sent", "VirtualMiner", "is_at_rest", "is_steady", "virtual_miner"]

POLL_INTERVAL = Seconds(5.0)

_RESTS = 30.0
"""Seconds without a change after which power and hashrate are steady in every profile."""

_SOON = 3600.0
"""A miner that changes by itself within so many seconds does not rest."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that reached a miner and changed it, for the order of that version."""

    at: float
    miner_id: MinerId
    step: Step
    order: int


@dataclass(slots=True, eq=False)
class VirtualMiner:
    """A device, the state of its actor, and what is known of both being at rest."""

    device: VirtualDevice
    facts: MinerFacts
    state: MinerState
    chance: Random
    withdrawn: set[int] = field(default_factory=set)
    rests: bool = False
    loses: bool = False
    seen_at: float | None = None
    changed_at: float = 0.0
    stage: Stage = Stage.OFF
    power: float = 0.0
    hashrate: float = 0.0

    @property
    def miner_id(self) -> MinerId:
        return self.device.miner_id


class Agenda:
    """What is to happen, by its moment; `now` is the moment of what happens."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = count()

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        self.at(self.now + seconds, act)

    def at(self, moment: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._serial), act))

    def run_until(self, now: float) -> None:
        """Let everything happen that is due by `now`."""
        while self._events and self._events[0][0] <= now:
            self.now, _, act = heapq.heappop(self._events)
            act()
        self.now = now


def virtual_miner(device: VirtualDevice, site: Site) -> VirtualMiner:
    """Put a device into virtual time; nothing is known of it yet."""
    known = device.registered
    facts = MinerFacts(
        device.miner_id,
        known.points,
        device.timings,
        known.home_frequency,
        POLL_INTERVAL,
        power_share=known.power_share,
    )
    state = MinerState(phase_since=Timestamp(0.0), counted_at=Timestamp(0.0), setting=facts.home_setting)
    return VirtualMiner(device, facts, state, random_of(site.seed, "wire", device.index))


def is_steady(miner: VirtualMiner, now: float) -> bool:
    """Whether a device does what it does for good."""
    device = miner.device
    return now - miner.changed_at > _RESTS and device.next_change > now + _SOON and not device.fluctuates


def is_at_rest(miner: VirtualMiner, now: float) -> bool:
    """Whether nothing is under way in the miner or in its actor, and nothing will be by itself."""
    state = miner.state
    busy = state.poll or state.probe or state.consecutive_failures or state.transition or state.waiting
    known = state.observed in (Phase.HASHING, Phase.ASLEEP)
    return bool(is_steady(miner, now) and known and not busy and has_settled(state))
