"""Units that start though nobody told them to: power is back after an outage, and an S9 mines at once. Pure.

As many as the ramp allows go on as they do; the others are put to sleep before they hash, and woken in turn.
"""

from collections.abc import Iterator
from dataclasses import replace

from actors.fleet.memory import Schedule, Wanted
from actors.fleet.view import View
from actors.report import MinerReport, Phase
from netstab.dispatch.ramp import Change, admitted
from netstab.dispatch.setpoint import IDLE
from netstab.power.unit import drawn_at
from netstab.units import MinerId, Seconds, Watts

__all__ = ["give_way", "heard_of"]

_SPREAD = 0.4
"""Of a wake: over no less time are starts spread that began together (reboots of 60 to 90 s)."""

_MOST_NOTED = 50_000
"""A server that leads no more hears of them, and puts nobody to sleep."""


def heard_of(schedule: Schedule, before: MinerReport | None, report: MinerReport) -> Schedule:
    """Take note of a miner that has begun to start by itself; one that was never seen before has not."""
    if before is None or before.phase in (Phase.UNKNOWN, Phase.STARTING) or not _starts_by_itself(report):
        return schedule
    return replace(schedule, returned=(*schedule.returned, report.miner_id)[-_MOST_NOTED:])


def give_way(schedule: Schedule, wanted: Wanted, view: View) -> tuple[Schedule, tuple[Change, ...]]:
    """Return who is to sleep of those that start by themselves; who goes on has its part of the ramp.

    Nobody had them run, so no minimum time off begins for those. One that is not planned for yet is kept
    until it is, and one that an operator holds is his.
    """
    if not schedule.returned:
        return schedule, ()
    starting = list(dict.fromkeys(_still_starting(schedule, wanted, view)))
    planned = [miner_id for miner_id in starting if wanted[miner_id] is not None]
    used = [miner_id for miner_id in planned if _runs(wanted, miner_id)]
    spread = Seconds(_SPREAD * view.record.seconds)
    count, ramp = admitted(
        [_gain(each, wanted, view) for each in used], schedule.ramp, view.ramps.up, spread, view.now
    )
    go_on = set(used[:count])
    rest = tuple(Change(each, IDLE, Watts(0.0), binds=False) for each in planned if each not in go_on)
    waiting = tuple(miner_id for miner_id in starting if wanted[miner_id] is None)
    return replace(schedule, ramp=ramp, returned=waiting), rest


def _still_starting(schedule: Schedule, wanted: Wanted, view: View) -> Iterator[MinerId]:
    for miner_id in schedule.returned:
        report = view.reports.get(miner_id)
        if report is None or miner_id not in wanted or miner_id in view.state.holds:
            continue
        if _starts_by_itself(report):
            yield miner_id


def _starts_by_itself(report: MinerReport) -> bool:
    return report.phase is Phase.STARTING and report.in_transition is None and not report.halted


def _runs(wanted: Wanted, miner_id: MinerId) -> bool:
    setpoint = wanted[miner_id]
    return setpoint is not None and setpoint.running


def _gain(miner_id: MinerId, wanted: Wanted, view: View) -> Watts:
    miner, setpoint = view.state.miners[miner_id], wanted[miner_id]
    point = setpoint.point if setpoint is not None else None
    return Watts(max(0.0, drawn_at(miner.points, point, miner.rated_power) - miner.points.idle_power))
