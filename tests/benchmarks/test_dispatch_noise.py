"""The report says how much of its figures is chance, and keeps the seeds apart."""

import pickle
from collections.abc import Mapping
from dataclasses import replace

from benchmarks.dispatch.listing import jobs
from benchmarks.dispatch.matrix import NAMEPLATE, OURS, SEED, SEEDS, Job, Outcome
from benchmarks.dispatch.noise import noise
from benchmarks.dispatch.results import Results
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import FIELD
from netstab.simulation.virtual.site import Site


def results_of(shares: Mapping[int, float | None]) -> Results:
    outcomes = [
        Outcome(
            Job("steady", "", OURS, Site(FIELD, 50, PowerMode.ON_OFF, seed=seed)),
            {"steady_within_5": share},
            None,
        )
        for seed, share in shares.items()
    ]
    return Results(outcomes, None, 0.0)


def row(results: Results, head: str) -> str:
    lines = "\n".join(noise(results)).splitlines()
    return next(line for line in lines if line.startswith(f"| {head} |"))


def test_noise_is_the_least_and_the_most_over_the_seeds() -> None:
    results = results_of({0: 0.9, 1: 0.8, 2: 1.0, 3: 0.95, 4: 0.85})
    assert row(results, "all in ±5 %, %") == "| all in ±5 %, % | 80.0 to 100.0 |"


def test_a_figure_that_no_seed_changes_is_written_once() -> None:
    assert row(results_of(dict.fromkeys(SEEDS, 1.0)), "all in ±5 %, %").endswith("| 100.0 |")


def test_a_figure_that_does_not_come_with_one_seed_is_more_than_any() -> None:
    results = results_of({0: 0.9, 1: None, 2: 1.0, 3: 0.95, 4: 0.85})
    assert row(results, "all in ±5 %, %").endswith("| 85.0 to never |")
    assert row(results, "commands").endswith("| never |")


def test_other_tables_tell_of_one_seed() -> None:
    results = results_of({0: 0.9, SEED: 0.8, 2: 1.0})
    assert [outcome.job.site.seed for outcome in results.select("steady")] == [SEED]
    assert results.mean("steady_within_5", "steady", OURS) == 0.8


def test_without_other_seeds_nothing_is_said_of_noise() -> None:
    assert list(noise(results_of({SEED: 0.8})))[1:] == ["Not measured."]


def test_each_run_for_the_noise_is_made_with_every_seed() -> None:
    listed = jobs(quick=False)
    assert len(set(listed)) == len(listed)
    others = {job for job in listed if job.site.seed != SEED and job.site.count == 50}
    assert {job.site.seed for job in others} == {*SEEDS} - {SEED}
    assert {job.controller for job in others} == {OURS, NAMEPLATE}
    kinds = {replace(job, site=replace(job.site, seed=0)) for job in others}
    for seed in SEEDS:
        found = {replace(job, site=replace(job.site, seed=0)) for job in listed if job.site.seed == seed}
        assert kinds <= {replace(job, traced=False) for job in found}


def test_a_run_is_as_long_in_whatever_process_it_is_made() -> None:
    for job in jobs(quick=False):
        assert pickle.loads(pickle.dumps(job)).cost == job.cost  # noqa: S301
