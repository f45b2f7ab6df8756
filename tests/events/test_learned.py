"""What is learned of the miners is in the log, and rebuilt from it."""

from contextlib import closing
from pathlib import Path

import pytest
from recording import miner, origin

from events.commands import RegisterMiners, RemoveMiner
from events.log import FleetLog, Response
from netstab.dispatch.statistics import NEW
from netstab.power.allocation import PowerMode
from netstab.units import MinerId, WallTime

A = MinerId("127.0.0.1")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'log.db'}"


def opened(url: str) -> closing[FleetLog]:
    return closing(FleetLog(url, lambda: WallTime(1_768_921_500.0), PowerMode.ON_OFF))


def wake(outcome: str, seconds: float | None) -> Response:
    return Response(1, A, "wake", outcome, "", WallTime(1_768_921_500.0), seconds)


def test_what_miners_were_found_to_draw_outlives_a_restart(url: str) -> None:
    with opened(url) as log:
        log.accept(RegisterMiners((miner(1),), "add"), origin(), "")
        log.measured({A: (0.87, 12.5)}, 0.95)
    with opened(url) as log:
        assert log.state.meter_scale == 0.95
        assert (log.state.experience[A].power_factor, log.state.experience[A].running_hours) == (0.87, 12.5)


def test_what_is_known_of_miners_has_the_order_in_which_it_was_recorded(url: str) -> None:
    numbers = [7, 2, 9, 40, 1, 33, 12, 5, 28, 16]
    names = [MinerId(f"127.0.0.{number}") for number in numbers]
    with opened(url) as log:
        log.accept(RegisterMiners(tuple(map(miner, sorted(numbers))), "add"), origin(), "")
        log.measured(dict.fromkeys(names, (0.9, 1.0)), 1.0)
        assert list(log.state.experience) == names
    with opened(url) as log:
        assert list(log.state.experience) == names


def test_how_wakes_ended_is_learned_from_the_responses(url: str) -> None:
    with opened(url) as log:
        log.accept(RegisterMiners((miner(1),), "add"), origin(), "")
        log.responses([wake("done", 90.0), wake("failed", 240.0), wake("failed", None)])
    with opened(url) as log:
        known = log.state.experience[A]
        assert (known.wakes, known.failures, known.wake_seconds) == (0.9, 1.0, 90.0)


def test_a_miner_that_leaves_is_forgotten_and_one_that_is_unknown_teaches_nothing(url: str) -> None:
    with opened(url) as log:
        log.responses([wake("done", 90.0)])
        assert log.state.experience.get(A, NEW) == NEW
        log.accept(RegisterMiners((miner(1),), "add"), origin(), "")
        log.responses([wake("done", 90.0)])
        log.accept(RemoveMiner(A), origin(), "")
        assert A not in log.state.experience
