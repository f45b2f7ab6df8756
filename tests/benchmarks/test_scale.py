"""The benchmark of scale, small: it holds by ratios to what is measured beside it, whatever the host."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from waiting import PATIENCE

from benchmarks.scale.beside import poll_seconds
from benchmarks.scale.clients import asked
from benchmarks.scale.lean import LeanFleet
from benchmarks.scale.measure import Row
from benchmarks.scale.processes import API_PORT, HTTP_PORT, addresses, cpu_seconds, server, until
from benchmarks.scale.report import page

FEW, MANY, ROUNDS = 50, 400, 5

WHEN = "2026-01-01"
FIGURES = {"asleep_cpu": 1.0, "found_s": 10.0, "constant": 0.5, "missed": 0.0}


@dataclass(frozen=True)
class Cost:
    """Processor time of a server in s, the polls it made meanwhile, and what a bare poll takes, in s."""

    used: float
    polls: int
    bare: float


def _cost(count: int, folder: Path) -> Cost:
    """Measure a server that polls so many hashing units each second."""
    first = addresses(1)[0]
    fleet = LeanFleet(count, first_address=first, api_port=API_PORT, http_port=HTTP_PORT, asleep=False)
    with fleet, server(folder, count, {"POLL_INTERVAL_SECONDS": "1"}) as process:
        assert _reached(lambda: asked("dashboard/api/health")["miners_online"] >= count)
        settled = fleet.polls + 2 * count
        assert _reached(lambda: fleet.polls >= settled)
        used, polls = cpu_seconds(process.pid), fleet.polls
        assert _reached(lambda: fleet.polls >= polls + ROUNDS * count)
        return Cost(cpu_seconds(process.pid) - used, fleet.polls - polls, poll_seconds(addresses(count)))


def _reached(done: Callable[[], bool]) -> bool:
    until(done, PATIENCE, 0.1)
    return done()


def test_one_poll_more_costs_a_few_times_a_bare_one_and_no_more_in_a_larger_fleet(tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    (tmp_path / "many").mkdir()
    few, many = _cost(FEW, tmp_path / "few"), _cost(MANY, tmp_path / "many")
    one_more = (many.used - few.used) / (many.polls - few.polls)
    assert one_more / many.bare < 25, "bare polls in the cost of one poll more, of its report and the tick"
    growth = math.log(many.used / few.used) / math.log(many.polls / few.polls)
    assert growth < 1, "the exponent by which all that the server does grows with its polls"


def test_the_page_fits_how_each_cost_grows() -> None:
    rows = [
        Row(count, WHEN, {**FIGURES, "asleep_cpu": 0.003 * count, "stop_s": 2.0})
        for count in (100, 1000, 10_000)
    ]
    table = page(rows)
    assert "| processor, all asleep, % of a core | 0 | 3 | 30 | ≤ 60 | 1.0 |" in table
    assert "| clean stop, s | 2.0 | 2.0 | 2.0 | ≤ 3 | 0.0 |" in table


def test_the_page_says_which_goals_the_largest_fleet_missed() -> None:
    table = page([Row(20_000, WHEN, FIGURES)])
    assert "With 20,000 units 3 of 4 goals are met." in table
    assert "- Not met: status requests/s, in those for a constant file: 0.50, the goal is 0.9." in table


def test_what_was_not_measured_is_shown_as_such() -> None:
    assert "| clean stop, s | - |" in page([Row(100, WHEN, {"stop_s": math.nan})])


def test_what_was_not_reached_in_time_is_shown_with_its_bound_and_meets_no_goal() -> None:
    table = page([Row(100, WHEN, {"found_s": 45.0}, ["found_s"]), Row(1000, WHEN, {"found_s": 9.0})])
    assert "| > 45 | 9 | ≤ 60 |  |" in table
    table = page([Row(20_000, WHEN, {"found_s": 45.0}, ["found_s"])])
    assert "With 20,000 units 0 of 1 goals are met." in table
