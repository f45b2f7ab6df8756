"""A bare loop over sockets and timers, for simulators that must cost as little as can be."""

import heapq
import itertools
import os
import select
import socket
import time
from collections import deque
from collections.abc import Callable

__all__ = ["BareLoop"]

_LONGEST = 1.0  # seconds without a look at the timers


class BareLoop:
    """Calls whoever watches a socket when it has something to read.

    All but `soon` and `end` is for its own thread, before that one runs for whoever starts it.
    """

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._readers: dict[int, Callable[[], None]] = {}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._asked: deque[Callable[[], None]] = deque()
        self._waker = os.eventfd(0, os.EFD_NONBLOCK)
        self._epoll.register(self._waker, select.EPOLLIN)
        self._readers[self._waker] = self._woken
        self._ended = False

    def watch(self, sock: socket.socket, act: Callable[[], None]) -> None:
        descriptor = sock.fileno()
        if descriptor not in self._readers:
            self._epoll.register(descriptor, select.EPOLLIN)
        self._readers[descriptor] = act

    def unwatch(self, sock: socket.socket) -> None:
        if self._readers.pop(sock.fileno(), None) is not None:
            self._epoll.unregister(sock)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._numbers), act))

    def soon(self, act: Callable[[], None]) -> None:
        """Have something done on the loop's thread; from any thread."""
        self._asked.append(act)
        os.eventfd_write(self._waker, 1)

    def end(self) -> None:
        """Let `run` return; from any thread."""
        self._ended = True
        os.eventfd_write(self._waker, 1)

    def run(self) -> None:
        """Serve until the end; the sockets are their owners' to close."""
        readers = self._readers
        while not self._ended:
            for descriptor, _events in self._epoll.poll(self._patience()):
                if act := readers.get(descriptor):  # one before it may have closed it
                    act()
            self._ring()
        self._epoll.close()
        os.close(self._waker)

    def _patience(self) -> float:
        return max(0.0, min(_LONGEST, self._timers[0][0] - time.monotonic())) if self._timers else _LONGEST

    def _ring(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            heapq.heappop(self._timers)[2]()

    def _woken(self) -> None:
        os.eventfd_read(self._waker)
        while self._asked:
            self._asked.popleft()()
