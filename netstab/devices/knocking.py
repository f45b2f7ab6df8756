"""Finds out whether addresses take a connection: many at once, before anything is asked of them.

The sockets wait on an epoll instance of their own, which the asyncio loop of whoever knocks watches as one
socket: of a transport and a task for each of 131,000 ports the processor would have several times the work.
"""

import asyncio
import errno
import select
import socket
import time
from collections.abc import Iterable
from enum import Enum
from typing import Self

__all__ = ["Door", "Knocker"]

_AT_A_TURN = 256  # connections, then others on the loop have their turn

_UNDER_WAY = (0, errno.EINPROGRESS)
_NOBODY_THERE = (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH)


class Door(Enum):
    """How an address takes it that someone knocks at its ports."""

    OPEN = "open"
    SILENT = "silent"  # nothing came in time: no host, or one that is busy; or this host is
    CLOSED = "closed"  # the host refuses, or there is none


class _Visit:
    """The connections to one address, until one of them stands or none is left to wait for."""

    __slots__ = ("door", "doors", "sockets")

    def __init__(self, door: asyncio.Future[Door]) -> None:
        self.door = door
        self.doors: set[Door] = set()
        self.sockets: dict[int, socket.socket] = {}

    def note(self, door: Door) -> None:
        self.doors.add(door)
        if door is Door.OPEN or not self.sockets:
            self.end()

    def end(self) -> None:
        """Say how it is; whose connection has not come by now is silent."""
        if not self.door.done():
            doors = self.doors | ({Door.SILENT} if self.sockets else set())
            self.door.set_result(next(door for door in Door if door in doors))


class Knocker:
    """Knocks for one loop, the one that runs where it is made. Close it there.

    `used` is the processor time of all its connections so far, in seconds.
    """

    def __init__(self) -> None:
        self.used = 0.0
        self._loop = asyncio.get_running_loop()
        self._epoll = select.epoll()
        self._visits: dict[int, _Visit] = {}
        self._loop.add_reader(self._epoll.fileno(), self._serve)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._loop.is_closed():  # else it has forgotten it already
            self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()

    async def knock(self, address: str, ports: Iterable[int], within: float) -> Door:
        """Find out within so many seconds whether any of the ports takes a connection.

        The caller bounds how many of these run at once. Each connection is closed at once.
        """
        visit = _Visit(self._loop.create_future())
        timer = self._loop.call_later(within, self._expire, visit)
        began = time.thread_time()
        try:
            for port in dict.fromkeys(ports):
                self._connect(visit, address, port)
            self.used += time.thread_time() - began
            if not visit.sockets:
                visit.end()
            return await visit.door
        finally:
            timer.cancel()
            for descriptor in list(visit.sockets):
                self._forget(descriptor)

    def _connect(self, visit: _Visit, address: str, port: int) -> None:
        try:
            opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        except OSError:  # this host is short of something: that says nothing of the address
            visit.doors.add(Door.SILENT)
            return
        failed = opened.connect_ex((address, port))
        if failed in _UNDER_WAY:
            visit.sockets[opened.fileno()] = opened
            self._visits[opened.fileno()] = visit
            self._epoll.register(opened.fileno(), select.EPOLLOUT)
        else:
            visit.doors.add(_door(failed))
            opened.close()

    def _serve(self) -> None:
        began = time.thread_time()
        for descriptor, _ in self._epoll.poll(0, _AT_A_TURN):
            self._heard(descriptor)
        self.used += time.thread_time() - began

    def _heard(self, descriptor: int) -> None:
        visit = self._visits[descriptor]
        failed = visit.sockets[descriptor].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        self._forget(descriptor)
        visit.note(_door(failed) if failed else Door.OPEN)

    def _expire(self, visit: _Visit) -> None:
        """End the wait; what came in time to a loop that is late for it is heard first."""
        for descriptor, _ in self._epoll.poll(0, max(1, len(self._visits))):
            self._heard(descriptor)
        visit.end()

    def _forget(self, descriptor: int) -> None:
        self._visits.pop(descriptor).sockets.pop(descriptor).close()  # which has epoll forget it


def _door(failed: int) -> Door:
    return Door.CLOSED if failed in _NOBODY_THERE else Door.SILENT  # else this host is short of something
