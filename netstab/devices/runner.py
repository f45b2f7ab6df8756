"""Runs the calls to miners: polls on one asyncio loop, blocking calls on threads, in bounded lanes.

It knows nothing of what a call means and never repeats one. Every call is answered exactly once.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Any, TypeVar

from netstab.devices.driven import Driven
from netstab.devices.exchange import line
from netstab.devices.lanes import THREADS, Lane, ThreadLane
from netstab.devices.owed import Done, Owed, cancelled, named
from netstab.devices.port import Endpoint, Readable, Reading

__all__ = ["DeviceRunner", "Done", "Lane"]

T = TypeVar("T")
Together = Callable[[], AbstractContextManager[None]]

_POLLS_AT_ONCE = 2048
_CALLS_OWED = 50_000  # one for each miner that may be registered
_BLOCKING_POLLS = 256


class DeviceRunner:
    """Owns the loop's thread and the lanes. Before `start` and after `stop` it refuses every call.

    Polls that end in one turn of the loop are answered within one `together`: what follows may be gathered.
    """

    def __init__(
        self,
        *,
        polls_at_once: int = _POLLS_AT_ONCE,
        calls_owed: int = _CALLS_OWED,
        together: Together = nullcontext,
    ) -> None:
        self._polls = _PollLoop(polls_at_once, calls_owed, together)
        self._lanes = {lane: ThreadLane(lane, threads, calls_owed) for lane, threads in THREADS.items()}

    def start(self) -> None:
        self._polls.start()
        for lane in self._lanes.values():
            lane.start()

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

    @contextmanager
    def withheld(self) -> Iterator[None]:
        """Begin no call meanwhile but polls and a scan's: what waits is cancelled, what is new refused."""
        lanes = [lane for name, lane in self._lanes.items() if name is not Lane.SCAN]
        for lane in lanes:
            lane.withhold()
        try:
            yield
        finally:
            for lane in lanes:
                lane.resume()

    def poll(self, driver: Readable, endpoint: Endpoint, done: Done[Reading]) -> None:
        self._polls.submit(driver.poll(endpoint), done)

    def submit_coroutine(self, coroutine: Coroutine[Any, Any, T], done: Done[T]) -> None:
        """Run a coroutine on the polls' loop, as a task; it must not block there."""
        self._polls.submit(coroutine, done, as_task=True)

    def owed(self) -> dict[str, int]:
        """Count the calls that wait or run: polls, and those of each lane."""
        return {"poll": self._polls.owed} | {lane.value: one.owed.count for lane, one in self._lanes.items()}

    def under_way(self) -> list[tuple[str, ...]]:
        """Return where each call on the polls' loop is, the innermost place last; for any thread."""
        return self._polls.under_way()

    def call(self, work: Callable[[], T], done: Done[T], *, lane: Lane) -> None:
        """Run a blocking call on a thread of the lane."""
        self._lanes[lane].submit(work, done)


class _PollLoop:
    """An asyncio loop on a thread of its own. Submissions are gathered, so that a burst wakes it once."""

    def __init__(self, at_once: int, limit: int, together: Together) -> None:
        self._together = together
        self._owed = Owed(limit)
        self._at_once = at_once
        self._submitted: deque[tuple[Coroutine[Any, Any, Any], bool]] = deque()
        self._woken = False
        self._running: set[Driven] = set()
        self._ends: list[tuple[object, object]] = []
        self._loop = asyncio.new_event_loop()
        # For `asyncio.to_thread`: of the loop's own few threads six hung devices would take them all.
        self._loop.set_default_executor(ThreadPoolExecutor(_BLOCKING_POLLS, thread_name_prefix="device-poll"))
        self._opened = ExitStack()
        self._thread = threading.Thread(target=self._loop.run_forever, name="device-polls", daemon=True)

    def start(self) -> None:
        self._opened.enter_context(line(self._loop))  # stays open between one exchange and the next
        self._owed.open()
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, T], done: Done[T], *, as_task: bool = False) -> None:
        if not self._owed.take(coroutine, done):
            coroutine.close()
            return
        self._submitted.append((coroutine, as_task))
        if not self._woken:
            self._woken = True
            try:
                self._loop.call_soon_threadsafe(self._go_on)
            except RuntimeError:  # closed just now
                coroutine.close()
                self._owed.answer(coroutine, cancelled())

    def stop(self, expires: float) -> None:
        self._owed.close()
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._cancel)
            self._owed.settle(expires)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._opened.close()
        self._loop.close()

    @property
    def owed(self) -> int:
        return self._owed.count

    def under_way(self) -> list[tuple[str, ...]]:
        return [run.stack() for run in list(self._running)]

    def _go_on(self) -> None:
        self._woken = False  # before the queue is emptied: what is appended later wakes the loop again
        while self._submitted and len(self._running) < self._at_once:
            coroutine, as_task = self._submitted.popleft()
            run = Driven(_in_task(coroutine) if as_task else coroutine, partial(self._ended, coroutine))
            self._running.add(run)
            run.step()

    def _ended(self, coroutine: Coroutine[Any, Any, Any], run: Driven, outcome: object) -> None:
        self._running.discard(run)
        if not self._ends:
            self._loop.call_soon(self._answer)
        self._ends.append((coroutine, named(outcome) if isinstance(outcome, BaseException) else outcome))
        if self._submitted and not self._woken:
            self._woken = True
            self._loop.call_soon(self._go_on)

    def _answer(self) -> None:
        """Answer all that ended in this turn of the loop: whoever is told is woken once."""
        ends, self._ends = self._ends, []
        with self._together():
            self._owed.answer_all(ends)

    def _cancel(self) -> None:
        while self._submitted:
            coroutine, _ = self._submitted.popleft()
            coroutine.close()
            self._owed.answer(coroutine, cancelled())
        for run in list(self._running):
            run.cancel()


async def _in_task(coroutine: Coroutine[Any, Any, T]) -> T:
    return await asyncio.create_task(coroutine)
