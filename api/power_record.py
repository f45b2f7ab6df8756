"""The fleet's power second by second, with what made it change: a file of any length."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import falcon
import msgspec

from api.export import CSV, EXPORTS_AT_ONCE, JSON_LINES, Export, comma_separated
from api.operation import Stream, operation
from api.schemas.telemetry import PowerChangeView, PowerQuery, PowerSecond
from api.slots import Slots
from api.telemetry import stretch
from events.telemetry import TelemetryReader
from netstab.clock import WallClock
from netstab.dispatch.attribution import PowerChange, PowerRecord
from netstab.errors import ErrorCode
from netstab.units import Seconds, Watts, kilowatts, rfc3339

__all__ = ["PowerRecordResource"]

_HOUR = Seconds(3600.0)

_SECOND = ("at", "target_power_kw", "power_kw", "reported_power_kw")
_NO_CHANGE = dict.fromkeys(PowerChangeView.__struct_fields__)


class PowerRecordResource:
    def __init__(self, telemetry: TelemetryReader, wall: WallClock) -> None:
        self._telemetry = telemetry
        self._wall = wall
        self._slots = Slots(EXPORTS_AT_ONCE)

    @operation(
        "The fleet's power each second, and what made it change, the oldest first",
        PowerSecond,
        query=PowerQuery,
        refusals=(ErrorCode.LOG_UNAVAILABLE, ErrorCode.BUSY),
        media_types=(JSON_LINES, CSV),
    )
    def on_get(self, _request: falcon.Request, query: PowerQuery) -> Stream:
        since, until = stretch(query.since, query.until, self._wall(), _HOUR)
        chunks = self._telemetry.power(since, until, changes_only=query.only == "changes")
        encode, media_type = (_json_lines, JSON_LINES) if query.format == "jsonl" else (_csv, CSV)
        return Stream(media_type, f"power.{query.format}", Export(chunks, encode, self._slots.one()))


def _json_lines(records: Sequence[PowerRecord], _first: bool) -> bytes:
    return msgspec.json.Encoder().encode_lines([_second(record) for record in records])


def _csv(records: Sequence[PowerRecord], first: bool) -> bytes:
    """Write a line for each change, and one for each second without."""
    lines = (line for record in records for line in _lines(_second(record)))
    return comma_separated(lines, (*_SECOND, *PowerChangeView.__struct_fields__) if first else ())


def _lines(second: PowerSecond) -> Iterator[Mapping[str, Any]]:
    head = {name: getattr(second, name) for name in _SECOND}
    if not second.changes:
        yield head | _NO_CHANGE
    for change in second.changes:
        yield head | msgspec.to_builtins(change) | {"miners": " ".join(change.miners)}


def _second(record: PowerRecord) -> PowerSecond:
    return PowerSecond(
        at=rfc3339(record.at),
        target_power_kw=_kilowatts(record.target),
        power_kw=_kilowatts(record.power),
        reported_power_kw=kilowatts(record.reported),
        changes=[_change(each) for each in record.changes],
    )


def _change(change: PowerChange) -> PowerChangeView:
    return PowerChangeView(
        cause=change.kind.cause,
        kind=change.kind,
        step_kw=kilowatts(change.step),
        order=change.order,
        units=change.units,
        miners=list(change.named),
    )


def _kilowatts(power: Watts | None) -> float | None:
    return None if power is None else kilowatts(power)
