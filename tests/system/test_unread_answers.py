"""Clients that ask for much and read nothing, while an EMS is served beside them."""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import pytest
from harness import Api, NewFleet, NewProcess
from waiting import PATIENCE
from watch import DURING, MOST_MEMORY, EmsWatch, resident, temporary_bytes

LARGE = (
    "/static/plotly.min.js",
    "/openapi.json",
    "/docs/page.js",
    "/dashboard/api/fleet/table",
    "/dashboard/api/history?limit=1000",
    "/dashboard/api/history/export",
    "/dashboard/api/telemetry/fleet",
    "/dashboard/api/discovery/miners",
)


@contextmanager
def unread(port: int, count: int, paths: Sequence[str]) -> Iterator[None]:
    """Send the same requests on many connections and never read an answer."""
    asked = b"".join(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for path in paths)
    with ExitStack() as stack:
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
            stack.enter_context(connection).sendall(asked)
        yield


@pytest.fixture
def served(new_fleet: NewFleet, new_process: NewProcess) -> tuple[Api, int]:
    process = new_process(new_fleet())
    api = process.start()
    api.wait_for_miners(2)
    return api, process.pid


@pytest.mark.parametrize(
    ("count", "paths"),
    [
        (16, LARGE[:1] * 8),
        (64, LARGE[:1] * 8),
        (200, LARGE[:1]),
        (200, LARGE * 10),
        (600, LARGE[:1]),
    ],
    ids=["16 x 8", "64 x 8", "200", "200 of each", "600"],
)
def test_answers_that_nobody_reads_keep_no_call_of_the_ems_waiting(
    served: tuple[Api, int], count: int, paths: Sequence[str]
) -> None:
    api, pid = served
    before = resident(pid)
    with EmsWatch(api.port, sheds=True) as ems, unread(api.port, count, paths):
        until = time.monotonic() + DURING
        while time.monotonic() < until:
            assert temporary_bytes(pid) == 0
            assert resident(pid) - before < MOST_MEMORY
            time.sleep(0.1)
    ems.verify()
