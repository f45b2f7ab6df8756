"""The threads that the actors of a pool share, and what these tell others. It knows nothing of their work.

What is told and done is gathered: each time that one thread wakes another costs more than an actor's work.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

import pykka

from netstab.units import Seconds

__all__ = ["Together", "WorkerPool"]

_UNTIL_TOLD = 64  # pieces of work: so many are done before others are told of them

_LOOKS_AGAIN = Seconds(0.5)

_Work = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Together:
    """To an actor that is on no pool: what those on one have told it, in order."""

    messages: tuple[object, ...]


class WorkerPool:
    """The threads that actors run on. What is submitted while it is stopped waits for the next start.

    One works as long as it gets on, for two would hand the interpreter to and fro: another is woken where
    nobody works, or where the one has begun nothing since something was submitted last. Who has nothing to do
    looks again and again whether the one is held up: it may be so with what was submitted last of all.
    """

    def __init__(self, workers: int = 4) -> None:
        self._workers = workers
        self._threads: list[threading.Thread] = []
        self._run_queue: deque[_Work] = deque()
        self._wake_ups: SimpleQueue[None] = SimpleQueue()
        self._working: set[int] = set()
        self._latest = self._latest_before = (0, 0)  # who began with what, of all that was begun
        self._gathering = threading.local()
        self._outbox = _Outbox()
        self._open = False

    @property
    def waiting(self) -> int:
        """How many actors wait for a thread."""
        return len(self._run_queue)

    def start(self) -> None:
        self._open = True
        for _ in range(self._workers):
            self.add_worker()
        self._wake()

    def add_worker(self) -> None:
        thread = threading.Thread(target=self._work, name=f"actors-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def replace_worker(self) -> None:
        """Have another work in place of the one that calls this."""
        self._working.discard(threading.get_ident())
        self.add_worker()
        self._wake()

    def stop(self, timeout: Seconds) -> bool:
        """End the workers after what they are doing now; False if one still does it after `timeout`."""
        self._open = False
        for _ in self._threads:
            self._wake()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        return not self._threads

    def submit(self, work: _Work) -> None:
        """Have a worker call `work`, which must not raise."""
        gathered: list[_Work] | None = getattr(self._gathering, "work", None)
        if gathered is None:
            self._put([work])
        else:
            gathered.append(work)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Have all that this thread submits meanwhile begun at the end, which wakes one worker, once."""
        if getattr(self._gathering, "work", None) is not None:
            yield
            return
        gathered = self._gathering.work = list[_Work]()
        try:
            yield
        finally:
            self._gathering.work = None
            self._put(gathered)

    def tell(self, ref: pykka.ActorRef[Any], message: object) -> None:
        """Tell an actor that is on no pool, from work done here, together with what others tell it."""
        self._outbox.put(ref, message)

    def _put(self, work: list[_Work]) -> None:
        self._run_queue.extend(work)
        before, self._latest_before = self._latest_before, self._latest
        gets_on = self._latest is not before and self._latest[0] in self._working
        if work and not gets_on and self._wake_ups.empty():
            self._wake()

    def _wake(self) -> None:
        self._wake_ups.put(None)

    def _work(self) -> None:
        me = threading.get_ident()
        while self._open:
            self._wait()
            self._working.add(me)
            while self._worked(me) and self._open:
                """Go on: what was told is on its way."""
            self._working.discard(me)  # before it looks: what is submitted later wakes somebody
            if self._run_queue and self._open:
                self._wake()

    def _wait(self) -> None:
        """Wait to be woken, or until nothing was begun for a while."""
        begun = None
        while begun is not self._latest:
            begun = self._latest
            with suppress(Empty):
                self._wake_ups.get(timeout=_LOOKS_AGAIN)
                break

    def _worked(self, me: int) -> bool:
        """Do a few pieces of work, and tell what comes of them; False if there was none."""
        done = 0
        with suppress(IndexError):
            while done < _UNTIL_TOLD and (self._open or not done):
                work = self._run_queue.popleft()
                self._latest = me, self._latest[1] + 1
                done += 1
                work()
        self._outbox.hand_over()
        return done > 0


class _Outbox:
    """What is to be told to whom, in order."""

    def __init__(self) -> None:
        self._messages: deque[tuple[pykka.ActorRef[Any], object]] = deque()
        self._handing_over = threading.Lock()

    def put(self, ref: pykka.ActorRef[Any], message: object) -> None:
        self._messages.append((ref, message))

    def hand_over(self) -> None:
        with self._handing_over:  # else who took out later might tell first
            told: dict[pykka.ActorRef[Any], list[object]] = {}
            for _ in range(len(self._messages)):
                ref, message = self._messages.popleft()
                told.setdefault(ref, []).append(message)
            for ref, messages in told.items():
                with suppress(pykka.ActorDeadError):
                    ref.tell(messages[0] if len(messages) == 1 else Together(tuple(messages)))
