"""Threads for calls that block, as many as are needed just now. It knows no call and no order among them."""

import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

from netstab.units import Seconds

__all__ = ["Threads"]

_IDLE = Seconds(10.0)
"""How long a thread waits for its next work: an order to a large fleet takes hundreds, for a moment."""

_Work = Callable[[], None]
_Inbox = SimpleQueue[_Work | None]


class Threads:
    """At most `most` threads. Who became idle last works first, so that those nobody needs any more end."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._changed = threading.Condition()
        self._idle: list[_Inbox] = []
        self._count = 0
        self._open = True

    def run(self, work: _Work) -> bool:
        """Begin with work, which must not raise, once a thread is free; False if they were closed by then.

        Raises `RuntimeError` where there is no thread and the host lets none be started.
        """
        with self._changed:
            inbox = self._free()
            if inbox is not None:
                inbox.put(work)
            return inbox is not None

    def close(self) -> None:
        """Take no more work. Threads end, each after what it does now."""
        with self._changed:
            self._open = False
            while self._idle:
                self._idle.pop().put(None)
            self._changed.notify_all()

    def _free(self) -> _Inbox | None:
        """Wait for a thread; where the host lets no more be started, for one of those there are."""
        while self._open:
            if self._idle:
                return self._idle.pop()
            if self._count < self._most:
                try:
                    return self._begun()
                except RuntimeError:
                    if not self._count:
                        raise
            self._changed.wait()
        return None

    def _begun(self) -> _Inbox:
        inbox = _Inbox()
        threading.Thread(target=self._work, args=(inbox,), name=self._name).start()
        self._count += 1
        return inbox

    def _work(self, inbox: _Inbox) -> None:
        work = inbox.get()
        while work is not None:
            work()
            del work  # while it waits it must not hold what the last one was about
            work = self._next(inbox)
        with self._changed:
            self._count -= 1
            self._changed.notify()

    def _next(self, inbox: _Inbox) -> _Work | None:
        with self._changed:
            if not self._open:
                return None
            self._idle.append(inbox)
            self._changed.notify()
        with suppress(Empty):
            return inbox.get(timeout=_IDLE)
        with self._changed:
            if inbox in self._idle:
                self._idle.remove(inbox)
                return None
        return inbox.get()  # given to it in the very moment
