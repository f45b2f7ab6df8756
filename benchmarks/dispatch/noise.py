"""How much of each figure is chance: what the same runs give with fleets of other seeds, as tables."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmarks.dispatch.following import REGULATION, STEP_NAMES
from benchmarks.dispatch.markdown import Fleet, Shown, fields_of, fleet_name, fleets, table
from benchmarks.dispatch.matrix import OURS, SEEDS
from benchmarks.dispatch.results import Results, figure
from benchmarks.dispatch.signals import typical_day

__all__ = ["noise"]

_STEP = (
    Shown("dead time", "dead_time", digits=0),
    Shown("10 to 90 %", "rise", digits=0),
    Shown("settled", "settled", digits=0),
    Shown("overshoot %", "overshoot", 100.0, 0),
    Shown("error %", "steady_error", 100.0, 0),
)
_STEPS = tuple(
    shown._replace(head=f"{name}: {shown.head}", path=f"steps/{name}/{shown.path}")
    for name in STEP_NAMES
    for shown in _STEP
)
_ACCEPTANCE = (
    *(Shown(f"{name}, s", f"acceptance/{name}/seconds", digits=0) for name in ("60 %", "90 %", "declared")),
    Shown("declared %", "declared_share", 100.0, 0),
    Shown("delivered %", "honest_share", 100.0),
)
_LEVELS = ("50 %", "75 %", "35 %")
_STEADY = (
    *(Shown(f"in ±5 % at {level}, %", f"levels/{level}/within_5", 100.0, 0) for level in _LEVELS),
    *(Shown(f"error at {level}, %", f"levels/{level}/bias_percent") for level in _LEVELS),
    Shown("all in ±5 %, %", "steady_within_5", 100.0),
    Shown("commands", "steady_acts", digits=0),
)


class _Part(NamedTuple):
    """Some figures of runs of a kind."""

    title: str
    kind: str
    signal: str
    figures: Sequence[Shown]


_DAY = typical_day()
_PARTS = (
    _Part(f"CAISO, {_DAY}", "regulation", _DAY, REGULATION),
    _Part("RegA", "regulation", "RegA", REGULATION),
    _Part("Steps", "steps", "", _STEPS),
    _Part("Acceptance test", "acceptance", "", _ACCEPTANCE),
    _Part("Steady state", "steady", "", _STEADY),
)


def noise(results: Results) -> Iterator[str]:
    yield "## Noise"
    measured = [
        site
        for site in fleets(results, "steady")
        if results.select("steady", OURS, seed=SEEDS[0], **fields_of(site))
    ]
    if not measured:
        yield "Not measured."
        return
    yield (
        f"The least and the most of each figure over the seeds {SEEDS[0]} to {SEEDS[-1]}: the product with "
        "other fleets of the same kind, and other luck. The tables above are of one seed. A figure of theirs "
        "that has changed by less than it differs here has not become better or worse."
    )
    for part in _PARTS:
        yield f"### {part.title}"
        rows = [
            [shown.head, *(_range(_values(results, site, part, shown), shown) for site in measured)]
            for shown in part.figures
        ]
        yield table(["", *map(fleet_name, measured)], rows)


def _values(results: Results, site: Fleet, part: _Part, shown: Shown) -> list[float | None]:
    fields = {"signal": part.signal, **fields_of(site)}
    found = (results.select(part.kind, OURS, seed=seed, **fields) for seed in SEEDS)
    return [figure(outcome, shown.path) for outcomes in found for outcome in outcomes]


def _range(values: Sequence[float | None], shown: Shown) -> str:
    """Return the least and the most; a figure that did not come is more than any."""
    numbers = [value for value in values if value is not None]
    ends = [shown.text(end(numbers)) for end in (min, max) if numbers]
    if len(numbers) < len(values):
        ends[1:] = ["never"]
    return " to ".join(dict.fromkeys(ends))
