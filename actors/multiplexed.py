"""A Pykka actor type without a thread of its own: thousands of actors share a few worker threads.

It behaves as `pykka.ThreadingActor` does, with one condition: a handler must never block.
"""

import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pykka

from actors.workers import WorkerPool

if TYPE_CHECKING:
    from pykka._envelope import Envelope

__all__ = ["MultiplexedActor", "inbox_length"]

_SLICE = 64  # messages an actor may handle before others get their turn


def inbox_length(ref: pykka.ActorRef[Any]) -> int:
    """Count the messages that wait for an actor, of this type or a `ThreadingActor`."""
    inbox: Any = ref.actor_inbox
    return int(inbox.qsize())


class _SliceOver(Exception):
    """Raised by `Inbox.get` to leave Pykka's loop: nothing is left to handle, or others are waiting."""


class _Stopped(threading.Event):
    """Whether an actor has stopped. Nearly nobody waits for it, so all share what would wake them.

    An event of its own, and a deque in place of the queue, took 2 kB of each of 20,000 actors.
    """

    _waited_for = threading.Condition()

    def __init__(self) -> None:
        self._is_so = False

    def is_set(self) -> bool:
        return self._is_so

    def set(self) -> None:
        with self._waited_for:
            self._is_so = True
            self._waited_for.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        with self._waited_for:
            return self._waited_for.wait_for(self.is_set, timeout)


class _Inbox:
    """A queue that has its actor scheduled when it becomes non-empty.

    `_scheduled` is held from the moment the actor goes on the run queue until its slice has ended, so
    that one worker at a time has it. A new inbox is held by the start of its actor.
    """

    __slots__ = ("_envelopes", "_left", "_schedule", "_scheduled")

    def __init__(self) -> None:
        self._envelopes: SimpleQueue[Envelope[Any]] = SimpleQueue()
        self._scheduled = threading.Lock()
        self._scheduled.acquire()
        self._schedule: Callable[[], None]
        self._left = 0

    def attach(self, schedule: Callable[[], None]) -> None:
        """Start the actor's first slice; `schedule` puts the actor on the run queue."""
        self._schedule = schedule
        schedule()

    def put(self, envelope: "Envelope[Any]") -> None:
        self._envelopes.put(envelope)
        self._schedule_if_needed()

    def get(self) -> "Envelope[Any]":
        if not self._left or self._envelopes.empty():
            raise _SliceOver
        self._left -= 1
        return self._envelopes.get_nowait()  # nobody else takes any out

    def empty(self) -> bool:
        return self._envelopes.empty()

    def qsize(self) -> int:
        return self._envelopes.qsize()

    def begin_slice(self) -> None:
        self._left = _SLICE

    def end_slice(self) -> None:
        self._scheduled.release()
        self._schedule_if_needed()  # a message put before the release found the lock held

    def _schedule_if_needed(self) -> None:
        if not self._envelopes.empty() and self._scheduled.acquire(blocking=False):
            self._schedule()


class MultiplexedActor(pykka.Actor):
    """Runs Pykka's own loop in slices on the workers of `pool`, which a subclass may replace.

    Unlike a thread's, its inbox is served after death: a message that was on its way is answered with
    `ActorDeadError`. A `BaseException` from a hook ends the actor, never the worker.
    """

    pool: WorkerPool = WorkerPool()
    actor_inbox: _Inbox
    _is_set_up = False

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        super().__init__()
        self.actor_stopped = self.actor_ref.actor_stopped = _Stopped()

    @staticmethod
    def _create_actor_inbox() -> _Inbox:
        return _Inbox()

    @staticmethod
    def _create_future() -> pykka.Future[Any]:
        return pykka.ThreadingFuture()

    def _start_actor_loop(self) -> None:
        self.actor_inbox.attach(self._schedule)

    def _schedule(self) -> None:
        self.pool.submit(self._run_slice)

    def _run_slice(self) -> None:
        self.actor_inbox.begin_slice()
        try:
            self._set_up_once()
            self._actor_loop_running()
            self._actor_loop_teardown()
        except _SliceOver:
            pass
        except BaseException:  # noqa: BLE001
            self._handle_failure(*sys.exc_info())
        self.actor_inbox.end_slice()

    def _set_up_once(self) -> None:
        if not self._is_set_up:
            self._is_set_up = True
            self._actor_loop_setup()

    def _handle_receive(self, message: Any) -> Any:
        try:
            return super()._handle_receive(message)
        except Exception:
            raise
        except BaseException:
            self.pool.replace_worker()  # Pykka's loop now waits in this one until all actors have stopped
            raise
