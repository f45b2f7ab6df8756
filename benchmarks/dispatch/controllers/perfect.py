"""An allocator that knows everything: each unit's true power, and at once who is dead and whose start failed.

It counts a miner that starts as if it hashed, so nothing is done twice. Of the answers that are near enough
it takes the one that changes least, for every change costs time: first it adds or drops miners alone, and
only where that is not near enough it searches through all.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from actors.report import Phase
from benchmarks.dispatch.controllers.protocol import Ramped, Reports, Rules, Told
from benchmarks.dispatch.controllers.subset import nearest_sum
from events.state import Order
from netstab.devices.antminer.s9 import ANTMINER_S9, FREQUENCIES
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.power.unit import PowerMode
from netstab.simulation.physics import Stage
from netstab.simulation.virtual.miner import VirtualMiner
from netstab.simulation.virtual.plant import Plant
from netstab.simulation.virtual.s9 import s9
from netstab.units import Megahertz, MinerId, Timestamp, Watts

__all__ = ["Perfect"]

_NEAR = 0.005
"""The share of the target that is near enough to change nothing."""
_FAR = 0.05
"""The share of the target, but at least half a miner, from which on miners are exchanged for others.

Each exchange costs a wake."""
_LOOKS_EVERY = 2.0  # s, between orders
_HALF = 0.55 * ANTMINER_S9.rated_power

Option = Megahertz | None
"""The frequency at which a miner runs, None if it is stopped."""


@dataclass(frozen=True, slots=True)
class _Group:
    """What a miner may do and what it then adds to its idle draw, in W; first comes what changes nothing."""

    miner_id: MinerId
    options: tuple[tuple[Option, int], ...]

    @property
    def watts(self) -> list[int]:
        return [power for _, power in self.options]


class Perfect:
    def __init__(self, plant: Plant, rules: Rules) -> None:
        self._plant, self._ramped = plant, Ramped(rules)
        usable = (miner for miner in plant.miners.values() if plant.registered[miner.miner_id].controllable)
        self._usable = {miner.miner_id: miner for miner in usable}
        self._given: dict[MinerId, Option] = dict.fromkeys(self._usable)
        self._looked = (-1, -1)

    def decide(
        self, now: Timestamp, order: Order | None, reports: Reports, metered: Watts | None
    ) -> Iterable[Told]:
        look = int(now / _LOOKS_EVERY)
        if order is not None and (look, order.version) != self._looked:
            self._looked = (look, order.version)
            self._work_out(order.target or Watts(0.0), reports)
        return self._ramped.due(now)

    def declared(self, reports: Reports) -> Watts:
        others = sum(m.power for m in self._plant.miners.values() if m.miner_id not in self._usable)
        return Watts(others + sum(self._most(miner, reports) for miner in self._usable.values()))

    def _most(self, miner: VirtualMiner, reports: Reports) -> float:
        draws = s9(miner.device).draws
        return draws[self._home(miner)].power if self._can_run(miner, reports) else miner.power

    def _home(self, miner: VirtualMiner) -> Megahertz:
        return Megahertz(s9(miner.device).unit.frequency)

    def _can_run(self, miner: VirtualMiner, reports: Reports) -> bool:
        """Whether a miner hashes, is on its way, or could be woken now."""
        physics = s9(miner.device).physics
        if physics.stage is Stage.HASHING:
            return True
        if physics.dead or physics.stage is Stage.OFF:
            return False
        if physics.stage is not Stage.DOWN:
            return True
        return self._may_be_woken(miner, reports)

    def _may_be_woken(self, miner: VirtualMiner, reports: Reports) -> bool:
        """Whether the state machine of a stopped miner would send a wake, or has one on its way."""
        report = reports.get(miner.miner_id)
        if report is None or miner.state.call is not None:
            return True
        failed = report.failed_to_wake
        if failed is not None and failed.next_at > self._plant.now:
            return False
        return report.phase is not Phase.STARTING

    def _work_out(self, target: Watts, reports: Reports) -> None:
        able = {id_ for id_, miner in self._usable.items() if self._can_run(miner, reports)}
        for miner_id in self._given.keys() - able:
            self._given[miner_id] = None
        fixed = sum(
            s9(miner.device).unit.idle_power if miner.miner_id in able else miner.power
            for miner in self._plant.miners.values()
        )
        wanted = round(target - fixed)
        if not target:
            self._given = dict.fromkeys(self._given)
        elif abs(self._sum() - wanted) > target * _NEAR:
            self._given |= self._best(wanted, sorted(able), target)
        self._tell()

    def _sum(self) -> int:
        return sum(self._added(self._usable[id_], option) for id_, option in self._given.items())

    def _added(self, miner: VirtualMiner, option: Option) -> int:
        if option is None:
            return 0
        device = s9(miner.device)
        return max(0, round(device.draws[option].power - device.unit.idle_power))

    def _best(self, wanted: int, able: list[MinerId], target: float) -> dict[MinerId, Option]:
        running = sorted((id_ for id_ in able if self._given[id_] is not None), key=self._hashes)
        idle = [id_ for id_ in able if self._given[id_] is None]
        more = wanted > self._sum()
        adding = [self._stays(id_) for id_ in running] + [self._group(id_) for id_ in idle]
        dropping = [self._stays(id_) for id_ in idle] + [self._group(id_) for id_ in running]
        everything = [self._group(id_) for id_ in [*idle, *running]]
        kept = {id_: self._given[id_] for id_ in able}
        best, least = kept, float(abs(self._sum() - wanted))
        for groups in (adding if more else dropping, everything):
            answer = nearest_sum([group.watts for group in groups], wanted)
            if abs(answer.total - wanted) < least - target * _NEAR:
                best = {
                    group.miner_id: group.options[place][0]
                    for group, place in zip(groups, answer.chosen, strict=True)
                }
                least = abs(answer.total - wanted)
            if least <= max(target * _FAR, _HALF):
                break
        return best

    def _hashes(self, miner_id: MinerId) -> bool:
        """Who boots goes before who hashes: dropping it costs no power now."""
        return self._usable[miner_id].device.stage is Stage.HASHING

    def _stays(self, miner_id: MinerId) -> _Group:
        option = self._given[miner_id]
        return _Group(miner_id, ((option, self._added(self._usable[miner_id], option)),))

    def _group(self, miner_id: MinerId) -> _Group:
        """Return the options of a miner; a running one is never changed in frequency, which stops it."""
        miner, given = self._usable[miner_id], self._given[miner_id]
        options: list[Option] = [given] if given is not None else [None, *self._frequencies(miner)]
        if given is not None:
            options.append(None)
        return _Group(miner_id, tuple((option, self._added(miner, option)) for option in options))

    def _frequencies(self, miner: VirtualMiner) -> list[Megahertz]:
        if self._plant.site.mode is PowerMode.FREQUENCY:
            return [f for f in reversed(FREQUENCIES) if f <= self._home(miner)]
        return [self._home(miner)]

    def _tell(self) -> None:
        for miner_id, option in self._given.items():
            added = self._added(self._usable[miner_id], option)
            setpoint = (
                IDLE
                if option is None
                else Setpoint(running=True, point=ANTMINER_S9.capabilities.point_of(option))
            )
            self._ramped.want(miner_id, setpoint, added)
