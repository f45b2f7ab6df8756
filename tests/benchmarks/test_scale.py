"""The benchmark of scale, small: it holds by ratios to what is measured beside it, whatever the host."""

import math

from benchmarks.scale.measure import Row, measure
from benchmarks.scale.report import page

FIGURES = {"asleep_cpu": 1.0, "found_s": 10.0, "constant": 0.5, "missed": 0.0}


def test_a_hundred_units_are_served_at_a_few_times_the_cost_of_what_is_done_barely() -> None:
    figures = measure(100, seconds=3.0).figures
    assert figures["missed"] == 0
    assert figures["bare"] < 400, "a unit's interval, with EMS and pages, in polls of a bare loop"
    assert figures["constant"] > 0.1, "status requests/s, in those for a constant file"
    assert figures["sqlite"] < 50, "an order, in durable transactions"


def test_the_page_fits_how_each_cost_grows() -> None:
    rows = [
        Row(count, {**FIGURES, "asleep_cpu": 0.003 * count, "stop_s": 2.0}) for count in (100, 1000, 10_000)
    ]
    table = page(rows, "2026-01-01")
    assert "| processor, all asleep, % of a core | 0 | 3 | 30 | ≤ 60 | 1.0 |" in table
    assert "| clean stop, s | 2.0 | 2.0 | 2.0 | ≤ 3 | 0.0 |" in table


def test_the_page_says_which_goals_the_largest_fleet_missed() -> None:
    table = page([Row(20_000, FIGURES)], "2026-01-01")
    assert "With 20,000 units 3 of 4 goals are met." in table
    assert "- Not met: status requests/s, in those for a constant file: 0.50, the goal is 0.9." in table


def test_what_was_not_measured_is_shown_as_such() -> None:
    assert "| clean stop, s | - |" in page([Row(100, {"stop_s": math.nan})], "2026-01-01")
