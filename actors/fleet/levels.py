"""Whether a unit draws by now what it was set to, or started for, as its own readings tell. Pure.

Its capabilities bound how long it may take, some for minutes; most have come long before, and what they are
off by is to be taken up then.
"""

from collections.abc import Mapping
from typing import NamedTuple

from actors.report import MinerReport, Phase
from events.state import RegisteredMiner
from netstab.devices.models import MinerModel
from netstab.dispatch.calibration import STEADY
from netstab.dispatch.condition import PARTS_TO_RISE
from netstab.units import MinerId, Seconds, Timestamp, Watts

__all__ = [
    "SEEN_AFTER",
    "Level",
    "followed",
    "has_come",
    "is_steady",
    "may_have_risen",
    "share_up",
    "to_rise",
]

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


def is_steady(report: MinerReport, now: Timestamp) -> bool:
    """Whether a miner has hashed for so long that its boards are up."""
    return report.phase is Phase.HASHING and now >= report.phase_since + STEADY


def share_up(report: MinerReport, model: MinerModel, now: Timestamp) -> float:
    """Say how far a miner's boards have come up, by their hashrate; 0 for one that is to stop."""
    if report.desired is not None and not report.desired.setpoint.running:
        return 0.0
    reading = report.reading
    if is_steady(report, now) or reading is None or not reading.boards or not reading.setting:
        return 1.0
    if not model.known:
        return 1.0
    alive = sum(board.chips_ok for board in reading.boards) / model.chips
    point = model.capabilities.point_of(reading.setting)
    full = point.hashrate * alive if point is not None else 0.0
    return min(1.0, reading.hashrate / full) if full > 0 else 1.0


def to_rise(report: MinerReport | None, model: MinerModel, now: Timestamp) -> int:
    """Return how many parts of its power a miner that has come to hash is to draw yet.

    By these its boards have yet to come up.
    """
    if report is None or report.phase is not Phase.HASHING:
        return 0
    return round(PARTS_TO_RISE * (1 - share_up(report, model, now)))


def may_have_risen(report: MinerReport) -> bool:
    """Whether a miner that hashes may have come up further than it had by its report before."""
    return report.phase is Phase.HASHING and report.at < report.phase_since + 2 * STEADY
