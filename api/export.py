"""The history as a file of any length, read and sent a chunk at a time, by few requests at once.

Other files of any length are made as this one is.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Generic, Self, TypeVar

import falcon
import msgspec

from api.history_views import asked, exported, period
from api.operation import Stream, operation
from api.schemas.history import ExportedCommand, ExportQuery
from api.slots import Slots
from events.history import CommandRecord, HistoryReader
from netstab.errors import ErrorCode

__all__ = ["CSV", "EXPORTS_AT_ONCE", "JSON_LINES", "Export", "ExportResource", "comma_separated"]

JSON_LINES, CSV = "application/jsonl", "text/csv; charset=utf-8"

EXPORTS_AT_ONCE = 2
"""A stream holds one of the server's threads for as long as its reader takes."""

Chunk = Sequence[CommandRecord]

T = TypeVar("T")


class ExportResource:
    def __init__(self, history: HistoryReader) -> None:
        self._history = history
        self._slots = Slots(EXPORTS_AT_ONCE)

    @operation(
        "All commands of a range as a file, the oldest first",
        ExportedCommand,
        query=ExportQuery,
        refusals=(ErrorCode.LOG_UNAVAILABLE, ErrorCode.BUSY),
        media_types=(JSON_LINES, CSV),
    )
    def on_get(self, _request: falcon.Request, query: ExportQuery) -> Stream:
        chunks = self._history.chunks(asked(query), period(query))
        encode, media_type = (_json_lines, JSON_LINES) if query.format == "jsonl" else (_csv, CSV)
        return Stream(media_type, f"history.{query.format}", Export(chunks, encode, self._slots.one()))


class Export(Generic[T]):
    """Encodes chunk by chunk and holds its slot until it is closed, read to the end or not.

    The first chunk is read at once: a log that cannot be read is an error, not a file that breaks off.
    """

    def __init__(
        self,
        chunks: Iterator[Sequence[T]],
        encode: Callable[[Sequence[T], bool], bytes],
        slot: AbstractContextManager[None],
    ) -> None:
        self._chunks, self._encode, self._slot = chunks, encode, slot
        self._first = True
        slot.__enter__()
        try:
            self._next: Sequence[T] | None = next(chunks, ())
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        if self._next is None:
            raise StopIteration
        data = self._encode(self._next, self._first)
        self._first, self._next = False, next(self._chunks, None)
        return data

    def close(self) -> None:
        """Return the slot back; the server calls this once, however the answer ends."""
        self._slot.__exit__(None, None, None)


def _json_lines(records: Chunk, _first: bool) -> bytes:
    return msgspec.json.Encoder().encode_lines([exported(record) for record in records])


def _csv(records: Chunk, first: bool) -> bytes:
    return comma_separated(map(_line, records), ExportedCommand.__struct_fields__ if first else ())


def _line(record: CommandRecord) -> Mapping[str, Any]:
    parameters = msgspec.json.encode(record.parameters).decode()
    line: dict[str, Any] = msgspec.to_builtins(exported(record))
    return line | {"parameters": parameters}


def comma_separated(lines: Iterable[Mapping[str, Any]], head: Sequence[str]) -> bytes:
    """Write lines by RFC 4180, after a head if there is one."""
    text = io.StringIO()
    writer = csv.writer(text)
    if head:
        writer.writerow(head)
    for line in lines:
        writer.writerow(_field(value) for value in line.values())
    return text.getvalue().encode()


def _field(value: object) -> object:
    """Keep a spreadsheet from taking what a client sent for a formula."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value
