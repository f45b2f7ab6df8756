"""The results as a document in Markdown."""

from benchmarks.dispatch import behaviour, days, following, noise, ranges, summary, trial_tables
from benchmarks.dispatch.goals import goals
from benchmarks.dispatch.markdown import table
from benchmarks.dispatch.matrix import SEED
from benchmarks.dispatch.results import Results

__all__ = ["document", "goals_text"]

_MET = {True: "yes", False: "**no**", None: "not measured"}


def document(results: Results) -> str:
    """Write all tables."""
    parts = [
        "# How dispatch follows",
        _about(results),
        "## Goals",
        goals_text(results),
        *summary.summary(results),
        "![Score by controller](dispatch-scores.png)",
        *following.regulation(results),
        "![An hour of CAISO's signal](dispatch-hour.png)",
        *following.steps(results),
        "![Response to steps](dispatch-steps.png)",
        *following.acceptance(results),
        *following.steady(results),
        *ranges.ranges(results),
        *behaviour.rules_kept(results),
        *behaviour.disturbed(results),
        *behaviour.repeated(results),
        *trial_tables.trials(results),
        *behaviour.silence(),
        "## Regulation day by day",
        *days.comparison([each for each in results.outcomes if each.job.site.seed == SEED]),
        *noise.noise(results),
        *behaviour.restart(results.restart),
        *behaviour.agreement(results.agreement),
    ]
    return "\n\n".join(parts) + "\n"


def goals_text(results: Results) -> str:
    rows = [[goal.figure, goal.goal, goal.reached, _MET[goal.met]] for goal in goals(results)]
    return table(["figure", "goal", "reached", "met"], rows)


def _about(results: Results) -> str:
    about = results.about()
    return (
        f"Measured on {about['date']} on {about['machine']}, Python {about['python']}: "
        f"{about['runs']} runs in {about['minutes']} minutes, by `make bench-dispatch`. "
        "How it is measured, and how to read it, is in [docs/benchmark.md](../../docs/benchmark.md)."
    )
