"""An allocator that knows everything: each unit's true power, and at once who is dead and whose start failed.

It counts a miner that starts as if it hashed, so nothing is done twice. Of the answers that are near enough
it takes the one that changes least, for every change costs time: first it adds or drops miners alone, and
only where that is not near enough it searches through all.

Frequency mode is on/off mode with one thing more: where whole miners do not come near a target that stands,
some run at another frequency. Nobody is restarted for it, which may break a miner: one that runs is put to
sleep, set and woken again, as any other miner is.
"""

from collections.abc import Iterable, Iterator, Sequence
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
        self._target, self._since = Watts(0.0), 0.0

    def decide(
        self, now: Timestamp, order: Order | None, reports: Reports, metered: Watts | None
    ) -> Iterable[Told]:
        look = int(now / _LOOKS_EVERY)
        if order is not None and (look, order.version) != self._looked:
            self._looked = (look, order.version)
            self._note(now, order.target or Watts(0.0))
            self._work_out(self._target, reports)
        return self._ramped.due(now)

    def _note(self, now: Timestamp, target: Watts) -> None:
        if target != self._target:
            self._target, self._since = target, now

    @property
    def _tunes(self) -> bool:
        """Whether frequencies may be chosen: of a target that has stood for as long as a start takes.

        Who runs slowly is missing when a signal climbs: while it moves a frequency costs more than it mends.
        """
        site = self._plant.site
        stands = self._plant.now >= self._since + max(site.profile.wake.hashing)
        return stands and site.mode is PowerMode.FREQUENCY

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
        best = {id_: self._given[id_] for id_ in able}
        least = float(abs(self._sum() - wanted))
        for groups in self._searches(able, more=wanted > self._sum()):
            answer = nearest_sum([group.watts for group in groups], wanted)
            if abs(answer.total - wanted) < least - target * _NEAR:
                best = {
                    group.miner_id: group.options[place][0]
                    for group, place in zip(groups, answer.chosen, strict=True)
                }
                least = abs(answer.total - wanted)
            if least <= (target * _NEAR if self._tunes else max(target * _FAR, _HALF)):
                break
        return best

    def _searches(self, able: Sequence[MinerId], *, more: bool) -> Iterator[list[_Group]]:
        """Return what may be done, from what changes least on."""
        idle = [id_ for id_ in able if self._given[id_] is None]
        running = sorted((id_ for id_ in able if self._given[id_] is not None), key=self._costs)
        stay, go = (running, idle) if more else (idle, running)
        yield [*map(self._stays, stay), *map(self._whole, go)]
        yield [*map(self._whole, idle), *map(self._whole, running)]
        if self._tunes:
            yield [*map(self._stays, running), *map(self._tuned, idle)]
            yield [*map(self._tuned, idle), *map(self._tuned, running)]

    def _costs(self, miner_id: MinerId) -> tuple[bool, bool]:
        """Who boots goes before who hashes: dropping it costs no power now. Who runs slowly goes earlier."""
        miner = self._usable[miner_id]
        return miner.device.stage is Stage.HASHING, self._given[miner_id] == self._home(miner)

    def _stays(self, miner_id: MinerId) -> _Group:
        return self._group(miner_id, ())

    def _whole(self, miner_id: MinerId) -> _Group:
        return self._group(miner_id, (None, self._home(self._usable[miner_id])))

    def _tuned(self, miner_id: MinerId) -> _Group:
        home = self._home(self._usable[miner_id])
        return self._group(miner_id, (None, *(f for f in reversed(FREQUENCIES) if f <= home)))

    def _group(self, miner_id: MinerId, others: Iterable[Option]) -> _Group:
        """Return the options of a miner, the one that it has first."""
        miner, given = self._usable[miner_id], self._given[miner_id]
        options = dict.fromkeys((given, *others))
        return _Group(miner_id, tuple((option, self._added(miner, option)) for option in options))

    def _tell(self) -> None:
        for miner_id, option in self._given.items():
            miner = self._usable[miner_id]
            now = option if self._may_be_told(miner, option) else None
            self._ramped.want(miner_id, _setpoint(now), self._added(miner, now))

    def _may_be_told(self, miner: VirtualMiner, option: Option) -> bool:
        """Whether a miner may be told a frequency: one that runs or boots at another goes to sleep first."""
        physics = s9(miner.device).physics
        return physics.stage is Stage.DOWN or physics.configured.frequency == option


def _setpoint(option: Option) -> Setpoint:
    if option is None:
        return IDLE
    return Setpoint(running=True, point=ANTMINER_S9.capabilities.point_of(option))
