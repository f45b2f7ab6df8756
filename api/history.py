"""The recorded commands, the fleet as it was, and the head that proves both."""

import falcon

from api.history_views import asked, command_view, entry, past_state, period
from api.operation import operation
from api.schemas.history import CommandView, HeadView, History, HistoryQuery, PastState, StateQuery
from events.history import HistoryReader
from netstab.errors import CommandRejected, ErrorCode

__all__ = ["CommandResource", "HeadResource", "HistoryResource", "PastStateResource"]


class HistoryResource:
    def __init__(self, history: HistoryReader) -> None:
        self._history = history

    @operation("The newest commands", History, query=HistoryQuery, refusals=(ErrorCode.LOG_UNAVAILABLE,))
    def on_get(self, _request: falcon.Request, query: HistoryQuery) -> History:
        records = self._history.recent(query.limit, asked(query), period(query), query.before)
        return History(commands=[entry(record, detail=query.detail) for record in records])


class CommandResource:
    def __init__(self, history: HistoryReader) -> None:
        self._history = history

    @operation(
        "One command and what came of it",
        CommandView,
        refusals=(ErrorCode.UNKNOWN_COMMAND, ErrorCode.LOG_UNAVAILABLE),
    )
    def on_get(self, _request: falcon.Request, command_id: str) -> CommandView:
        found = self._history.command(command_id)
        if found is None:
            raise CommandRejected(ErrorCode.UNKNOWN_COMMAND, f"No command {command_id[:60]} is recorded.")
        return command_view(*found)


class PastStateResource:
    def __init__(self, history: HistoryReader) -> None:
        self._history = history

    @operation(
        "The fleet as it was at a moment or a version of the log",
        PastState,
        query=StateQuery,
        refusals=(ErrorCode.NOT_RECORDED, ErrorCode.LOG_UNAVAILABLE),
    )
    def on_get(self, _request: falcon.Request, query: StateQuery) -> PastState:
        state = self._history.state(query.at)
        if state is None:
            raise CommandRejected(ErrorCode.NOT_RECORDED, "Nothing is recorded of that moment or version.")
        return past_state(state)


class HeadResource:
    def __init__(self, history: HistoryReader) -> None:
        self._history = history

    @operation("The head of the log's hash chain", HeadView, refusals=(ErrorCode.LOG_UNAVAILABLE,))
    def on_get(self, _request: falcon.Request) -> HeadView:
        head = self._history.head()
        return HeadView(version=head.version, hash=head.digest)
