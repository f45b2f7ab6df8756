"""Simulated miners that cost little to serve, so that the server beside them is measured and not they.

State, physics, scripts and words are those of the simulated fleet. What differs is how they are served: by
one bare loop instead of asyncio, the answer to `stats` encoded once for each state, without any faults.
"""

import contextlib
import math
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

from benchmarks.scale.encoded import STATS, EncodedStats
from benchmarks.scale.lean_web import LeanWeb
from benchmarks.scale.loop import BareLoop
from netstab.simulation import api
from netstab.simulation.build import build_devices
from netstab.simulation.device import Device, Port
from netstab.simulation.profiles import DOCUMENT
from netstab.units import MinerId

__all__ = ["LeanFleet"]

_BACKLOG = 100  # as the mining process's own
_REQUEST_LIMIT = 8191
_SILENT_FOR = 5  # seconds after which who says nothing is let in to be let go
_GAPS = 200_000
_NO_DESCRIPTORS_PAUSE = 1.0
_PATIENCE = 60.0


class LeanFleet:
    """Miners of the document on loopback, one after the other, as a context manager.

    They hash, or are `asleep`; `before` is how many miners other processes have on the same ports. `clock`
    gives the seconds by which physics goes on; `skip` lets time pass at once. Raises `OSError` when a port is
    taken.
    """

    def __init__(
        self,
        count: int,
        *,
        first_address: str,
        api_port: int,
        http_port: int,
        before: int = 0,
        asleep: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        devices = build_devices(count, first_address, DOCUMENT, 0, asleep=asleep)
        self.miners = tuple(devices)
        self.api_port, self.http_port = api_port, http_port
        self._clock, self._began, self._skipped = clock, clock(), 0.0
        self._loop = BareLoop()
        self._thread = threading.Thread(target=self._loop.run, name="lean-fleet", daemon=True)
        self._served = {id_: _Served(device) for id_, device in devices.items()}
        self._gaps: deque[tuple[float, float]] = deque(maxlen=_GAPS)
        for device in devices.values():
            device.index += before
        self._polls = 0
        self._web = LeanWeb(self._loop, self.now, self._settle)

    def __enter__(self) -> Self:
        for miner_id, served in self._served.items():
            self._settle(served.device)
            self._web.serve(served.device, _listening(miner_id, self.http_port))
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._loop.end()
        self._thread.join(_PATIENCE)
        self._web.close()
        for served in self._served.values():
            if served.listener:
                served.listener.close()

    def now(self) -> float:
        return self._clock() - self._began + self._skipped

    def skip(self, seconds: float) -> None:
        """Let physics time pass at once; all have followed when this returns."""
        followed = threading.Event()
        self._loop.soon(partial(self._leap, seconds, followed))
        if not followed.wait(_PATIENCE):
            raise TimeoutError("The lean fleet does not follow.")

    def _leap(self, seconds: float, followed: threading.Event) -> None:
        self._skipped += seconds
        for served in self._served.values():
            self._settle(served.device)
        followed.set()

    @property
    def polls(self) -> int:
        """How many polls were answered."""
        return self._polls

    def gaps(self, since: float) -> list[float]:
        """Return the seconds between two polls of a miner that hashes, for those that ended since a moment.

        Who has not been polled for longer than that counts with the time until now.
        """
        now = self.now()
        ended = [gap for at, gap in self._gaps.copy() if at >= since and gap < math.inf]
        waits = [now - served.polled_at for served in self._served.values() if served.polled_at > -math.inf]
        return ended + [wait for wait in waits if wait > now - since]

    def _settle(self, device: Device) -> None:
        """Bring a miner up to date, open or close its port, and come again at its next change."""
        served = self._served[device.miner_id]
        device.miner.advance(self.now())
        self._follow(served)
        change = device.next_change
        if served.alarm != change and not math.isinf(change):
            self._loop.later(change - device.miner.now, partial(self._ring, served, change))
        served.alarm = change

    def _ring(self, served: "_Served", change: float) -> None:
        if served.alarm == change:
            served.alarm = math.inf
            self._settle(served.device)

    def _follow(self, served: "_Served") -> None:
        state = served.device.api_port
        if state is Port.CLOSED and served.listener is not None:
            self._loop.unwatch(served.listener)
            served.listener.close()
            served.listener = None
            served.polled_at = -math.inf
        if state is not Port.CLOSED and served.listener is None:
            served.listener = _listening(served.device.miner_id, self.api_port)
        if served.listener is not None and state is Port.OPEN:
            self._loop.watch(served.listener, partial(self._ask, served, served.listener))
        elif served.listener is not None:
            self._loop.unwatch(served.listener)

    def _ask(self, served: "_Served", listener: socket.socket) -> None:
        """Answer one client, which has sent its request when the kernel lets it in."""
        try:
            client, _ = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError:  # no descriptors left
            self._loop.unwatch(listener)
            self._loop.later(_NO_DESCRIPTORS_PAUSE, partial(self._settle, served.device))
            return
        with client, contextlib.suppress(OSError):
            client.setblocking(False)
            if request := client.recv(_REQUEST_LIMIT):
                client.send(self._answer(served, request))

    def _answer(self, served: "_Served", request: bytes) -> bytes:
        now = self.now()
        device = served.device
        device.miner.advance(now)
        if request != STATS:
            answer = api.answer(device, request)
            self._settle(device)
            return answer
        self._polls += 1
        self._gaps.append((now, now - served.polled_at))
        served.polled_at = now
        return served.stats.answer(device)


class _Served:
    """A miner, its port while that is open, and when it was polled."""

    __slots__ = ("alarm", "device", "listener", "polled_at", "stats")

    def __init__(self, device: Device) -> None:
        self.device = device
        self.listener: socket.socket | None = None
        self.stats = EncodedStats()
        self.polled_at = -math.inf
        self.alarm = math.inf


def _listening(miner_id: MinerId, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, _SILENT_FOR)
    listener.setblocking(False)
    listener.bind((miner_id, port))
    listener.listen(_BACKLOG)
    return listener
