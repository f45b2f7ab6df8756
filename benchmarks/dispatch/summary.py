"""The scores at a glance: both profiles and modes, each signal, and what days and seeds differ by."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from benchmarks.dispatch.days import better, hours, mean_and_spread, spread
from benchmarks.dispatch.markdown import Cell, table
from benchmarks.dispatch.matrix import NAMEPLATE, OURS, PERFECT
from benchmarks.dispatch.results import Results
from benchmarks.dispatch.signals import typical_day
from netstab.power.unit import PowerMode
from netstab.simulation.virtual.site import Composition

__all__ = ["summary"]

_TOTAL, _WAKES = "score/total", "wear/cycles"
_MODES = (PowerMode.ON_OFF, PowerMode.FREQUENCY)


def summary(results: Results) -> Iterator[str]:
    yield "## Scores at a glance"
    yield (
        "S of 50 miners on CAISO, RegA and a signal like RegD: the mean over the days ± their standard "
        "deviation; *seeds*: the standard deviation of S from fleet to fleet, on one day; *above*: on how "
        "many days netstab is above nameplate and above perfect knowledge; *wakes*: per miner and hour."
    )
    head = ["50 miners", "", OURS, "seeds", PERFECT, NAMEPLATE, "above", "wakes"]
    yield table(head, _rows(results))


def _rows(results: Results) -> Iterator[list[Cell]]:
    for profile, mode in product(("document", "field"), _MODES):
        for signal in ("CAISO", "RegA", "RegD"):
            fields = {"profile": profile, "count": 50, "mode": mode}
            name = f"{profile}, {mode.value.replace('_', '/')}"
            yield from _row(results, name, signal, fields)
    for profile, signal in product(("document", "field"), ("CAISO", "RegD")):
        fields = {"profile": profile, "count": 50, "composition": Composition.HALF}
        yield from _row(results, f"{profile}, half tunable", signal, fields)


def _row(results: Results, name: str, signal: str, fields: dict[str, Any]) -> Iterator[list[Cell]]:
    which: dict[str, Any] = {"caiso": True} if signal == "CAISO" else {"signal": signal}
    found = results.select("regulation", **fields | which)
    totals = hours(found, _TOTAL)
    if OURS not in totals:
        return
    each = [mean_and_spread(list(totals[who].values())) if who in totals else None for who in _WHO]
    above = " and ".join("{} of {}".format(*better(totals[OURS], totals.get(who, {}))) for who in _OTHERS)
    wakes = spread(hours(found, _WAKES)[OURS].values()).mean
    yield [name, signal, each[0], _seeds(results, signal, fields), *each[1:], above, f"{wakes:.1f}"]


_WHO = (OURS, PERFECT, NAMEPLATE)
_OTHERS = (NAMEPLATE, PERFECT)


def _seeds(results: Results, signal: str, fields: dict[str, Any]) -> str | None:
    """Word the standard deviation over the seeds, on one day, None where there is one seed."""
    day = typical_day() if signal == "CAISO" else signal
    found = hours(results.select("regulation", OURS, **fields | {"signal": day, "seed": None}), _TOTAL)
    scores = list(found.get(OURS, {}).values())
    return f"± {spread(scores).deviation:.3f}" if len(scores) > 1 else None
