"""What is learned of the miners is in the log, and rebuilt from it."""

from contextlib import closing
from pathlib import Path

import pytest
from recording import miner, origin

from events.commands import RegisterMiners, RemoveMiner
from events.log import FleetLog, Response
from netstab.dispatch.statistics import NEW
from netstab.dispatch.wear import Strain, Worn
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


def began_anew(action: str, outcome: str, seconds: float | None, strain: Strain | None) -> Response:
    return Response(1, A, action, outcome, "", WallTime(1_768_921_500.0), seconds, strain)


PUT_THROUGH = [
    began_anew("wake", "done", 90.0, Strain.WAKE),
    began_anew("wake", "failed", 240.0, Strain.WAKE),
    began_anew("wake", "failed", None, Strain.WAKE),  # not answered: nobody knows what came of it
    began_anew("wake", "cut_short", 20.0, Strain.WAKE),
    began_anew("set_frequency", "done", 80.0, Strain.RESTART),
    began_anew("reboot", "failed", 240.0, Strain.RESTART),
    began_anew("sleep", "done", 5.0, None),
]


def test_what_a_miner_was_put_through_is_counted_and_outlives_a_restart(url: str) -> None:
    with opened(url) as log:
        log.server_started("1.0")
        log.accept(RegisterMiners((miner(1),), "add"), origin(), "")
        log.responses(PUT_THROUGH)
    with opened(url) as log:
        state, now = log.state, WallTime(1_768_921_500.0)
        assert state.wear_since == now
        assert state.wear.lately(now) == Worn(wakes=4, restarts=2, failed_wakes=1)
        assert state.experience[A].wear == state.wear


def test_a_wake_that_was_cut_short_says_nothing_of_how_surely_a_miner_wakes(url: str) -> None:
    with opened(url) as log:
        log.accept(RegisterMiners((miner(1),), "add"), origin(), "")
        log.responses([began_anew("wake", "cut_short", 20.0, Strain.WAKE)])
        assert (log.state.experience[A].wakes, log.state.experience[A].failures) == (0.0, 0.0)


def test_it_is_known_since_when_a_miner_runs_or_rests(url: str) -> None:
    with opened(url) as log:
        log.accept(RegisterMiners((miner(1),), "add"), origin(), "")
        log.responses(PUT_THROUGH[:1])
        assert (log.state.experience[A].switched_at, log.state.experience[A].runs) == (1_768_921_410.0, True)
        log.responses(PUT_THROUGH)
    with opened(url) as log:
        assert (log.state.experience[A].switched_at, log.state.experience[A].runs) == (1_768_921_495.0, False)


def test_of_a_miner_that_leaves_the_fleets_wear_is_kept(url: str) -> None:
    with opened(url) as log:
        log.accept(RegisterMiners((miner(1),), "add"), origin(), "")
        log.responses(PUT_THROUGH[:1])
        log.accept(RemoveMiner(A), origin(), "")
        assert A not in log.state.experience
        assert log.state.wear.lately(WallTime(1_768_921_500.0)).wakes == 1
