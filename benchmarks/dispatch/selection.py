"""A part of the benchmark, chosen on the command line: its runs, and what is printed of them."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace

from benchmarks.dispatch import following, trial_tables
from benchmarks.dispatch.days import comparison
from benchmarks.dispatch.matrix import CONTROLLERS, KINDS, SEED, Job
from benchmarks.dispatch.results import Results
from benchmarks.dispatch.signals import is_day, other_days
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import PROFILES
from netstab.simulation.virtual.site import Composition

__all__ = ["add_options", "chosen", "is_chosen", "printed"]

_KNOWN: dict[str, Sequence[str]] = {
    "only": KINDS,
    "profile": tuple(PROFILES),
    "mode": tuple(mode.value for mode in PowerMode),
    "composition": tuple(Composition),
}
"""What can be chosen by name."""
_ALL = (*_KNOWN, "controller", "signal", "count", "seed", "days")
_OTHER_TABLES = {
    "steps": following.steps,
    "acceptance": following.acceptance,
    "steady": following.steady,
}


def add_options(parser: ArgumentParser) -> None:
    """Say by what a part is chosen: one value or several of each."""
    only = parser.add_argument_group("a part", "with any of these only such runs are made, and only printed")
    for name, known in _KNOWN.items():
        only.add_argument(f"--{name}", choices=known, nargs="+", metavar="NAME", help=", ".join(known))
    only.add_argument(
        "--controller", type=_controller, nargs="+", help="how its name begins: netstab, perfect"
    )
    only.add_argument(
        "--signal", nargs="+", help="CAISO for all its days, one of them, RegA, RegD, a disturbance"
    )
    only.add_argument("--count", type=int, nargs="+", help="miners, 50 if not said")
    only.add_argument("--seed", type=int, nargs="+", help=f"of the fleets, {SEED} if not said")
    only.add_argument("--days", type=int, help="CAISO on so many days that are none of the ten")
    only.add_argument("--days-seed", type=int, default=1, help="what these days are drawn by, 1 if not said")


def _controller(begins: str) -> str:
    """Raise `ValueError` where no controller's name begins so."""
    for name in CONTROLLERS:
        if name.startswith(begins):
            return name
    raise ValueError(begins)


def is_chosen(options: Namespace) -> bool:
    """Whether only a part is wanted."""
    return any(getattr(options, name) is not None for name in _ALL)


def chosen(listed: Sequence[Job], options: Namespace) -> list[Job]:
    """Return the runs that are wanted, each with every seed; on other days if so many are asked for."""
    wanted = [replace(job, traced=False) for job in listed if job.site.seed == SEED and _wants(options, job)]
    if options.days is not None:
        fleets = dict.fromkeys(replace(job, signal="") for job in wanted if is_day(job.signal))
        days = other_days(options.days, options.days_seed)
        wanted = [replace(job, signal=day) for job in fleets for day in days]
    seeds = options.seed or [SEED]
    return [replace(job, site=replace(job.site, seed=seed)) for job in wanted for seed in seeds]


def _wants(options: Namespace, job: Job) -> bool:
    site = job.site
    asked = (
        (options.only, job.kind),
        (options.profile, site.profile.name),
        (options.mode, site.mode.value),
        (options.controller, job.controller),
        (options.composition or [Composition.S9], site.composition),
        (options.count or [50], site.count),
    )
    named = options.signal is None or bool({job.signal, _family(job.signal)} & set(options.signal))
    return named and all(values is None or value in values for values, value in asked)


def _family(signal: str) -> str:
    return "CAISO" if is_day(signal) else signal


def printed(results: Results) -> Iterator[str]:
    """Write what was run: regulation day by day, all else as in the results."""
    if any(outcome.job.kind == "regulation" for outcome in results.outcomes):
        yield from comparison(results.outcomes)
    for kind, tables in _OTHER_TABLES.items():
        if results.select(kind):
            yield from tables(results)
    yield from trial_tables.trials(results)
