"""The recorded commands."""

import falcon

from api.operation import operation
from api.schemas.fleet import CommandEntry, History, HistoryQuery
from events.history import CommandRecord, HistoryReader
from netstab.units import rfc3339

__all__ = ["HistoryResource"]


class HistoryResource:
    def __init__(self, history: HistoryReader) -> None:
        self._history = history

    @operation("The newest commands", History, query=HistoryQuery, refusals=("LOG_UNAVAILABLE",))
    def on_get(self, _request: falcon.Request, query: HistoryQuery) -> History:
        return History(commands=[_entry(record) for record in self._history.recent(query.limit)])


def _entry(record: CommandRecord) -> CommandEntry:
    return CommandEntry(
        timestamp=rfc3339(record.timestamp),
        source=record.source,
        command=record.command,
        parameters=record.parameters,
        success=record.success,
        message=record.message,
    )
