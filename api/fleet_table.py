"""Every miner in a few figures, for the page that shows them all."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import falcon

from actors.memo import Memo
from actors.port import DispatchPort
from actors.report import MinerReport, Phase
from actors.snapshot import FleetSnapshot
from actors.worded import setting_words
from api.columns import Columns, Table
from api.encoded import Encoded
from api.miner_views import lasting_error
from api.names import miner_names
from api.operation import operation
from api.renewed import Renewed
from api.schemas.fleet_table import FleetTable, TableQuery
from api.wear_views import wear_columns
from events.state import Hold, RegisteredMiner
from netstab.devices.antminer.s9 import frequency_of
from netstab.devices.port import Reading
from netstab.units import Megahertz, MinerId

__all__ = ["FleetTableResource", "table_columns"]


class FleetTableResource:
    """Holds nothing that changes by itself, as an age would: an idle fleet's table is answered with 304."""

    def __init__(self, fleet: DispatchPort) -> None:
        self._names = Memo(miner_names)
        self._columns = Columns()
        self._table = Renewed(fleet, self._make)

    @operation("Every miner in a few figures, a column at a time", FleetTable, query=TableQuery)
    def on_get(self, _request: falcon.Request, query: TableQuery) -> Encoded:
        return self._table().answer(query.known)

    def _make(self, snapshot: FleetSnapshot) -> Table:
        self._columns.put(table_columns(snapshot, self._names(snapshot.state.miners)))
        return self._columns.table


def table_columns(snapshot: FleetSnapshot, names: Mapping[MinerId, str]) -> dict[str, Sequence[Any]]:
    """Return the table's columns; each is made in one go, since a row at a time takes three times as long."""
    miners, holds = snapshot.state.miners, list(map(snapshot.state.holds.get, snapshot.state.miners))
    reports = list(map(snapshot.reports.get, miners))
    return {
        "miner_id": list(miners),
        "name": [names[miner_id] for miner_id in miners],
        "condition": [report.phase if report else Phase.UNKNOWN for report in reports],
        "since": [int(snapshot.wall(report.phase_since)) if report else None for report in reports],
        "in_transition": [report.in_transition if report else None for report in reports],
        "hold": [hold.kind if hold else None for hold in holds],
        "wanted": _wanted(snapshot, holds),
        "power_watts": [_rounded(report.drawn(snapshot.at)) if report else None for report in reports],
        **_of_readings([report.reading if report else None for report in reports]),
        "frequency_mhz": list(map(_frequency, miners.values(), reports)),
        "setting": _settings(miners.values(), reports),
        "self_tuning": [(report.self_tuning or None) if report else None for report in reports],
        "reason": [
            unit.reason or lasting_error(report) for unit, report in zip(snapshot.units, reports, strict=True)
        ],
        **wear_columns(snapshot),
    }


def _wanted(snapshot: FleetSnapshot, holds: Sequence[Hold | None]) -> Sequence[bool | None]:
    setpoints = snapshot.plan.setpoints if snapshot.plan else {}
    wanted = map(setpoints.get, snapshot.state.miners)
    return [
        None if setpoint is None or hold else setpoint.running
        for setpoint, hold in zip(wanted, holds, strict=True)
    ]


def _of_readings(readings: Sequence[Reading | None]) -> dict[str, Sequence[int | None]]:
    return {
        "hashrate_ghs": [round(reading.hashrate) if reading else None for reading in readings],
        "temperature_c": [_rounded(reading.temperature) if reading else None for reading in readings],
    }


def _frequency(miner: RegisteredMiner, report: MinerReport | None) -> Megahertz | None:
    return frequency_of(miner, report.setting) if report and report.seen else None


def _settings(
    miners: Iterable[RegisteredMiner], reports: Iterable[MinerReport | None]
) -> Sequence[str | None]:
    """Word what each is set to: most of a fleet are alike, and each word is made once."""
    words: dict[Hashable, str | None] = {}
    found = []
    for miner, report in zip(miners, reports, strict=True):
        setting = report.setting if report and report.seen else None
        kind = (miner.firmware, miner.model, miner.firmware_version, id(miner.capabilities), setting)
        if kind not in words:
            words[kind] = setting_words(miner, setting)
        found.append(words[kind])
    return found


def _rounded(figure: float | None) -> int | None:
    return None if figure is None else round(figure)
