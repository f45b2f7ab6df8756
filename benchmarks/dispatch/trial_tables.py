"""What came of the trials, as tables."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmarks.dispatch.days import mean_and_spread
from benchmarks.dispatch.markdown import Cell, Shown, table
from benchmarks.dispatch.matrix import NAMEPLATE, OURS, PERFECT, Outcome
from benchmarks.dispatch.results import Results, figure

__all__ = ["trials"]


class _Trial(NamedTuple):
    kind: str
    title: str
    text: str
    figures: Sequence[Shown]


_TRIALS = (
    _Trial(
        "jitter",
        "A setpoint that jitters",
        (
            "60 and then 80 %, twenty minutes each, told anew every 4 s and each time up to so many "
            "percent off, as by an EMS that follows a meter. *Held*: without the first five minutes of "
            "either."
        ),
        (
            Shown("in ±5 %", "within_5", 100.0),
            Shown("held in ±5 %", "held_within_5", 100.0),
            Shown("commands", "commands", digits=0),
            Shown("held: commands", "held_commands", digits=0),
        ),
    ),
    _Trial(
        "storm",
        "A storm of setpoints",
        (
            "Two minutes of setpoints at random between 25 and 95 %, a new one every so many seconds, "
            "with 60 % before and after. Wakes per miner in the storm and in the ten minutes after it; "
            "the mean error is that from five minutes after it on."
        ),
        (
            Shown("wakes", "wakes", digits=2),
            Shown("wakes after", "wakes_after", digits=2),
            Shown("error after, %", "error_after_percent"),
        ),
    ),
    _Trial(
        "cold start",
        "The first order",
        (
            "60 % from standby, of a fleet that nothing was learned of yet: the error in % of the target "
            "around the 100th and the 300th second, and over the last quarter of an hour of half an hour."
        ),
        (
            Shown("after 100 s", "100"),
            Shown("after 300 s", "300"),
            Shown("for good", "for_good"),
        ),
    ),
    _Trial(
        "collapse",
        "A collapse from 95 to 25 %",
        (
            "*steady*: when all has long come; *climbing*: in the middle of the wakes. Seconds above the "
            "band of ±5 %, and the energy that is above the target then, as seconds of the target."
        ),
        (
            Shown("seconds above", "overshoot/seconds", digits=0),
            Shown("energy above, s", "overshoot/energy"),
        ),
    ),
    _Trial(
        "half silent",
        "Half the fleet falls silent",
        (
            "20 of 40 that can be controlled answer nothing from 9 s before an order of 40 % from standby "
            "on. *Carried*: power two wake times after the order, in % of the target; *asked of silent*: "
            "the share of the first commands that went to them."
        ),
        (
            Shown("carried %", "carried", 100.0),
            Shown("asked of silent %", "asked_of_silent", 100.0, 0),
        ),
    ),
)


def trials(results: Results) -> Iterator[str]:
    """Write a section for each kind that was run."""
    for trial in _TRIALS:
        found = results.select(trial.kind)
        if found:
            yield f"## {trial.title}"
            yield trial.text
            head = ["fleet", "", "", *(each.head for each in trial.figures)]
            yield table(head, _rows(found, trial.figures))
    if results.select("levels", seed=None):
        yield from _small(results)


def _rows(outcomes: Sequence[Outcome], shown: Sequence[Shown]) -> Iterator[list[Cell]]:
    for outcome in sorted(outcomes, key=_place):
        texts = [each.text(float(figure(outcome, each.path))) for each in shown]
        yield [outcome.job.site.name, outcome.job.signal, outcome.job.controller, *texts]


def _place(outcome: Outcome) -> tuple[str, str, str]:
    return outcome.job.site.name, outcome.job.signal, outcome.job.controller


def _small(results: Results) -> Iterator[str]:
    yield "## Few miners"
    yield (
        "On/off, mean ± standard deviation over the seeds, in % of the target. *Held*: twelve powers at "
        "random between 25 and 95 %, ten minutes each, the mean error from five minutes after each order on. "
        "*RegA*: that of the scored hour. *Nearest subset*: what the best choice of miners would be off by "
        "on what is held if each started at once and for good."
    )
    held = results.select("levels", seed=None)
    rega = results.select("regulation", signal="RegA", mode="on_off", seed=None)
    fleets = sorted({(outcome.job.site.profile.name, outcome.job.site.count) for outcome in held})
    head = ["fleet", "", *_COMPARED, "nearest subset"]
    yield table(head, (row for fleet in fleets for row in _small_rows(fleet, held, rega)))


_COMPARED = (OURS, NAMEPLATE, PERFECT)


def _small_rows(
    fleet: tuple[str, int], held: Sequence[Outcome], rega: Sequence[Outcome]
) -> Iterator[list[Cell]]:
    for name, outcomes in (("held", held), ("RegA", rega)):
        mine = [o for o in outcomes if (o.job.site.profile.name, o.job.site.count) == fleet]
        errors = [_spread(mine, controller, "mean_error_percent") for controller in _COMPARED]
        yield [f"{fleet[0]}, {fleet[1]}", name, *errors, _spread(mine, OURS, "best_error_percent")]


def _spread(outcomes: Sequence[Outcome], controller: str, path: str) -> str | None:
    mine = [outcome for outcome in outcomes if outcome.job.controller == controller]
    found = [value for outcome in mine if (value := figure(outcome, path)) is not None]
    return mean_and_spread(found, digits=1) if found else None
