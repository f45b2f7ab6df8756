"""Regulation day by day and seed by seed: who was better on how many, and how much days and seeds differ."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import fmean, pstdev
from typing import NamedTuple

from benchmarks.dispatch.markdown import Cell, Shown, table
from benchmarks.dispatch.matrix import CONTROLLERS, OURS, Outcome
from benchmarks.dispatch.results import figure
from benchmarks.dispatch.signals import is_day
from netstab.simulation.virtual.site import Site

__all__ = ["Hour", "Spread", "better", "comparison", "hours", "mean_and_spread", "spread"]

_TOTAL = "score/total"
_SHOWN = (
    Shown("A", "score/accuracy", digits=3),
    Shown("D", "score/delay", digits=3),
    Shown("P", "score/precision", digits=3),
    Shown("RMSE %", "rmse_percent"),
    Shown("bias %", "bias_percent"),
    Shown("in ±5 %", "within_5", 100.0),
    Shown("cycles/h", "wear/cycles"),
    Shown("freq. changes/h", "wear/frequency_changes"),
)


class Hour(NamedTuple):
    """What was followed, and by the fleet of which seed."""

    signal: str
    seed: int


class Spread(NamedTuple):
    """Mean and standard deviation."""

    mean: float
    deviation: float


def spread(values: Iterable[float]) -> Spread:
    """Return mean and standard deviation of at least one value."""
    numbers = list(values)
    return Spread(fmean(numbers), pstdev(numbers))


def mean_and_spread(values: Sequence[float], factor: float = 1.0, digits: int = 3) -> str:
    """Word the mean, and behind it the standard deviation where there is one."""
    found = spread(values)
    mean = f"{factor * found.mean:.{digits}f}"
    return f"{mean} ± {factor * found.deviation:.{digits}f}" if len(values) > 1 else mean


def better(ours: dict[Hour, float], theirs: dict[Hour, float]) -> tuple[int, int]:
    """Return on how many of the hours that both followed ours is above, and how many these are."""
    both = ours.keys() & theirs.keys()
    return sum(1 for hour in both if ours[hour] > theirs[hour]), len(both)


def hours(outcomes: Iterable[Outcome], path: str) -> dict[str, dict[Hour, float]]:
    """Return the figure of each hour, by controller."""
    found: dict[str, dict[Hour, float]] = {}
    for outcome in outcomes:
        value = figure(outcome, path)
        if value is not None:
            hour = Hour(outcome.job.signal, outcome.job.site.seed)
            found.setdefault(outcome.job.controller, {})[hour] = float(value)
    return {name: found[name] for name in CONTROLLERS if name in found}


def comparison(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Write for each fleet and kind of signal a table of the means and one of the hours."""
    regulated = [outcome for outcome in outcomes if outcome.job.kind == "regulation"]
    kinds = dict.fromkeys(map(_kind, sorted(regulated, key=_place)))
    for kind in kinds:
        yield from _compared(kind, [outcome for outcome in regulated if _kind(outcome) == kind])


def _place(outcome: Outcome) -> tuple[str, str, int, str]:
    site = outcome.job.site
    return site.profile.name, site.composition, site.count, site.mode


def _kind(outcome: Outcome) -> tuple[Site, str]:
    """Return whom outcomes are compared with: the same fleet but for seed and meter, the same signal."""
    site, signal = outcome.job.site, outcome.job.signal
    return replace(site, seed=0, metered=True), "CAISO" if is_day(signal) else signal


def _compared(kind: tuple[Site, str], outcomes: Sequence[Outcome]) -> Iterator[str]:
    site, signal = kind
    totals = hours(outcomes, _TOTAL)
    runs = max(map(len, totals.values()))
    yield f"### {site.name}: {signal}" + (f", {runs} runs" if runs > 1 else "")
    head = ["", "S", "netstab above it", *(shown.head for shown in _SHOWN)]
    yield table(head, (_means(name, totals, outcomes) for name in totals))
    if runs > 1:
        yield table(["", *totals], _each(totals))


def _means(name: str, totals: dict[str, dict[Hour, float]], outcomes: Sequence[Outcome]) -> list[Cell]:
    mine = [outcome for outcome in outcomes if outcome.job.controller == name]
    texts = [shown.text(fmean(float(figure(outcome, shown.path)) for outcome in mine)) for shown in _SHOWN]
    above = None
    if name != OURS and OURS in totals:
        above = "on {} of {}".format(*better(totals[OURS], totals[name]))
    return [name, mean_and_spread(list(totals[name].values())), above, *texts]


def _each(totals: dict[str, dict[Hour, float]]) -> Iterator[list[Cell]]:
    for hour in sorted({hour for found in totals.values() for hour in found}):
        yield [f"{hour.signal}, seed {hour.seed}", *(found.get(hour) for found in totals.values())]
