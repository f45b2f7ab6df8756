"""What came of a trial, in figures; each is worked out of arrays with one value a second. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from actors.report import Step
from benchmarks.dispatch.controllers.subset import nearest_sum
from benchmarks.dispatch.disturbances import silent_of
from benchmarks.dispatch.run import Floats, Trace
from benchmarks.dispatch.scenarios import BEGINS, TESTED
from benchmarks.dispatch.scoring import share_within
from benchmarks.dispatch.trials import COLD_HOLD, JITTER_HOLD, LEVEL_HOLD, STORM, STORM_BEGINS, wake_time
from netstab.simulation.virtual.miner import Sent
from netstab.simulation.virtual.site import Site, devices_of

__all__ = [
    "JUDGES",
    "carried",
    "error_percent",
    "mean_error_percent",
    "nearest_error_percent",
    "overshoot",
    "wakes_per_miner",
]

Figures = dict[str, Any]

_SETTLED = 300
"""Seconds after an order from which on a power is judged as held."""
_TOLERANCE = 0.05


def error_percent(power: Floats, target: Floats) -> float:
    """Return by how much the mean power is off the mean target, in % of it."""
    return 100 * float(power.mean() / target.mean() - 1)


def mean_error_percent(power: Floats, target: Floats, hold: int, settled: int) -> float:
    """Return the mean absolute error in % of the target, `settled` s and more after orders `hold` s apart."""
    late = np.arange(len(power)) % hold >= settled
    return 100 * float((np.abs(power - target) / target)[late].mean())


def nearest_error_percent(targets: Iterable[float], idle: float, gains: Sequence[float]) -> float:
    """Return the mean error in % of the targets, in W, of the best subset of units for each of them."""
    groups = [(0, round(gain)) for gain in gains]
    off = [
        abs(idle + nearest_sum(groups, round(target - idle)).total - target) / target for target in targets
    ]
    return 100 * float(np.mean(off))


def overshoot(power: Floats, target: Floats) -> Figures:
    """Say for how many seconds power is above the band, and how much energy that is, in s of the target."""
    above = power > (1 + _TOLERANCE) * target
    excess = np.where(above, power - target, 0.0) / target
    return {"seconds": int(above.sum()), "energy": float(excess.sum())}


def carried(power: Floats, target: float, possible: float) -> float:
    """Return the mean power as a share of what was asked for, or of what was possible where that is less."""
    return float(power.mean()) / min(target, possible)


def wakes_per_miner(sent: Iterable[Sent], miners: int, begin: float, end: float) -> float:
    """Count the wakes that reached miners from `begin` to `end`."""
    return sum(1 for act in sent if act.step is Step.WAKE and begin <= act.at < end) / miners


def _jitter(_site: Site, trace: Trace) -> Figures:
    power, target = trace.power[BEGINS:], trace.target[BEGINS:]
    late = np.arange(len(power)) % JITTER_HOLD >= _SETTLED
    late_acts = [act for act in trace.sent if (act.at - BEGINS) % JITTER_HOLD >= _SETTLED]
    return {
        "within_5": share_within(power, target, _TOLERANCE * target),
        "held_within_5": share_within(power[late], target[late], _TOLERANCE * target[late]),
        "commands": len(trace.sent),
        "held_commands": len(late_acts),
    }


def _storm(site: Site, trace: Trace) -> Figures:
    ends = STORM_BEGINS + STORM
    after = slice(ends + _SETTLED, None)
    return {
        "wakes": wakes_per_miner(trace.sent, site.count, STORM_BEGINS, ends),
        "wakes_after": wakes_per_miner(trace.sent, site.count, ends, len(trace.power)),
        "error_after_percent": error_percent(trace.power[after], trace.target[after]),
    }


def _cold_start(_site: Site, trace: Trace) -> Figures:
    power, target = trace.power[BEGINS:], trace.target[BEGINS:]
    spans = {"100": slice(95, 105), "300": slice(295, 305), "for_good": slice(COLD_HOLD // 2, None)}
    return {name: error_percent(power[span], target[span]) for name, span in spans.items()}


def _levels(site: Site, trace: Trace) -> Figures:
    power, target = trace.power[BEGINS:], trace.target[BEGINS:]
    devices = devices_of(site).values()
    possible = [device for device in devices if device.registered.controllable]
    idle = sum(device.power for device in devices)
    return {
        "mean_error_percent": mean_error_percent(power, target, LEVEL_HOLD, _SETTLED),
        "best_error_percent": nearest_error_percent(
            target[::LEVEL_HOLD], idle, [device.gains[0] for device in possible]
        ),
    }


def _half_silent(site: Site, trace: Trace) -> Figures:
    """Judge the half minute that follows two wake times, against what the others can carry."""
    silent = silent_of(site)
    devices = devices_of(site)
    possible = sum(
        device.power if miner_id in silent else device.capability for miner_id, device in devices.items()
    )
    after = TESTED + round(2 * wake_time(site))
    target = float(trace.target[TESTED])
    told = [each for each in trace.tellings if TESTED <= each.at < TESTED + 1]
    woken = [each.miner_id for each in told if each.setpoint is not None and each.setpoint.running]
    return {
        "carried": carried(trace.power[after : after + 30], target, possible),
        "asked_of_silent": len(silent & set(woken)) / max(1, len(woken)),
    }


def _collapse(_site: Site, trace: Trace) -> Figures:
    at = int(trace.orders[-1][0])
    return {"overshoot": overshoot(trace.power[at:], trace.target[at:])}


JUDGES: dict[str, Callable[[Site, Trace], Figures]] = {
    "jitter": _jitter,
    "storm": _storm,
    "cold start": _cold_start,
    "levels": _levels,
    "half silent": _half_silent,
    "collapse": _collapse,
}
"""By kind of run."""
