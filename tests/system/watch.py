"""An EMS that asks all the time while something else goes on, and what it saw."""

import http.client
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["EmsWatch", "temporary_bytes"]

PERIOD = 0.05
LONGEST = 5.0


class EmsWatch:
    """Asks twenty times a second, on one connection and on new ones by turns; every seventh call deactivates.

    `lost` are the calls without an answer of 200 in time, `latencies` are in s.
    """

    def __init__(self, port: int) -> None:
        self.latencies: list[float] = []
        self.lost: list[str] = []
        self._port = port
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join(30)

    @property
    def p99(self) -> float:
        """The 99th percentile of the answered calls, in s."""
        return sorted(self.latencies)[int(len(self.latencies) * 0.99)]

    def _run(self) -> None:
        kept, number = self._connection(), 0
        while not self._stopped.wait(PERIOD):
            number += 1
            if number % 2:
                self._ask(kept, number)
            else:
                fresh = self._connection()
                self._ask(fresh, number)
                fresh.close()
        kept.close()

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=LONGEST)

    def _ask(self, connection: http.client.HTTPConnection, number: int) -> None:
        method, path = ("POST", "/api/deactivate") if number % 7 == 0 else ("GET", "/api/status")
        started = time.monotonic()
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            answer.read()
        except OSError as error:
            connection.close()
            self.lost.append(f"{number}: {method} {path}: {error!r}")
            return
        self.latencies.append(time.monotonic() - started)
        if answer.status != 200:
            self.lost.append(f"{number}: {method} {path}: {answer.status}")


def temporary_bytes(pid: int) -> int:
    """Count what a process holds in files that have no name any more."""
    held = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if str(descriptor.readlink()).endswith("(deleted)"):
                held += descriptor.stat().st_size
        except OSError:
            continue
    return held
