"""An EMS that asks all the time while something else goes on, and what it saw."""

import http.client
import resource
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from waiting import PATIENCE, STALL, running_time

from actors.port import COMMAND_DEADLINE

__all__ = ["EmsWatch", "temporary_bytes"]

PERIOD = 0.05
LONGEST = 5.0 + STALL
GOAL = 0.2

STOOD_STILL = ("TOO_LATE", "FLEET_OFFLINE")
"""What a server says that was answered at once as the host counts: it stood still, or kept miners waiting."""

DURING = 3.0
MOST_MEMORY = 192 * 1024 * 1024


class EmsWatch:
    """Asks twenty times a second, on one connection and on new ones by turns.

    Where it `sheds`, every seventh call deactivates. `lost` are the calls without an answer of 200 in time,
    `latencies` and `late`, by how much the host has it begin them late, are in seconds that the host ran.
    """

    def __init__(self, port: int, *, sheds: bool = False) -> None:
        self.latencies: list[float] = []
        self.late: list[float] = []
        self.lost: list[str] = []
        self._port = port
        self._sheds = sheds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join(PATIENCE)

    def verify(self) -> None:
        """Every call was answered, and 99 of 100 within the goal and what the host itself was late."""
        took, late = percentile(self.latencies, 99), percentile(self.late, 99)
        figures = f"{len(self.latencies)} calls, p99 {1000 * took:.0f} ms, begun {1000 * late:.0f} ms late"
        print(figures)  # noqa: T201 - shown by pytest -rP
        assert self.lost == []
        assert took < GOAL + 10 * late, figures

    def _run(self) -> None:
        kept, number = self._connection(), 0
        while not self._waited():
            number += 1
            if number % 2:
                self._ask(kept, number)
            else:
                fresh = self._connection()
                self._ask(fresh, number)
                fresh.close()
        kept.close()

    def _waited(self) -> bool:
        due = running_time() + PERIOD
        ended = self._stopped.wait(PERIOD)
        self.late.append(max(0.0, running_time() - due))
        return ended

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=LONGEST)

    def _ask(self, connection: http.client.HTTPConnection, number: int) -> None:
        sheds = self._sheds and number % 7 == 0
        method, path = ("POST", "/api/deactivate") if sheds else ("GET", "/api/status")
        started = running_time()
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            answer.read()
        except OSError as error:
            connection.close()
            self.lost.append(f"{number}: {method} {path}: {error!r}")
            return
        self.latencies.append(running_time() - started)
        code = answer.headers.get("X-Error-Code", "")
        if answer.status != 200 and not (code in STOOD_STILL and self.latencies[-1] < COMMAND_DEADLINE):
            self.lost.append(f"{number}: {method} {path}: {answer.status} {code}")


def percentile(figures: Sequence[float], share: int) -> float:
    """Return the figure that so many of a hundred do not exceed."""
    return sorted(figures)[int((len(figures) - 1) * share / 100)]


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


def resident(pid: int) -> int:
    """Return a process's memory in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
