"""A part of the benchmark is chosen on the command line, on the ten days or on others."""

from argparse import ArgumentParser

import pytest

from benchmarks.dispatch import selection
from benchmarks.dispatch.__main__ import main
from benchmarks.dispatch.listing import jobs
from benchmarks.dispatch.matrix import OURS, PERFECT, Job
from benchmarks.dispatch.signals import caiso_day, caiso_days, is_day, other_days
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import FIELD


def chosen(line: str) -> list[Job]:
    parser = ArgumentParser()
    selection.add_options(parser)
    options = parser.parse_args(line.split())
    assert selection.is_chosen(options)
    return selection.chosen(jobs(quick=False), options)


def test_only_what_is_named_is_run() -> None:
    found = chosen(
        "--only regulation --profile field --mode on_off --signal CAISO --controller netstab perfect"
    )
    assert {job.signal for job in found} == set(caiso_days())
    assert {(job.site.profile.name, job.site.mode, job.site.count) for job in found} == {
        (FIELD.name, PowerMode.ON_OFF, 50)
    }
    assert {job.controller for job in found} == {OURS, PERFECT}
    assert len(found) == 20


def test_all_ten_days_are_run_on_both_profiles_in_both_modes() -> None:
    found = chosen("--only regulation --signal CAISO --controller netstab")
    assert len({(job.site.profile.name, job.site.mode, job.signal) for job in found}) == 40


def test_a_part_that_the_benchmark_does_not_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["make bench-dispatch", "--only", "regulation", "--count", "11"])
    with pytest.raises(SystemExit, match="no run for which all of this holds"):
        main()


def test_other_days_are_none_of_the_ten_and_run_by_all_alike() -> None:
    found = chosen("--profile field --mode frequency --controller netstab perfect --days 5 --days-seed 3")
    days = {job.signal for job in found}
    assert days == set(other_days(5, 3))
    assert not days & set(caiso_days())
    assert len(found) == len(set(found)) == 10


def test_fleets_of_several_seeds_can_be_asked_for() -> None:
    found = chosen("--only steps --mode on_off --profile field --controller netstab --seed 1 2 3")
    assert [job.site.seed for job in found] == [1, 2, 3]


def test_the_same_seed_draws_the_same_days_and_another_one_others() -> None:
    assert other_days(10, 1) == other_days(10, 1) != other_days(10, 2)
    assert len(other_days(1000, 1)) == 90


def test_every_other_day_is_an_hour_as_long_as_those_of_the_ten() -> None:
    lengths = {len(caiso_day(day)) for day in [*caiso_days(), *other_days(90, 1)]}
    assert lengths == {975}
    values = [value for day in other_days(90, 1) for value in caiso_day(day)]
    assert min(values) >= -1.01
    assert max(values) <= 1.01


def test_a_day_is_told_from_other_signals() -> None:
    assert [is_day(name) for name in ("2016-08-07", "RegA", "", "10 % dead")] == [True, False, False, False]


def test_without_an_option_the_whole_benchmark_is_run() -> None:
    parser = ArgumentParser()
    selection.add_options(parser)
    assert not selection.is_chosen(parser.parse_args([]))
