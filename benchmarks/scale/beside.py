"""The same work done barely, in the same run on the same host: what the server's figures are held against."""

import select
import socket
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from statistics import median

import requests

from benchmarks.scale.clients import BASE
from benchmarks.scale.processes import API_PORT, HTTP_PORT, addresses

__all__ = ["order_bytes", "poll_seconds", "polls", "requests_a_second", "transaction_ms"]

POLLED = 1000
AT_ONCE = 64
THREADS = 64
POLL = 5.0
ROUNDS = 5
ASKED = 300
EVENTS = 200
CONSTANT, STATUS = "static/mark.svg", "api/status"
_REQUEST = b'{"command":"stats"}'


def polls(count: int, server_cpu: float) -> dict[str, float]:
    """Return the server's processor time for all it does while a unit is polled, in units of a bare poll's.

    `server_cpu` in percent of a core. `bare` is one loop over sockets, `pool` a pool of threads that ask the
    web servers with `requests`.
    """
    chosen = addresses(count)[:POLLED]
    own = server_cpu / 100 * POLL / count
    began = time.process_time()
    _pooled(chosen)
    pooled = (time.process_time() - began) / len(chosen)
    return {"bare": own / poll_seconds(chosen), "pool": own / pooled}


def poll_seconds(chosen: list[str]) -> float:
    """Return the processor time of one bare poll, the least of a few rounds over these addresses."""
    return min(_bare_seconds(chosen) for _ in range(ROUNDS)) / len(chosen)


def _bare_seconds(chosen: list[str]) -> float:
    began = time.thread_time()
    _bare(chosen)
    return time.thread_time() - began


def _bare(chosen: list[str]) -> None:
    """Connect, ask, read to the end and close, a few at once; whatever fails is left out."""
    waiting, left = select.epoll(), iter(chosen)
    open_ones: dict[int, socket.socket] = {}
    expires = time.monotonic() + 30.0
    with closing(waiting):
        _begin(left, waiting, open_ones, AT_ONCE)
        while open_ones and time.monotonic() < expires:
            for descriptor, events in waiting.poll(1.0):
                if _ended(open_ones[descriptor], events, waiting):
                    open_ones.pop(descriptor).close()
                    _begin(left, waiting, open_ones, 1)
    for each in open_ones.values():
        each.close()


def _begin(
    left: Iterator[str], waiting: select.epoll, open_ones: dict[int, socket.socket], most: int
) -> None:
    for _, address in zip(range(most), left, strict=False):
        asking = socket.socket()
        asking.setblocking(False)
        asking.connect_ex((address, API_PORT))
        open_ones[asking.fileno()] = asking
        waiting.register(asking, select.EPOLLOUT)


def _ended(asking: socket.socket, events: int, waiting: select.epoll) -> bool:
    with suppress(BlockingIOError):
        try:
            if events & select.EPOLLOUT:
                asking.send(_REQUEST)
                waiting.modify(asking, select.EPOLLIN)
                return False
            answer = asking.recv(65536)
        except BlockingIOError:
            raise
        except OSError:
            return True
        return not answer or answer.endswith(b"\0")
    return False


def _pooled(chosen: list[str]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(_look, chosen))


def _look(address: str) -> None:
    with suppress(requests.RequestException):
        _ = requests.get(f"http://{address}:{HTTP_PORT}/cgi-bin/get_system_info.cgi", timeout=5).content


def requests_a_second() -> dict[str, float]:
    """Return how many requests for the status are served in the time of one for a file that never changes.

    They are asked for by turns, and medians are compared: what else the host does strikes both.
    """
    took: dict[str, list[float]] = {CONSTANT: [], STATUS: []}
    with requests.Session() as session:
        for _ in range(ASKED):
            for path, each in took.items():
                began = time.perf_counter()
                session.get(f"{BASE}/{path}", timeout=30).raise_for_status()
                each.append(time.perf_counter() - began)
    return {"constant": median(took[CONSTANT]) / median(took[STATUS])}


def order_bytes(database: Path) -> int:
    """Return the bytes of the newest order's event in a server's log."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as log:
        [size] = log.execute(
            "SELECT length(state) FROM stored_events WHERE topic LIKE '%Activated'"
            " ORDER BY originator_version DESC LIMIT 1"
        ).fetchone()
    return int(size)


def transaction_ms(size: int) -> float:
    """Return how long a durable transaction with an event of so many bytes takes, the median."""
    event, took = b"x" * size, []
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(sqlite3.connect(Path(folder) / "raw.db", isolation_level=None)) as raw,
    ):
        raw.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE event (at BLOB)"
        )
        for _ in range(EVENTS):
            began = time.perf_counter()
            raw.execute("INSERT INTO event VALUES (?)", (event,))
            took.append(1000 * (time.perf_counter() - began))
    return median(took)
