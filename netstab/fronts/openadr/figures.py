"""The figures of a report, and the report as it is sent. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actors.ems import RunningStatus, fleet_capacity, running_status
from actors.snapshot import FleetPhase, FleetSnapshot
from netstab.dispatch.attribution import PowerRecord
from netstab.dispatch.constraints import Constraints
from netstab.fronts.openadr.in_force import Asks
from netstab.fronts.openadr.periods import SECOND
from netstab.fronts.openadr.reporting import Due
from netstab.fronts.openadr.timeline import Span
from netstab.units import WallTime, Watts, kilowatts, rfc3339

__all__ = ["Noted", "Power", "mean_power", "noted", "report"]

Values = Mapping[str, Any]

_LEAST_KNOWN = 0.5
"""Of an interval's seconds; with fewer there is no figure."""


@dataclass(frozen=True, slots=True)
class Noted:
    """What was so when an interval ended: by types of payload, as they are reported."""

    values: Values


@dataclass(frozen=True, slots=True)
class Power:
    """What the fleet drew in an interval, None where it is not known, and what it was last asked for."""

    mean: Watts | None
    highest: Watts | None
    target: Watts | None


def noted(snapshot: FleetSnapshot, asked: Asks, constraints: Constraints) -> Noted:
    """Note what is so at the end of an interval in which that was asked for."""
    capacity = fleet_capacity(snapshot, constraints)
    active = snapshot.active_power
    return Noted(
        {
            "SETPOINT": kilowatts(snapshot.pursued or 0.0),  # as the record of power has it
            "OPERATING_STATE": _state(snapshot, asked),
            "SIMPLE_LEVEL": asked.shed_level,
            "UP_REGULATION_AVAILABLE": kilowatts(max(0.0, active - capacity.minimum)),
            "DOWN_REGULATION_AVAILABLE": kilowatts(max(0.0, capacity.reachable - active)),
        }
    )


def _state(snapshot: FleetSnapshot, asked: Asks) -> str:
    """Return the operating state: who is overridden by an operator has opted out."""
    if snapshot.phase is FleetPhase.FAULT:
        return "ERROR"
    running = "RUNNING" if running_status(snapshot) is RunningStatus.RUNNING else "IDLE"
    if snapshot.state.override is not None:
        return f"{running}_OPTED_OUT"
    setpoint = asked.setpoint
    if setpoint is not None and setpoint.relative and setpoint.value > 0:
        return f"{running}_HEIGHTENED"
    is_below = setpoint is not None and (snapshot.target or 0.0) < snapshot.rated_power
    is_limited = asked.limit is not None or asked.shed_level > 0
    return f"{running}_CURTAILED" if is_below or is_limited else f"{running}_NORMAL"


def mean_power(records: Iterable[PowerRecord], span: Span) -> Power:
    """Sum up the seconds of an interval."""
    total = highest = 0.0
    known = 0
    target: Watts | None = None
    for record in records:
        target = record.target
        if record.power is not None:
            total, known, highest = total + record.power, known + 1, max(highest, record.power)
    seconds = (span.end - span.start) / SECOND
    if known < max(1.0, _LEAST_KNOWN * seconds):
        return Power(None, None, target)
    return Power(Watts(total / known), Watts(highest), target)


def report(
    due: Due,
    ven_name: str,
    resource: str,
    powers: Sequence[Power],
    known: Sequence[Noted],
    *,
    with_program: bool,
) -> dict[str, Any]:
    """Return a report as it is sent; `with_program` is 3.0.1's."""
    descriptor: dict[str, Any] = {
        "objectType": "REPORT_PAYLOAD_DESCRIPTOR",
        "payloadType": due.payload_type,
        "readingType": due.reading_type or None,
        "units": due.units or None,
    }
    intervals = [
        {
            "id": span.interval_id,
            "intervalPeriod": _period(span),
            "payloads": [_payload(due, span, power, note)],
        }
        for span, power, note in zip(due.spans, powers, known, strict=True)
    ]
    document: dict[str, Any] = {
        "eventID": due.event_id,
        "clientName": ven_name,
        "reportName": due.name,
        "payloadDescriptors": [{key: value for key, value in descriptor.items() if value is not None}],
        "resources": [{"resourceName": resource, "intervals": intervals}],
    }
    return document | ({"programID": due.program_id} if with_program else {})


def _payload(due: Due, span: Span, power: Power, note: Noted) -> dict[str, Any]:
    """Return the figure of an interval, or that there is none."""
    value = _value(due, span, power, note)
    if value is None:
        return {"type": "DATA_QUALITY", "values": ["MISSING"]}
    return {"type": due.payload_type, "values": [value]}


def _value(due: Due, span: Span, power: Power, note: Noted) -> Any:
    hours = (span.end - span.start) / SECOND / 3600
    match due.payload_type:
        case "DEMAND" if due.reading_type == "PEAK":
            return None if power.highest is None else kilowatts(power.highest)
        case "DEMAND":
            return None if power.mean is None else kilowatts(power.mean)
        case "USAGE":
            return None if power.mean is None else round(power.mean * hours / 1000, 4)
        case "SETPOINT" if power.target is not None:
            return kilowatts(power.target)
        case kind:
            return note.values.get(kind)


def _period(span: Span) -> dict[str, str]:
    seconds = (span.end - span.start) / SECOND
    return {"start": rfc3339(WallTime(span.start / SECOND)), "duration": _duration(seconds)}


def _duration(seconds: float) -> str:
    """Write a duration in the form that the specification's pattern takes."""
    return f"PT{int(seconds)}S" if seconds == int(seconds) else f"PT{seconds:.3f}S"
