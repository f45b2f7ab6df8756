"""How a line of the server's log looks, whatever the host's time zone."""

import io
import json
import logging
import os
import time
from collections.abc import Iterator

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars

from netstab.server.logs import _as_text, log_format, set_up_logging
from netstab.settings.log_format import LogFormat


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The logging of the process, which is as it was afterwards."""
    logger = logging.getLogger()
    before, level = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:] = before
    logger.setLevel(level)


@pytest.mark.usefixtures("root")
def test_a_line_has_the_moment_in_utc_to_the_millisecond(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        set_up_logging()
        with freeze_time("2026-01-20T15:05:00.250Z"):
            logging.getLogger("netstab.server").info("This server leads the fleet.")
    finally:
        monkeypatch.undo()
        time.tzset()
    line = "2026-01-20T15:05:00.250Z INFO    netstab.server: This server leads the fleet.\n"
    assert capsys.readouterr().err == line


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    "library", ["urllib3.connection", "urllib3.connectionpool", "pymodbus.logging", "websockets.client"]
)
def test_no_library_writes_down_what_came_over_a_wire_or_which_url_was_asked(
    capsys: pytest.CaptureFixture[str], library: str
) -> None:
    set_up_logging()
    logging.getLogger(library).warning("Failed to parse headers (url=%s)", "http://meter/?token=secret")
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("root")
def test_for_machines_a_line_is_an_object_that_tells_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(LogFormat.JSON)
    with freeze_time("2026-01-20T15:05:00.250Z"):
        logging.getLogger("netstab.server").warning("It is %s.", "gone", extra={"miner": "127.0.1.5"})
    assert json.loads(capsys.readouterr().err) == {
        "time": "2026-01-20T15:05:00.250Z",
        "level": "WARNING",
        "logger": "netstab.server",
        "event": "It is gone.",
        "miner": "127.0.1.5",
    }


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("form", [LogFormat.TEXT, LogFormat.JSON])
def test_what_a_thread_does_for_a_request_is_marked_with_its_id(
    capsys: pytest.CaptureFixture[str], form: LogFormat
) -> None:
    set_up_logging(form)
    with bound_contextvars(request_id="r-1"):
        logging.getLogger("api").info("It was asked for.")
    told = capsys.readouterr().err
    assert told.endswith("It was asked for. [request_id=r-1]\n" if form is LogFormat.TEXT else '"r-1"}\n')


HOSTILE = "S9\x1b[2J\x9b31m\r\n2026-01-20T15:05:00.250Z ERROR   forged: \u202eline \x7f"


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("form", [LogFormat.TEXT, LogFormat.JSON])
def test_no_text_of_a_device_steers_a_terminal_or_begins_a_line(
    capsys: pytest.CaptureFixture[str], form: LogFormat
) -> None:
    set_up_logging(form)
    logging.getLogger("actors").error("It says %s", HOSTILE, exc_info=ValueError(HOSTILE))
    told = capsys.readouterr().err
    assert all(each.isprintable() or each == "\n" for each in told)
    assert not [line for line in told.splitlines() if line.startswith("2026-01-20T15:05:00.250Z")]


@given(st.text())
def test_whatever_is_said_is_one_printable_line(said: str) -> None:
    line = {"time": "t", "level": "INFO", "logger": "l", "event": said, "request_id": said}
    assert _as_text(None, "", line).isprintable()


@pytest.mark.usefixtures("root")
def test_a_text_without_end_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(LogFormat.JSON)
    logging.getLogger("actors").warning("x" * 1_000_000)
    assert len(capsys.readouterr().err) < 5_000


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_unless_it_is_set_people_get_text_and_machines_json() -> None:
    read, write = os.pipe()
    with os.fdopen(read), os.fdopen(write, "w") as pipe:
        there = os.fstat(write)
        journal = {"JOURNAL_STREAM": f"{there.st_dev}:{there.st_ino}"}
        assert log_format(LogFormat.AUTO, {}, Terminal()) is LogFormat.TEXT
        assert log_format(LogFormat.AUTO, journal, pipe) is LogFormat.TEXT
        assert log_format(LogFormat.AUTO, {"JOURNAL_STREAM": "1:2"}, pipe) is LogFormat.JSON
        assert log_format(LogFormat.AUTO, {}, pipe) is LogFormat.JSON
        assert log_format(LogFormat.JSON, journal, Terminal()) is LogFormat.JSON
        assert log_format(LogFormat.TEXT, {}, pipe) is LogFormat.TEXT
