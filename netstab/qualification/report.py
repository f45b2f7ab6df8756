"""What is kept of a qualification: a document for machines and a table a test, each second a line. Pure."""

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from netstab.qualification.bench import Played, Qualification
from netstab.qualification.criteria import Criteria
from netstab.qualification.site import Recording
from netstab.qualification.verdict import Bound
from netstab.units import kilowatts

__all__ = ["About", "document", "seconds"]


@dataclass(frozen=True, slots=True)
class About:
    """What was tested, by which version of the software and seed; `head` is the log's, as VERSION:DIGEST.

    `dispatch` is what dispatch kept to, by the names of the constraints; empty where nobody can tell.
    """

    site: str
    software: str
    seed: int
    log: str
    head: str
    dispatch: Mapping[str, Any] = field(default_factory=dict)


def document(found: Qualification, about: About, criteria: Criteria) -> Mapping[str, Any]:
    """Return the report as JSON has it: power in kW, times in seconds from the beginning of their test."""
    return {
        **{each.name: getattr(about, each.name) for each in fields(about)},
        "dispatch": dict(about.dispatch),
        "passed": found.passed,
        "resource": {
            "capability_kw": kilowatts(found.resource.capability),
            "standby_kw": kilowatts(found.resource.standby),
            "resolution_kw": kilowatts(found.resource.step),
            "ramp_kw_per_second": kilowatts(found.resource.ramp),
            "units": found.resource.units,
        },
        "tests": [_test(played) for played in found.tests],
        "criteria": [asdict(criterion) for criterion in criteria],
    }


def _test(played: Played) -> Mapping[str, Any]:
    verdict, recording = played.verdict, played.recording
    return {
        "test": verdict.test,
        "title": played.procedure.title,
        "outcome": verdict.outcome.value,
        "limited_by": verdict.limited_by,
        "bounds": [_bound(bound) for bound in verdict.bounds],
        "figures": [asdict(figure) for figure in verdict.figures],
        "notes": list(recording.notes),
        "begins": recording.plan.begins,
        "seconds": recording.plan.seconds,
        "orders": [
            {**asdict(receipt), "target": None if receipt.target is None else kilowatts(receipt.target)}
            for receipt in recording.receipts
        ],
    }


def _bound(bound: Bound) -> Mapping[str, Any]:
    return {**asdict(bound), "margin": bound.margin, "held": bound.held}


def seconds(recording: Recording) -> str:
    """Return what was seen as CSV: a line a sample, power in kW, an empty field for what is not known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for sample in recording.samples:
        powers = (sample.target, sample.metered, sample.expected, sample.claimed)
        told = ["" if power is None else kilowatts(power) for power in powers]
        counts = (sample.hashing, sample.starting, sample.unusable)
        writer.writerow([f"{sample.at:g}", *told, *counts, " ".join(sample.faults)])
    return text.getvalue()


_COLUMNS = (
    "second",
    "ordered_kw",
    "metered_kw",
    "expected_kw",
    "claimed_kw",
    "units_hashing",
    "units_starting",
    "units_unusable",
    "faults",
)
