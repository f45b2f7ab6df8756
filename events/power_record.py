"""How the record of the fleet's power is written into rows, one a second, and read from them.

A database format.
"""

import json
from typing import Any

from netstab.dispatch.attribution import Kind, PowerChange, PowerRecord
from netstab.units import MinerId, WallTime, Watts

__all__ = ["TABLE", "read", "row"]

TABLE = """CREATE TABLE IF NOT EXISTS netstab_power_record (
        at BIGINT PRIMARY KEY, target DOUBLE PRECISION, power DOUBLE PRECISION, reported DOUBLE PRECISION,
        changes TEXT)"""
"""`at` in ms; `changes` is NULL in a second without any."""


def row(record: PowerRecord) -> tuple[int, float | None, float | None, float, str | None]:
    """Return the values of a row, in the order of its columns."""
    changes = [[each.kind, each.order, each.step, each.units, each.named] for each in record.changes]
    text = json.dumps(changes, separators=(",", ":")) if changes else None
    return round(record.at * 1000), record.target, record.power, record.reported, text


def read(found: dict[str, Any]) -> PowerRecord:
    """Read a row by its columns' names."""
    changes = json.loads(found["changes"] or "[]")
    return PowerRecord(
        at=WallTime(found["at"] / 1000),
        target=found["target"],
        power=found["power"],
        reported=found["reported"],
        changes=tuple(
            PowerChange(Kind(kind), order, Watts(step), units, tuple(map(MinerId, named)))
            for kind, order, step, units, named in changes
        ),
    )
