"""Every miner in a few figures, for the page that shows them all."""

from collections.abc import Iterable
from typing import Any

import falcon
import msgspec

from actors.client import FleetClient
from actors.fleet.standing import availability
from actors.report import MinerReport, Phase
from actors.snapshot import FleetSnapshot
from api.memo import Memo
from api.miner_views import lasting_error
from api.names import miner_names
from api.operation import operation
from api.schemas.fleet_table import FleetTable
from events.state import Hold, RegisteredMiner

__all__ = ["FleetTableResource"]

Row = tuple[Any, ...]


class FleetTableResource:
    """Holds nothing that changes by itself, as an age would: an idle fleet's table is answered with 304."""

    def __init__(self, fleet: FleetClient) -> None:
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
    holds, reports = snapshot.state.holds, snapshot.reports
    setpoints = snapshot.plan.setpoints if snapshot.plan else {}
    for miner_id, miner in snapshot.state.miners.items():
        setpoint, hold = setpoints.get(miner_id), holds.get(miner_id)
        wanted = None if setpoint is None or hold else setpoint.running
        yield _row(miner, reports.get(miner_id), hold, wanted)


def _row(miner: RegisteredMiner, report: MinerReport | None, hold: Hold | None, wanted: bool | None) -> Row:
    """Give the columns after the name."""
    kind = hold.kind if hold else None
    reason = availability(miner, report, hold)[1] or lasting_error(report)
    if report is None:
        return Phase.UNKNOWN, None, None, kind, wanted, 0, None, None, None, reason
    reading = report.reading
    hottest = reading.temperature if reading else None
    return (
        report.phase,
        int(report.phase_since),
        report.in_transition,
        kind,
        wanted,
        round(report.power),
        round(reading.hashrate) if reading else None,
        None if hottest is None else round(hottest),
        report.frequency,
        reason,
    )


def _columns(rows: Iterable[Row]) -> list[list[Any]]:
    columns = [list(column) for column in zip(*rows, strict=True)]
    return columns or [[] for _ in FleetTable.__struct_fields__[2:]]
