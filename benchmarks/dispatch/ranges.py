"""Fleets that have units with a range in watts, as tables, and what is aimed for with them."""

from collections.abc import Callable, Iterator
from itertools import product

from benchmarks.dispatch.following import REGULATION, STEP_NAMES, step_cell
from benchmarks.dispatch.markdown import Cell, Shown, table
from benchmarks.dispatch.matrix import OURS, SEEDS, Outcome
from benchmarks.dispatch.results import Results, figure
from netstab.simulation.profiles import DOCUMENT
from netstab.simulation.virtual.site import Composition

__all__ = ["COMPOSITIONS", "ranges"]

COMPOSITIONS = (Composition.RANGE, Composition.MIXED)

_REGULATION = [
    shown
    for shown in REGULATION
    if shown.head in ("A", "D", "P", "S", "RMSE %", "bias %", "in ±5 %", "cycles/h", "freq. changes/h")
]
_OVER_SEEDS = (
    ("steady", Shown("steady state in ±1 %, %", "steady_within_1", 100.0)),
    ("regulation", Shown("RegA, S", "score/total", digits=3)),
    ("regulation", Shown("RegA, RMSE %", "rmse_percent")),
)


def ranges(results: Results) -> Iterator[str]:
    yield "## Units with a range in watts"
    yield (
        "*range*: 50 units that take a power from 1,020 to 3,400 W in steps of 34 W without a restart and "
        "start within about a minute; *mixed*: 25 of them and 25 S9 in on/off mode. What is measured is as "
        "above; a change of power counts as one of frequency."
    )
    yield "### Steady state, the first eight minutes of each target left out"
    head = ["fleet", "", "at 50 %", "at 75 %", "at 35 %", "in ±1 %, %", "in ±5 %, %", "commands"]
    yield table(head, _rows(results, "steady", _steady))
    yield "### RegA, an hour"
    head = ["fleet", "", *(shown.head for shown in _REGULATION)]
    yield table(head, _rows(results, "regulation", _regulation))
    yield "### Steps"
    yield table(["fleet", "", *STEP_NAMES], _rows(results, "steps", _steps))
    yield "### Fleets of other seeds, document"
    yield table(["", *(f"seed {seed}" for seed in SEEDS)], _seeds(results))


def _rows(results: Results, kind: str, cells: Callable[[Outcome], list[Cell]]) -> Iterator[list[Cell]]:
    for composition in COMPOSITIONS:
        for outcome in sorted(
            results.select(kind, composition=composition), key=lambda found: found.job.site.profile.name
        ):
            yield [outcome.job.site.name, outcome.job.controller, *cells(outcome)]


def _seeds(results: Results) -> Iterator[list[Cell]]:
    for composition, (kind, shown) in product(COMPOSITIONS, _OVER_SEEDS):
        fields = {"composition": composition, "profile": DOCUMENT.name}
        each = (results.mean(shown.path, kind, OURS, seed=seed, **fields) for seed in SEEDS)
        texts = [None if value is None else shown.text(value) for value in each]
        yield [f"{composition}: {shown.head}", *texts]


def _steady(outcome: Outcome) -> list[Cell]:
    levels = figure(outcome, "levels").values()
    each = [f"{100 * level['within_1']:.0f} ({level['bias_percent']:+.1f})" for level in levels]
    shares = [f"{100 * figure(outcome, f'steady_within_{band}'):.1f}" for band in (1, 5)]
    return [*each, *shares, str(figure(outcome, "steady_acts"))]


def _regulation(outcome: Outcome) -> list[Cell]:
    return [shown.text(figure(outcome, shown.path)) for shown in _REGULATION]


def _steps(outcome: Outcome) -> list[Cell]:
    return [step_cell(outcome, name) for name in STEP_NAMES]
