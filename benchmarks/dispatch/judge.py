"""From the trace of a run to its figures: plain numbers under plain names, ready for JSON."""

from dataclasses import asdict
from typing import Any

import numpy as np

from benchmarks.dispatch import scoring
from benchmarks.dispatch.conduct import Powers, violations, wear
from benchmarks.dispatch.run import Floats, Scenario, Trace
from benchmarks.dispatch.scenarios import (
    ACCEPTANCE,
    BASELINE,
    BEGINS,
    LEAD,
    REPEATED_HOLD,
    REST,
    STEADY,
    STEADY_HOLD,
    STEP_HOLD,
    STEPS,
    SWING,
    TESTED,
)
from benchmarks.dispatch.trial_judge import JUDGES as TRIALS
from netstab.simulation.virtual.site import Site, capability, devices_of

__all__ = ["judge", "soonest_of"]

Figures = dict[str, Any]

TOLERANCE = 0.05
FINE_TOLERANCE = 0.01
"""What a fleet is held to that has units with a range in watts."""
_SETTLING = 480
"""Seconds after an order that do not count as steady.

A wake that fails is given up after four minutes, and who takes its place wakes for two.
"""
_ACCEPTED_WITHIN = 120
_NEARLY_ALL = 0.99
"""Who declares that much of the capability wakes the whole fleet for it."""


def judge(kind: str, site: Site, scenario: Scenario, trace: Trace) -> Figures:
    """Return the figures of a run of that kind of scenario."""
    special = {
        "regulation": _regulation,
        "disturbed": _regulation,
        "steps": _steps,
        "acceptance": _acceptance,
        "steady": _steady,
        "disturbed steady": _steady,
        "limited": _nothing,
        "repeated": _repeated,
        **TRIALS,
    }[kind](site, trace)
    return special | _conduct(site, scenario, trace, LEAD if kind in ("regulation", "disturbed") else 0)


def _conduct(site: Site, scenario: Scenario, trace: Trace, begin: int) -> Figures:
    broken = violations(trace.tellings, trace.sent, trace.orders, _powers(site), scenario.rules)
    worn = wear(trace.sent, site.count, begin, scenario.seconds)
    power, hashrate = trace.power[begin:], trace.hashrate[begin:]
    return {
        "violations": asdict(broken) | {"total": broken.total},
        "wear": asdict(worn),
        "joules_per_terahash": float(power.sum() / max(1e-9, hashrate.sum())),
        "terahash_per_second": float(hashrate.mean()),
        "mean_power_kw": float(power.mean()) / 1000,
    }


def _powers(site: Site) -> Powers:
    return {miner_id: device.gains for miner_id, device in devices_of(site).items()}


def _regulation(site: Site, trace: Trace) -> Figures:
    full = capability(site)
    offered = SWING * full
    power, target = trace.power[LEAD:], trace.target[LEAD:]
    off = scoring.errors(power, target)
    hours = _scores((target - BASELINE * full) / offered, (power - BASELINE * full) / offered)
    parts = {name: float(np.mean([getattr(hour, name) for hour in hours])) for name in _PARTS}
    return {
        "score": parts | {"total": sum(parts.values()) / 3},
        "rmse_percent": 100 * off.rmse / offered,
        "mae_percent": 100 * off.mae / offered,
        "bias_percent": 100 * off.bias / offered,
        "mean_error_percent": 100 * float((np.abs(power - target) / target).mean()),
        "within_5": scoring.share_within(power, target, 0.05 * target),
        "within_10": scoring.share_within(power, target, 0.10 * target),
        "energy_error_5min": scoring.energy_error(power, target, 300),
        "energy_error_15min": scoring.energy_error(power, target, 900),
    }


def _repeated(_site: Site, trace: Trace) -> Figures:
    """Say when a held power has come into the band for good, and how much of the second half it was in."""
    power, target = trace.power[BEGINS:], trace.target[BEGINS:]
    outside = np.flatnonzero(np.abs(power - target) > TOLERANCE * target)
    half = REPEATED_HOLD // 2
    last = int(outside[-1]) + 1 if outside.size else 0
    return {
        "in_band_from": last if last < REPEATED_HOLD else None,
        "second_half_within_5": scoring.share_within(power[half:], target[half:], TOLERANCE * target[half:]),
        "second_half_error_percent": float(np.mean(power[half:] / target[half:] - 1) * 100),
    }


def _nothing(_site: Site, _trace: Trace) -> Figures:
    """Of orders at random only the conduct counts."""
    return {}


_PARTS = ("accuracy", "delay", "precision")


def _scores(signal: Floats, response: Floats) -> list[scoring.Score]:
    """Score each hour; the last one ends five minutes before the data do."""
    hours = (len(signal) - scoring.HOUR_NEEDS) // 3600 + 1
    begins = (hour * 3600 for hour in range(hours))
    return [
        scoring.score(
            signal[begin : begin + scoring.HOUR_NEEDS : scoring.SAMPLE],
            response[begin : begin + scoring.HOUR_NEEDS : scoring.SAMPLE],
        )
        for begin in begins
    ]


def _steps(site: Site, trace: Trace) -> Figures:
    """Judge each step within ±5 % of its target; one to standby within ±5 % of its height."""
    full = capability(site)
    figures = {}
    for place, (before, after) in enumerate(STEPS, 1):
        begin = BEGINS + place * STEP_HOLD
        power = trace.power[begin : begin + STEP_HOLD]
        target = full * after if after is not None else float(trace.power[:BEGINS].mean())
        start = full * before if before is not None else float(trace.power[:BEGINS].mean())
        band = TOLERANCE * (target if after is not None else abs(start - target))
        response = scoring.step_response(power, start, target, band)
        figures[f"{_percent(before)} to {_percent(after)}"] = asdict(response)
    return {"steps": figures}


def _percent(share: float | None) -> str:
    return "standby" if share is None else f"{100 * share:.0f} %"


def _acceptance(site: Site, trace: Trace) -> Figures:
    """Judge the acceptance test, and whether what is declared was there: from two minutes after its order."""
    tests: Figures = {}
    begin = TESTED
    for share, seconds in ACCEPTANCE:
        target = float(trace.target[begin])
        power = trace.power[begin : begin + seconds]
        after = scoring.accepted_after(power, target, TOLERANCE, 5)
        name = "declared" if share is None else _percent(share)
        tests[name] = {
            "target_kw": target / 1000,
            "seconds": after,
            "passed": after is not None and after <= _ACCEPTED_WITHIN,
        }
        if share is None:
            declared = trace.declared[begin : begin + seconds]
            delivered = power >= (1 - TOLERANCE) * np.minimum(declared, target)
            honest = float(delivered[_ACCEPTED_WITHIN:].mean())
            soonest = {_percent(part): soonest_of(power, part * capability(site)) for part in (0.6, 0.9)}
        begin += seconds + REST
    declared_share = target / capability(site)
    return {
        "acceptance": tests,
        "honest_share": honest,
        "declared_share": declared_share,
        "soonest": soonest if declared_share > _NEARLY_ALL else {},
    }


def soonest_of(power: Floats, target: float) -> int | None:
    """Return when a fleet that is all woken at once could be accepted at a part of it.

    The test looks every 5 s and wants two samples in the band; who is above could have shed what is too much.
    """
    return scoring.accepted_after(np.minimum(power, target), target, TOLERANCE, 5)


def _steady(_site: Site, trace: Trace) -> Figures:
    """Judge what was held, without the first minutes after each order."""
    levels: Figures = {}
    for place, share in enumerate(STEADY):
        begin = TESTED + place * STEADY_HOLD
        span = slice(begin + _SETTLING, begin + STEADY_HOLD)
        power, target = trace.power[span], trace.target[span]
        levels[_percent(share)] = {
            "within_5": scoring.share_within(power, target, TOLERANCE * target),
            "within_1": scoring.share_within(power, target, FINE_TOLERANCE * target),
            "bias_percent": 100 * float((power - target).mean() / target.mean()),
        }
    acts = sum(1 for act in trace.sent if act.at > TESTED and (act.at - TESTED) % STEADY_HOLD >= _SETTLING)
    each = STEADY_HOLD - _SETTLING
    shares = {
        f"steady_{name}": sum(level[name] * each for level in levels.values()) / (each * len(levels))
        for name in ("within_5", "within_1")
    }
    return {"levels": levels, "steady_acts": acts, **shares}
