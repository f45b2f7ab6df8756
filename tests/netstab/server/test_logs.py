"""How a line of the server's log looks, whatever the host's time zone."""

import logging
import time
from collections.abc import Iterator

import pytest
from freezegun import freeze_time

from netstab.server.logs import set_up_logging


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
@pytest.mark.parametrize("library", ["urllib3.connection", "urllib3.connectionpool", "pymodbus.logging"])
def test_no_library_writes_down_what_came_over_a_wire_or_which_url_was_asked(
    capsys: pytest.CaptureFixture[str], library: str
) -> None:
    set_up_logging()
    logging.getLogger(library).warning("Failed to parse headers (url=%s)", "http://meter/?token=secret")
    assert capsys.readouterr().err == ""
