"""The charts of the results, as PNG."""

from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.dispatch.matrix import OURS, PERFECT, WITHOUT_METER, Outcome
from benchmarks.dispatch.results import Results, figure
from benchmarks.dispatch.scenarios import BEGINS, LEAD, STEP_HOLD

__all__ = ["draw"]

COLOURS = {
    OURS: "#0b6e4f",
    WITHOUT_METER: "#7fb69e",
    "nameplate, no feedback": "#d1495b",
    "uniform frequency": "#8d6a9f",
    "least efficient first": "#e8a33d",
    PERFECT: "#30638e",
}
_STEPS = ((6, "standby to 100 %"), (7, "100 % to standby"), (0, "60 % to 70 %"), (4, "80 % to 30 %"))


def draw(results: Results, folder: Path) -> None:
    """Draw all charts into a folder."""
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    _hour(results, folder / "dispatch-hour.png")
    _steps(results, folder / "dispatch-steps.png")
    _scores(results, folder / "dispatch-scores.png")


def _traced(results: Results, kind: str, profile: str) -> list[Outcome]:
    found = [outcome for outcome in results.select(kind, profile=profile) if outcome.trace is not None]
    order = list(COLOURS)
    return sorted(found, key=lambda outcome: order.index(outcome.job.controller))


def _hour(results: Results, path: Path) -> None:
    """Draw 20 minutes of a signal, one panel for each controller, on both profiles."""
    names = [name for name in COLOURS if name != WITHOUT_METER]
    chart, axes = plt.subplots(len(names), 2, figsize=(14, 13), sharex=True, sharey="col", squeeze=False)
    for column, profile in enumerate(("document", "field")):
        for outcome in _traced(results, "regulation", profile):
            if outcome.job.controller in names:
                _panel(axes[names.index(outcome.job.controller)][column], outcome, profile)
    for axis in axes[-1]:
        axis.set_xlabel("minutes")
    chart.suptitle("An hour of CAISO's regulation signal, 50 miners, on/off")
    _save(chart, path)


def _panel(axis: Axes, outcome: Outcome, profile: str) -> None:
    trace, name = outcome.trace, outcome.job.controller
    assert trace is not None
    minutes = np.arange(3600) / 60
    span = slice(LEAD, LEAD + 3600)
    axis.plot(minutes, trace.target[span] / 1000, color="black", linewidth=0.9, label="target")
    axis.plot(minutes, trace.power[span] / 1000, color=COLOURS[name], linewidth=1.2, label="power")
    axis.set_title(f"{name}, {profile}: S {figure(outcome, 'score/total'):.2f}", fontsize=10, loc="left")
    axis.set_ylabel("kW")
    axis.legend(loc="upper right", fontsize=8, frameon=False, ncols=2)


def _steps(results: Results, path: Path) -> None:
    chart, axes = plt.subplots(2, len(_STEPS), figsize=(16, 7.5), squeeze=False)
    for row, profile in enumerate(("document", "field")):
        for column, (place, title) in enumerate(_STEPS):
            axis, seconds = axes[row][column], _shown(profile, title)
            for outcome in _traced(results, "steps", profile):
                _step(axis, outcome, BEGINS + (place + 1) * STEP_HOLD, seconds)
            axis.set_title(f"{profile}: {title}", fontsize=10)
            axis.set_xlabel("seconds")
    axes[0][0].set_ylabel("kW")
    axes[1][0].set_ylabel("kW")
    handles, labels = axes[0][0].get_legend_handles_labels()
    chart.legend(handles, labels, loc="lower center", ncols=6, frameon=False)
    chart.suptitle("Response to steps, 50 miners, on/off, no ramp limit; the band is ±5 % of the target")
    _save(chart, path, bottom=0.05)


def _shown(profile: str, title: str) -> int:
    if title.startswith(("100", "80")):
        return 20
    return 40 if profile == "document" else 400


def _step(axis: Axes, outcome: Outcome, begin: int, seconds: int) -> None:
    trace = outcome.trace
    assert trace is not None
    span = slice(begin - 5, begin + seconds)
    time = np.arange(-5, seconds)
    if outcome.job.controller == OURS:
        target = trace.target[begin] / 1000
        axis.fill_between([0, seconds], 0.95 * target, 1.05 * target, color="black", alpha=0.08)
        axis.plot([-5, 0, 0, seconds], [*[trace.target[begin - 1] / 1000] * 2, target, target], "k--", lw=0.9)
    colour = COLOURS[outcome.job.controller]
    axis.plot(time, trace.power[span] / 1000, color=colour, lw=1.4, label=outcome.job.controller)


def _scores(results: Results, path: Path) -> None:
    """Draw the three parts of the score for each controller, CAISO above RegA, both profiles."""
    chart, axes = plt.subplots(2, 2, figsize=(14, 8), sharey=True, squeeze=False)
    for row, caiso in enumerate((True, False)):
        for column, profile in enumerate(("document", "field")):
            fields = {"count": 50, "mode": "on_off", "profile": profile, "caiso": caiso}
            axis = axes[row][column]
            _bars(axis, results, fields)
            axis.set_title(f"{'CAISO days' if caiso else 'RegA'}, {profile}", fontsize=10)
    handles, labels = axes[0][0].get_legend_handles_labels()
    chart.legend(handles, labels, loc="lower center", ncols=6, frameon=False)
    chart.suptitle("M12-style score and its parts, 50 miners, on/off")
    _save(chart, path, bottom=0.05)


def _bars(axis: Axes, results: Results, fields: dict[str, object]) -> None:
    parts = ("accuracy", "delay", "precision", "total")
    controllers = [name for name in COLOURS if results.select("regulation", name, **fields)]
    width = 0.8 / max(1, len(controllers))
    for place, name in enumerate(controllers):
        values = [results.mean(f"score/{part}", "regulation", name, **fields) or 0.0 for part in parts]
        at = np.arange(4) + (place - (len(controllers) - 1) / 2) * width
        bars = axis.bar(at, values, width * 0.92, color=COLOURS[name], label=name)
        axis.bar_label(bars, fmt="%.2f", fontsize=6, padding=1)
    axis.set_xticks(range(4), ["accuracy", "delay", "precision", "score"])
    axis.axhline(0.75, color="black", lw=0.6, ls=":")
    axis.set_ylim(0, 1.08)


def _save(chart: Figure, path: Path, bottom: float = 0.0) -> None:
    chart.tight_layout(rect=(0, bottom, 1, 1))
    chart.savefig(path, dpi=90)
    plt.close(chart)
