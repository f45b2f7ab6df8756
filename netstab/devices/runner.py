"""Runs the calls to miners: polls on one asyncio loop, blocking calls on two bounded pools of threads.

It knows nothing of what a call means and never repeats one. Every call is answered exactly once.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from netstab.devices.exchange import line
from netstab.devices.port import Endpoint, Readable, Reading
from netstab.errors import DeviceError

__all__ = ["DeviceRunner", "Done", "Lane"]

_log = logging.getLogger(__name__)

T = TypeVar("T")
Done = Callable[[T | DeviceError], None]
"""Told how a call ended, mostly on a thread of the runner: it must not block."""

_POLLS_AT_ONCE = 2048
_CALLS_OWED = 20_000
_BLOCKING_POLLS = 256


class Lane(StrEnum):
    """Which pool a blocking call waits for: hung probes must not delay commands, nor hung wakes a shed."""

    SHED = "shed"
    COMMAND = "command"
    PROBE = "probe"
    SCAN = "scan"


_THREADS = {Lane.SHED: 128, Lane.COMMAND: 64, Lane.PROBE: 64, Lane.SCAN: 128}


class DeviceRunner:
    """Owns the loop's thread and the pools. Before `start` and after `stop` it refuses every call."""

    def __init__(self, *, polls_at_once: int = _POLLS_AT_ONCE, calls_owed: int = _CALLS_OWED) -> None:
        self._polls = _PollLoop(polls_at_once, calls_owed)
        self._lanes = {lane: _ThreadLane(lane, threads, calls_owed) for lane, threads in _THREADS.items()}

    def start(self) -> None:
        self._polls.start()
        for lane in self._lanes.values():
            lane.owed.open()

    def stop(self, within: float) -> None:
        """Cancel polls and queued calls, and wait so many seconds for calls that run.

        Everything is answered then. A thread that still waits for a miner ends by its own deadline.
        """
        expires = time.monotonic() + within
        for lane in self._lanes.values():
            lane.refuse()
        self._polls.stop(expires)
        for lane in self._lanes.values():
            lane.owed.settle(expires)

    def poll(self, driver: Readable, endpoint: Endpoint, done: Done[Reading]) -> None:
        self._polls.submit(driver.poll(endpoint), done)

    def submit_coroutine(self, coroutine: Coroutine[Any, Any, T], done: Done[T]) -> None:
        """Run a coroutine on the polls' loop; it must not block there."""
        self._polls.submit(coroutine, done)

    def call(self, work: Callable[[], T], done: Done[T], *, lane: Lane) -> None:
        """Run a blocking call on a thread of the lane."""
        self._lanes[lane].submit(work, done)


class _Owed:
    """The calls that are owed an answer, at most `limit`. Whoever takes a call out first answers it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._changed = threading.Condition()
        self._open = False
        self._calls: dict[object, Done[Any]] = {}

    def open(self) -> None:
        with self._changed:
            self._open = True

    def close(self) -> None:
        with self._changed:
            self._open = False

    def take(self, call: object, done: Done[Any]) -> bool:
        """Take on a call, or refuse it, which answers it at once."""
        with self._changed:
            taken = self._open and len(self._calls) < self._limit
            if taken:
                self._calls[call] = done
        if not taken:
            _tell(
                done,
                DeviceError("No more calls to miners are taken: there are too many, or all is stopping."),
            )
        return taken

    def answer(self, call: object, outcome: object) -> None:
        with self._changed:
            done = self._calls.pop(call, None)
            self._changed.notify_all()
        if done:
            _tell(done, outcome)

    def settle(self, expires: float) -> None:
        """Wait until all are answered or the moment has come, and answer the rest."""
        with self._changed:
            self._changed.wait_for(lambda: not self._calls, expires - time.monotonic())
        for call in list(self._calls):
            self.answer(call, _cancelled())


class _ThreadLane:
    def __init__(self, name: str, threads: int, limit: int) -> None:
        self.owed = _Owed(limit)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"device-{name}")

    def submit(self, work: Callable[[], T], done: Done[T]) -> None:
        call = object()
        if self.owed.take(call, done):
            try:
                future = self._pool.submit(work)
            except RuntimeError:  # shut down just now
                self.owed.answer(call, _cancelled())
            else:
                future.add_done_callback(lambda ended: self.owed.answer(call, _outcome(ended)))

    def refuse(self) -> None:
        self.owed.close()
        self._pool.shutdown(wait=False, cancel_futures=True)


class _PollLoop:
    """An asyncio loop on a thread of its own. Submissions are gathered, so that a burst wakes it once."""

    def __init__(self, at_once: int, limit: int) -> None:
        self._owed = _Owed(limit)
        self._slots = asyncio.Semaphore(at_once)
        self._submitted: deque[Coroutine[Any, Any, Any]] = deque()
        self._woken = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._loop = asyncio.new_event_loop()
        # For `asyncio.to_thread`: of the loop's own few threads six hung devices would take them all.
        self._loop.set_default_executor(ThreadPoolExecutor(_BLOCKING_POLLS, thread_name_prefix="device-poll"))
        self._opened = ExitStack()
        self._thread = threading.Thread(target=self._loop.run_forever, name="device-polls", daemon=True)

    def start(self) -> None:
        self._opened.enter_context(line(self._loop))  # stays open between one exchange and the next
        self._owed.open()
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, T], done: Done[T]) -> None:
        if not self._owed.take(coroutine, done):
            coroutine.close()
            return
        self._submitted.append(coroutine)
        if not self._woken:
            self._woken = True
            try:
                self._loop.call_soon_threadsafe(self._begin)
            except RuntimeError:  # closed just now
                coroutine.close()
                self._owed.answer(coroutine, _cancelled())

    def stop(self, expires: float) -> None:
        self._owed.close()
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._cancel)
            self._owed.settle(expires)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._opened.close()
        self._loop.close()

    def _begin(self) -> None:
        self._woken = False  # before the queue is emptied: what is appended later wakes the loop again
        while self._submitted:
            coroutine = self._submitted.popleft()
            task = self._loop.create_task(self._in_turn(coroutine))
            self._tasks.add(task)
            task.add_done_callback(partial(self._ended, coroutine))

    async def _in_turn(self, coroutine: Coroutine[Any, Any, T]) -> T:
        async with self._slots:
            return await coroutine

    def _ended(self, coroutine: Coroutine[Any, Any, Any], task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        coroutine.close()
        self._owed.answer(coroutine, _outcome(task))

    def _cancel(self) -> None:
        self._begin()
        for task in self._tasks:
            task.cancel()


def _outcome(ended: Future[Any] | asyncio.Task[Any]) -> object:
    if ended.cancelled():
        return _cancelled()
    match ended.exception():
        case None:
            return ended.result()
        case DeviceError() as error:
            return error
        case error:
            _log.error("A call to a miner failed unexpectedly.", exc_info=error)
            return DeviceError(f"The call failed unexpectedly: {type(error).__name__}: {error}")


def _cancelled() -> DeviceError:
    return DeviceError("The call was cancelled: the controller is stopping.")


def _tell(done: Done[Any], outcome: object) -> None:
    try:
        done(outcome)
    except Exception:  # noqa: BLE001 - whatever it raises, the next call must be answered too
        _log.exception("Nobody could be told how a call to a miner ended.")
