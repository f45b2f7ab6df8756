"""Crowds of connections of every kind, while an EMS is served beside them."""

import socket
import threading
import time
from contextlib import ExitStack, suppress
from typing import Self

import pytest
from harness import SERVE, Api, NewFleet, NewProcess, ServerProcess, wait_until
from waiting import PATIENCE
from watch import DURING, MOST_MEMORY, EmsWatch, percentile, resident, temporary_bytes

PATCH = b"PATCH /dashboard/api/config HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
SILENT = b""
HALF_A_REQUEST = b"GET /dashboard/api/miners HTTP/1.1\r\nHo"
HALF_A_BODY = PATCH + b"Content-Length: 250000\r\n\r\n" + b" " * 200_000
ENDLESS_CHUNKS = PATCH + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 30_000
MUCH_WORK = b"GET /dashboard/api/history/export HTTP/1.1\r\nHost: localhost\r\n\r\n"
STATUS = b"GET /dashboard/api/status HTTP/1.1\r\nHost: localhost\r\n\r\n"
ANSWERED_WITHIN = 2.0
"""The contract's bound of a command: thousands of connections share the loop with the EMS."""

CROWDS = {
    "silent": SILENT,
    "half a request": HALF_A_REQUEST,
    "half a body": HALF_A_BODY,
    "endless chunks": ENDLESS_CHUNKS,
    "much work": MUCH_WORK,
    "asking": STATUS * 5,
}


class Crowd:
    """Opens connections, sends the same on each, and holds as many as it can; it reads nothing."""

    def __init__(self, port: int, sent: bytes, most: int = 2200) -> None:
        self._port, self._sent, self._most = port, sent, most
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.opened = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopped.set()
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        with ExitStack() as stack:
            while self.opened < self._most and not self._stopped.wait(0.001):
                with suppress(OSError):
                    connection = socket.create_connection(("127.0.0.1", self._port), 1)
                    stack.enter_context(connection)
                    connection.setblocking(False)
                    connection.send(self._sent)
                    self.opened += 1
            self._stopped.wait(DURING)


@pytest.fixture
def process(new_fleet: NewFleet, new_process: NewProcess) -> ServerProcess:
    return new_process(new_fleet(), EMS_PORT="0")


@pytest.fixture
def served(process: ServerProcess) -> tuple[Api, int]:
    api = process.start()
    api.wait_for_miners(2)
    return api, process.pid


@pytest.mark.parametrize("kind", CROWDS)
def test_a_crowd_keeps_no_ems_out(served: tuple[Api, int], process: ServerProcess, kind: str) -> None:
    api, pid = served
    before = resident(pid)
    with (
        EmsWatch(api.port, sheds=True) as ems,
        EmsWatch(process.ems_port, sheds=True) as apart,
        Crowd(api.port, CROWDS[kind]) as crowd,
    ):
        until = time.monotonic() + 2 * DURING
        while time.monotonic() < until:
            assert temporary_bytes(pid) == 0
            assert resident(pid) - before < MOST_MEMORY
            time.sleep(0.1)
        wait_until(lambda: crowd.opened > 200)
    alike = kind == "asking"  # who asks the same from the same address is told apart by nothing but age
    assert len(ems.lost) <= alike, ems.lost
    assert percentile(ems.latencies, 99) < ANSWERED_WITHIN
    apart.verify()


def test_few_descriptors_are_enough_for_an_ems_beside_a_crowd(process: ServerProcess) -> None:
    """Each use has a share of them: whoever takes all of his takes no other's."""
    few = ("sh", "-c", 'ulimit -n 320 && exec "$@"', "sh", *SERVE)
    api = process.start(few)
    api.wait_for_miners(2)
    with EmsWatch(process.ems_port, sheds=True) as apart, Crowd(api.port, SILENT, most=400) as crowd:
        wait_until(lambda: crowd.opened > 350)
        wait_until(lambda: len(apart.latencies) > 40)
    assert apart.lost == []
    assert "Too many open files" not in process.log()
