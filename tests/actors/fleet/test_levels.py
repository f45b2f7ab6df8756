"""What miners that have come to hash are to draw yet, by their hashrate."""

from dataclasses import replace

import pytest
from fleet_values import NOW, RUN, A, fleet_of, miner, report

from actors.fleet.memory import Schedule
from actors.fleet.view import View
from actors.report import MinerReport, Phase
from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.devices.port import Activity, Board, Reading
from netstab.units import Celsius, GigahashPerSecond, Megahertz, Timestamp, Watts

FULL = ANTMINER_S9.capabilities.steps[-1].hashrate


def began(share: float) -> MinerReport:
    """A miner that has come to hash just now, with a share of its hashrate."""
    hashrate, hot = GigahashPerSecond(FULL * share), Celsius(60.0)
    board = Board(6, 63, 63, 650.0, GigahashPerSecond(hashrate / 3), hot, hot, None, None)
    reading = Reading(Activity.HASHING, Watts(1460.0), hashrate, Megahertz(650), None, (board,) * 3, ())
    return report(Phase.HASHING, reading=reading)


def rising(seen: MinerReport, seconds: float) -> float:
    """The share of what it gains by running that it is to draw yet, after so long."""
    now = Timestamp(NOW + seconds)
    (unit,) = View(fleet_of(miner(A)), {A: replace(seen, at=now)}, now, Schedule({A: RUN})).units
    return unit.rising / unit.gain_at(unit.running_at)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_boards_that_come_up_are_to_draw_what_their_hashrate_lacks(share: float) -> None:
    assert rising(began(share), 5) == pytest.approx(1 - share, abs=0.001)


def test_who_hashes_steadily_is_to_draw_nothing_more() -> None:
    assert rising(began(0.25), 31) == 0.0
