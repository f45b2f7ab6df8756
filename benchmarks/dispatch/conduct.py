"""How a controller behaved: what it broke of its rules, and how it wore the miners. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import mean, pstdev

from actors.report import Step
from benchmarks.dispatch.controllers.protocol import Rules
from benchmarks.dispatch.run import Telling
from netstab.dispatch.setpoint import Setpoint
from netstab.simulation.virtual.miner import Sent
from netstab.units import MinerId, Setting

__all__ = ["Powers", "Violations", "Wear", "violations", "wear"]

Powers = Mapping[MinerId, Mapping[Setting, float]]
"""What each miner truly adds to its idle draw at each frequency, in W; at 0 at its own."""

_LENIENCY = 1.05
"""Nobody knows a miner's draw better than that; what is above counts against the ramp limit."""


@dataclass(frozen=True, slots=True)
class Violations:
    ramp: int
    hold: int
    minimum_times: int
    deactivate: int

    @property
    def total(self) -> int:
        return self.ramp + self.hold + self.minimum_times + self.deactivate


@dataclass(frozen=True, slots=True)
class Wear:
    """Per miner and hour: wakes and changes of frequency that reached a miner, and the spread of the wakes.

    `most_frequency_changes` is that of the miner which had most in any hour.
    """

    cycles: float
    cycles_spread: float
    frequency_changes: float
    most_frequency_changes: int


def violations(
    tellings: Iterable[Telling],
    sent: Iterable[Sent],
    orders: Iterable[tuple[float, float | None]],
    powers: Powers,
    rules: Rules,
) -> Violations:
    tellings, orders = list(tellings), list(orders)
    return Violations(
        ramp=_ramp(tellings, powers, 1000 * rules.ramp_kw_per_second),
        hold=sum(1 for told in tellings if told.miner_id in rules.holds and _breaks_hold(told, rules)),
        minimum_times=_minimum_times(tellings, orders, rules),
        deactivate=_woken_in_standby(sent, orders),
    )


def _ramp(tellings: Iterable[Telling], powers: Powers, limit: float) -> int:
    """Count the seconds over which more was commanded in one direction than allowed.

    A single miner larger than the limit has to be let through, alone. One that was released, as it is out of
    reach or does not start, counts nothing until it is told to run again.
    """
    now: dict[MinerId, float] = {}
    steps: list[tuple[float, float]] = []
    for told in tellings:
        if told.setpoint is None:
            now.pop(told.miner_id, None)
            continue
        after = _power(told.setpoint, powers[told.miner_id])
        steps.append((told.at, after - now.get(told.miner_id, 0.0)))
        now[told.miner_id] = after
    ups = [(at, step) for at, step in steps if step > 0]
    downs = [(at, -step) for at, step in steps if step < 0]
    return _over(ups, limit) + _over(downs, limit)


def _over(steps: list[tuple[float, float]], limit: float) -> int:
    count, first, total = 0, 0, 0.0
    for place, (at, step) in enumerate(steps):
        total += step
        while steps[first][0] <= at - 1:
            total -= steps[first][1]
            first += 1
        last_of_moment = place + 1 == len(steps) or steps[place + 1][0] > at
        count += last_of_moment and place > first and total > limit * _LENIENCY
    return count


def _power(setpoint: Setpoint, powers: Mapping[Setting, float]) -> float:
    return powers.get(setpoint.setting or 0, powers[0]) if setpoint.running else 0.0


def _breaks_hold(told: Telling, rules: Rules) -> bool:
    runs = rules.holds[told.miner_id].kind != "stopped"
    return told.setpoint is None or told.setpoint.running is not runs


def _minimum_times(
    tellings: Iterable[Telling], orders: list[tuple[float, float | None]], rules: Rules
) -> int:
    """Count what was turned too early; an order of standby need not wait, and holds are the operator's.

    One that was released had failed: told to stop after that, it does not begin to be off.
    """
    turned: dict[MinerId, tuple[float, bool]] = {}
    count = 0
    for told in tellings:
        if told.setpoint is None or told.miner_id in rules.holds:
            turned.pop(told.miner_id, None)
            continue
        runs, before = told.setpoint.running, turned.get(told.miner_id)
        if (before is None and not runs) or (before is not None and before[1] is runs):
            continue
        least = rules.constraints.min_off if runs else rules.constraints.min_on
        too_early = before is not None and told.at - before[0] < least
        count += too_early and bool(runs or _target_at(told.at, orders))
        turned[told.miner_id] = (told.at, runs)
    return count


def _target_at(moment: float, orders: Iterable[tuple[float, float | None]]) -> float | None:
    target = None
    for at, ordered in orders:
        if at > moment:
            break
        target = ordered
    return target


def _woken_in_standby(sent: Iterable[Sent], orders: list[tuple[float, float | None]]) -> int:
    starts = (act for act in sent if act.step is not Step.SLEEP)
    begun = orders[0][0] if orders else 0.0
    return sum(1 for act in starts if act.at > begun and not _target_at(act.at, orders))


def wear(sent: Iterable[Sent], miners: int, begin: float, end: float) -> Wear:
    """Count what reached the miners from `begin` to `end`."""
    hours = (end - begin) / 3600
    acts = [act for act in sent if begin <= act.at < end]
    wakes = Counter(act.miner_id for act in acts if act.step is Step.WAKE)
    each = [*wakes.values(), *[0] * (miners - len(wakes))]
    changes = [act for act in acts if act.step is Step.TUNE]
    return Wear(
        cycles=mean(each) / hours,
        cycles_spread=pstdev(each) / hours,
        frequency_changes=len(changes) / miners / hours,
        most_frequency_changes=_most_in_an_hour(changes),
    )


def _most_in_an_hour(changes: Iterable[Sent]) -> int:
    moments: dict[MinerId, list[float]] = defaultdict(list)
    for change in changes:
        moments[change.miner_id].append(change.at)
    return max(
        (sum(1 for other in times if at - 3600 < other <= at) for times in moments.values() for at in times),
        default=0,
    )
