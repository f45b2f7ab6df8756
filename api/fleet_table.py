"""Every miner in a few figures, for the page that shows them all."""

from collections.abc import Iterable
from typing import Any

import falcon
import msgspec

from actors.port import DispatchPort
from actors.report import Phase
from actors.snapshot import FleetSnapshot
from api.memo import Memo
from api.miner_views import lasting_error
from api.names import miner_names
from api.operation import operation
from api.schemas.fleet_table import FleetTable
from events.state import Hold, RegisteredMiner
from netstab.devices.antminer.s9 import frequency_of
from netstab.dispatch.unit_status import UnitStatus

__all__ = ["FleetTableResource"]

Row = tuple[Any, ...]


class FleetTableResource:
    """Holds nothing that changes by itself, as an age would: an idle fleet's table is answered with 304."""

    def __init__(self, fleet: DispatchPort) -> None:
        self._fleet = fleet
        self._names = Memo(miner_names)
        self._encoded = Memo(self._encode)

    @operation("Every miner in a few figures, a column at a time", FleetTable)
    def on_get(self, _request: falcon.Request) -> msgspec.Raw:
        return self._encoded(self._fleet.snapshot)

    def _encode(self, snapshot: FleetSnapshot) -> msgspec.Raw:
        miners = snapshot.state.miners
        names = self._names(miners)
        figures = _columns(_rows(snapshot))
        table = FleetTable(list(miners), [names[miner_id] for miner_id in miners], *figures)
        return msgspec.Raw(msgspec.json.encode(table))


def _rows(snapshot: FleetSnapshot) -> Iterable[Row]:
    holds = snapshot.state.holds
    setpoints = snapshot.plan.setpoints if snapshot.plan else {}
    for (miner_id, miner), unit in zip(snapshot.state.miners.items(), snapshot.units, strict=True):
        setpoint, hold = setpoints.get(miner_id), holds.get(miner_id)
        wanted = None if setpoint is None or hold else setpoint.running
        yield _row(miner, unit, snapshot, hold, wanted)


def _row(
    miner: RegisteredMiner, unit: UnitStatus, snapshot: FleetSnapshot, hold: Hold | None, wanted: bool | None
) -> Row:
    """Return the columns after the name."""
    report = snapshot.reports.get(miner.miner_id)
    kind = hold.kind if hold else None
    reason = unit.reason or lasting_error(report)
    if report is None:
        return Phase.UNKNOWN, None, None, kind, wanted, None, None, None, None, reason
    reading, power = report.reading, report.drawn(snapshot.at)
    hottest = reading.temperature if reading else None
    return (
        report.phase,
        int(snapshot.wall(report.phase_since)),
        report.in_transition,
        kind,
        wanted,
        None if power is None else round(power),
        round(reading.hashrate) if reading else None,
        None if hottest is None else round(hottest),
        frequency_of(miner, report.setting) if report.seen else None,
        reason,
    )


def _columns(rows: Iterable[Row]) -> list[list[Any]]:
    columns = [list(column) for column in zip(*rows, strict=True)]
    return columns or [[] for _ in FleetTable.__struct_fields__[2:]]
