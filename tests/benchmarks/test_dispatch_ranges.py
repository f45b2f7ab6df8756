"""Fleets that have units with a range in watts, as the benchmark measures them, in small."""

import pytest

from benchmarks.dispatch import ranges, report
from benchmarks.dispatch.controllers.protocol import Rules
from benchmarks.dispatch.goals import goals
from benchmarks.dispatch.listing import jobs
from benchmarks.dispatch.matrix import CONTROLLERS, OURS, WITHOUT_METER, Job, Outcome, run_one
from benchmarks.dispatch.results import Results
from benchmarks.dispatch.run import Ordered, Scenario, run
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import DOCUMENT
from netstab.simulation.virtual.site import Composition, Site


@pytest.fixture(scope="module")
def held() -> list[Outcome]:
    """Hold three powers with ten units of either composition."""
    sites = (Site(DOCUMENT, 10, PowerMode.ON_OFF, composition=each) for each in ranges.COMPOSITIONS)
    return [run_one(Job("steady", "", OURS, site)) for site in sites]


def test_a_fleet_with_a_range_is_held_within_a_percent(held: list[Outcome]) -> None:
    for outcome in held:
        assert outcome.figures["steady_within_1"] >= 0.99
        assert outcome.figures["violations"]["total"] == 0


def test_what_was_held_is_told_apart_from_what_s9_hold(held: list[Outcome]) -> None:
    results = Results(held, None, 0.0)
    assert results.select("steady") == []
    for composition in ranges.COMPOSITIONS:
        (found,) = results.select("steady", composition=composition)
        assert f"| {found.job.site.name} | {OURS} | 100 (" in "\n".join(ranges.ranges(results))


def test_only_who_can_command_a_range_is_compared() -> None:
    named = {each: set[str]() for each in Composition}
    for job in jobs(quick=False):
        named[job.site.composition].add(job.controller)
    assert "uniform power" not in named[Composition.S9]
    assert named[Composition.RANGE] == {OURS, WITHOUT_METER, "nameplate, no feedback", "uniform power"}
    assert named[Composition.MIXED] == {OURS, WITHOUT_METER, "nameplate, no feedback"}


@pytest.mark.parametrize("controller", ["nameplate, no feedback", "uniform power"])
def test_without_feedback_a_range_is_followed_as_far_as_nameplates_are_right(controller: str) -> None:
    site = Site(DOCUMENT, 4, PowerMode.ON_OFF, composition=Composition.RANGE)
    scenario = Scenario((Ordered(12, 8_000.0), Ordered(120, 10_000.0)), 220, Rules())
    trace = run(site, scenario, CONTROLLERS[controller])
    assert trace.power[119] == pytest.approx(8_000, rel=0.05)
    assert trace.power[219] == pytest.approx(10_000, rel=0.05)


def test_rows_and_goals_are_there_for_fleets_with_ranges(held: list[Outcome]) -> None:
    listed = {(job.kind, job.signal, job.site.composition) for job in jobs(quick=False)}
    for composition in (Composition.RANGE, Composition.MIXED):
        for kind, signal in (("steady", ""), ("steps", ""), ("regulation", "RegA")):
            assert (kind, signal, composition) in listed
    results = Results(held, None, 0.0)
    stated = [goal for goal in goals(results) if "range" in goal.figure or "mixed" in goal.figure]
    assert [goal.goal for goal in stated] == ["≥ 99 %", "≥ 0.98"] * 2
    assert all(goal.met is None for goal in stated)  # they are for fifty
    assert "not measured" in report.goals_text(results)
