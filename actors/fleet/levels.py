"""Whether a unit that is tuned draws what it was set to by now, as its own readings tell. Pure.

Its capabilities bound how long it may take, some for minutes; most have come long before, and what they are
off by is to be taken up then.
"""

from collections.abc import Mapping
from typing import NamedTuple

from actors.report import MinerReport, Phase
from events.state import RegisteredMiner
from netstab.dispatch.calibration import STEADY
from netstab.units import MinerId, Seconds, Timestamp, Watts

__all__ = ["SEEN_AFTER", "Level", "followed", "has_come"]

SEEN_AFTER = Seconds(15.0)
"""So long after a setting readings may be older than what the site meter shows."""

_SAME = 0.01  # of the rating: more is a move
_AS_MEANT = 0.15  # of what it is known to draw there: who is further off may not have begun to move


class Level(NamedTuple):
    """The power that a unit has drawn all the time since then."""

    power: Watts
    since: Timestamp


def followed(
    before: Mapping[MinerId, Level],
    miners: Mapping[MinerId, RegisteredMiner],
    reports: Mapping[MinerId, MinerReport],
    now: Timestamp,
) -> Mapping[MinerId, Level]:
    """Take in the newest readings of the units that are tuned and hash."""
    seen = ((miner, reports.get(miner_id)) for miner_id, miner in miners.items() if miner.points.tunes_freely)
    return {
        miner.miner_id: _level(before.get(miner.miner_id), miner, report.power, now)
        for miner, report in seen
        if report is not None and report.phase is Phase.HASHING
    }


def _level(before: Level | None, miner: RegisteredMiner, power: Watts, now: Timestamp) -> Level:
    stays = before is not None and abs(power - before.power) <= _SAME * miner.rated_power
    return before if before is not None and stays else Level(power, now)


def has_come(
    miner: RegisteredMiner, report: MinerReport, meant: Watts, level: Level | None, now: Timestamp
) -> bool:
    """Whether it is done with the change that it was told last; `meant` is what it is known to draw there.

    A unit that holds its power by a loop of its own has no level to go by.
    """
    told = report.desired
    if told is None or now >= told.since + miner.points.settles_within:
        return True
    lags = told.setpoint.setting not in (None, report.setting)
    if level is None or lags or miner.points.starts_when_set:
        return False
    near = abs(level.power - meant) <= _AS_MEANT * meant
    return near and now - max(level.since, told.since) >= STEADY
