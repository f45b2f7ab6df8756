"""What all judges share: means over stretches of a record, its gaps, and the sentence on what limits."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise

from netstab.qualification.site import Recording, Sample
from netstab.qualification.verdict import Bound, Figure, Outcome, Verdict
from netstab.units import Seconds, Watts

__all__ = ["LONGEST_GAP", "between", "mean_power", "metered", "unjudged", "verdict"]

LONGEST_GAP = Seconds(1.5)
"""Between two readings of the meter: 1 Hz is asked for, and a host may be late by half of it."""


def between(recording: Recording, begin: float, end: float) -> Sequence[Sample]:
    """Return the samples from a second on until before another."""
    first, last = (bisect_left(recording.samples, at, key=lambda sample: sample.at) for at in (begin, end))
    return recording.samples[first:last]


def metered(recording: Recording, begin: float, end: float) -> list[tuple[Seconds, Watts]]:
    """Return what the meter showed from a second on until before another, with the times."""
    seen = between(recording, begin, end)
    return [(sample.at, sample.metered) for sample in seen if sample.metered is not None]


def mean_power(recording: Recording, begin: float, end: float) -> float | None:
    """Return what the meter showed on average, in W; None where it showed nothing."""
    seen = [power for _, power in metered(recording, begin, end)]
    return sum(seen) / len(seen) if seen else None


def verdict(recording: Recording, bounds: Sequence[Bound], figures: Iterable[Figure] = ()) -> Verdict:
    """Sum up: it is passed where each order was taken and all that is required is held."""
    lack = _lack(recording)
    if lack:
        return unjudged(recording, lack, figures)
    required = [bound for bound in bounds if bound.required]
    refused = next((receipt for receipt in recording.receipts if receipt.refusal), None)
    passed = refused is None and all(bound.held for bound in required)
    told = f"An order was refused at second {refused.at:.0f}: {refused.refusal}" if refused else ""
    outcome = Outcome.PASSED if passed else Outcome.FAILED
    return Verdict(
        recording.plan.test, outcome, tuple(bounds), tuple(figures), told or _limiting(recording, required)
    )


def unjudged(recording: Recording, why: str, figures: Iterable[Figure] = ()) -> Verdict:
    """Say that nothing can be said, and why."""
    return Verdict(recording.plan.test, Outcome.NOT_JUDGED, (), tuple(figures), why)


def _lack(recording: Recording) -> str:
    """Say what a record lacks: a meter that is silent proves nothing."""
    begins, ends = float(recording.plan.begins), float(recording.plan.seconds)
    times = [begins, *(at for at, _ in metered(recording, begins, ends)), ends]
    gap, at = max((after - before, before) for before, after in pairwise(times))
    if gap <= LONGEST_GAP:
        return ""
    return f"The site meter shows nothing for {gap:.0f} s from second {at:.0f} on."


def _limiting(recording: Recording, bounds: Sequence[Bound]) -> str:
    if not bounds:
        return ""
    tightest = min(bounds, key=lambda bound: bound.share)
    relation = "at least" if tightest.at_least else "at most"
    figure = f"{tightest.figure:.4g} {tightest.unit}".rstrip()
    told = f"{tightest.name}: {figure}, {relation} {tightest.limit:.4g}"
    return f"{told}{_condition(recording, tightest)}"


def _condition(recording: Recording, bound: Bound) -> str:
    """Say how the units stood when a figure was decided."""
    if bound.at is None or not recording.samples:
        return ""
    seen = (between(recording, bound.at, float("inf")) or recording.samples[-1:])[0]
    parts = [f"{seen.hashing} of {recording.resource.units} units hashed"]
    parts += [f"{seen.starting} {'was' if seen.starting == 1 else 'were'} starting"] if seen.starting else []
    parts += [f"{seen.unusable} could not be used"] if seen.unusable else []
    return f", at second {bound.at:.0f}, when {', '.join(parts)}"
