"""Where log lines go and what they look like: on standard error, for people a line, for machines an object.

Both tell the same. Whatever a device or a client has put into a text, a line stays one line and moves no
cursor: what cannot be printed is written out.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from traceback import format_exception
from typing import Any, TextIO

from structlog.contextvars import merge_contextvars
from structlog.stdlib import ExtraAdder, ProcessorFormatter

from netstab.settings.log_format import LogFormat

__all__ = ["log_format", "set_up_logging"]

_FIELDS = ("request_id", "command_id", "order", "miner", "step", "outcome", "seconds", "client", "code")
"""What a line may have beside its sentence; the first three join those of one command."""

_SHOWN = ("request_id", "command_id", "order")
"""Which of them people are shown behind it: the rest is in the sentence."""

_LONGEST = 4_000
_LONGEST_TRACE = 64_000
"""Characters; the rest of a text that is longer is left out."""

Line = MutableMapping[str, Any]


def log_format(chosen: LogFormat, environment: Mapping[str, str], stream: TextIO | None = None) -> LogFormat:
    """Return what lines are to be: `auto` is text for a terminal and for systemd's journal, else JSON.

    The journal is read by people (`journalctl -u netstab`), whatever collects it can be told `json`.
    """
    if chosen is not LogFormat.AUTO:
        return chosen
    stream = stream or sys.stderr
    return LogFormat.TEXT if stream.isatty() or _is_journal(stream, environment) else LogFormat.JSON


def set_up_logging(form: LogFormat = LogFormat.TEXT, level: int = logging.INFO) -> None:
    """Write log lines to standard error, times in UTC."""
    formatter = ProcessorFormatter(
        processors=[_described, _as_json if form is LogFormat.JSON else _as_text],
        foreign_pre_chain=[merge_contextvars, ExtraAdder(_FIELDS)],
        use_get_message=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("pykka", "eventsourcing"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # What fails on a wire ours say once, in a sentence. These say it each time, with whatever came, and with
    # the whole URL that was asked: a token may stand in it.
    for unguarded in ("urllib3", "pymodbus", "websockets"):
        logging.getLogger(unguarded).setLevel(logging.CRITICAL)


def _is_journal(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether systemd says that this very stream goes to its journal."""
    try:
        there = os.fstat(stream.fileno())
    except (OSError, ValueError):  # no descriptor behind it
        return False
    return environment.get("JOURNAL_STREAM") == f"{there.st_dev}:{there.st_ino}"


def _described(_logger: object, _name: str, found: Line) -> Line:
    """Return what every line has: when, how grave, who says it and what, and what it belongs to."""
    record: logging.LogRecord = found["_record"]
    moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    line: Line = {
        "time": moment.replace("+00:00", "Z"),
        "level": record.levelname,
        "logger": record.name,
        "event": _bounded(str(found["event"]), _LONGEST),
    }
    line.update({field: found[field] for field in _FIELDS if field in found})
    if found.get("exc_info"):
        line["exception"] = _bounded("".join(format_exception(*found["exc_info"])), _LONGEST_TRACE)
    return line


def _as_json(_logger: object, _name: str, line: Line) -> str:
    return json.dumps(line, default=str).replace("\x7f", "\\u007f")  # all else beyond ASCII is escaped anyway


def _as_text(_logger: object, _name: str, line: Line) -> str:
    belongs = " ".join(f"{field}={line[field]}" for field in _SHOWN if field in line)
    said = line["event"] + (f" [{belongs}]" if belongs else "")
    first = f"{line['time']} {line['level']:<7} {line['logger']}: {_printable(said)}"
    trace = line.get("exception", "").splitlines()
    return "\n".join([first, *("  " + _printable(each) for each in trace)])


def _printable(text: str) -> str:
    """Write out what is no printable character: nothing steers a terminal or begins a line of its own."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _bounded(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
