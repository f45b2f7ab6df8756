"""Runs the fronts: one loop in one thread for those of asyncio, a thread for each of the others.

Who ends or fails is begun again, after a pause that grows while it does not get on; the others do not notice.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from actors.energy_board import EnergyBoard
from actors.front_board import FrontBoard
from actors.port import DispatchPort
from netstab.clock import Clock
from netstab.errors import CounterpartLost
from netstab.fronts.front import BlockingFront, Front
from netstab.fronts.link import Link
from netstab.units import Seconds

__all__ = ["FrontParts", "Fronts"]

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = Seconds(1.0), Seconds(10.0)
"""Before a front is begun again; doubled each time that it did not get on."""

GETS_ON = Seconds(30.0)
"""A front that was connected, and went on for so long, gets on: two that push each other out do not."""

GOOD_BYE = Seconds(3.0)
"""How long the fronts on the loop may take to end."""


@dataclass(frozen=True, slots=True)
class FrontParts:
    """What all fronts work with."""

    fleet: DispatchPort
    board: FrontBoard
    energy: EnergyBoard
    clock: Clock

    def link(self, name: str) -> Link:
        return Link(name, self.fleet, self.board, self.energy, self.clock)


class Fronts:
    """From `start`, once, to `stop`."""

    def __init__(
        self, parts: FrontParts, on_loop: Sequence[Front], blocking: Sequence[BlockingFront]
    ) -> None:
        self._parts = parts
        self._on_loop = on_loop
        self._blocking = blocking
        self._stopping = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin them all; return at once."""
        fronts: list[Front | BlockingFront] = [*self._on_loop, *self._blocking]
        for front in fronts:
            self._parts.board.enter(front.name, front.counterpart)
        self._threads = [
            threading.Thread(target=self._run_loop, name="fronts", daemon=True),
            *(
                threading.Thread(target=self._keep_up, args=(front,), name=f"front-{front.name}", daemon=True)
                for front in self._blocking
            ),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, within: Seconds) -> None:
        """End them all, and wait for it as long."""
        self._stopping.set()
        with suppress(RuntimeError):  # a loop that has ended is closed
            self._loop.call_soon_threadsafe(self._stopped.set)
        deadline = time.monotonic() + within
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                logger.error("The thread %s did not end in time.", thread.name)
        self._parts.board.clear()

    def _run_loop(self) -> None:
        self._loop.run_until_complete(self._all())
        self._loop.close()  # waits for no thread that still connects

    async def _all(self) -> None:
        tasks = [asyncio.create_task(self._keep(front), name=front.name) for front in self._on_loop]
        await self._stopped.wait()
        for task in tasks:
            task.cancel()
        if tasks:
            _, hanging = await asyncio.wait(tasks, timeout=GOOD_BYE)
            for task in hanging:
                logger.error("The front %s did not end in time.", task.get_name())

    async def _keep(self, front: Front) -> None:
        link, pauses = self._parts.link(front.name), _Pauses(self._parts, front.name)
        try:
            while True:
                try:
                    await front.run(link)
                except Exception as error:  # noqa: BLE001  # whatever it is: the others go on
                    pause = pauses.after(error)
                except asyncio.CancelledError as error:
                    if self._stopped.is_set():
                        raise
                    pause = pauses.after(error)  # of something within it, which nobody here has cancelled
                else:
                    pause = pauses.after(None)
                await asyncio.sleep(pause)
        finally:
            link.close()

    def _keep_up(self, front: BlockingFront) -> None:
        link, pauses = self._parts.link(front.name), _Pauses(self._parts, front.name)
        try:
            while not self._stopping.is_set():
                try:
                    front.run(link, self._stopping)
                except Exception as error:  # noqa: BLE001  # whatever it is: the others go on
                    pause = pauses.after(error)
                else:
                    pause = Seconds(0.0) if self._stopping.is_set() else pauses.after(None)
                self._stopping.wait(pause)
        finally:
            link.close()


class _Pauses:
    """Says of one front how long to wait before it is begun again, and tells each trouble once."""

    def __init__(self, parts: FrontParts, name: str) -> None:
        self._board = parts.board
        self._clock = parts.clock
        self._name = name
        self._pause = FIRST_PAUSE
        self._told = ""
        self._ended = parts.clock()

    def after(self, error: BaseException | None) -> Seconds:
        """Return the pause after an end; None ended by itself."""
        got_on = self._connected() and self._clock() >= self._ended + GETS_ON
        text = str(error) if isinstance(error, CounterpartLost) else f"It ended: {error!r}."
        self._board.trouble(self._name, text)
        self._board.lost(self._name)
        if got_on or text != self._told:
            self._tell(error, text)
        self._told, self._ended = text, self._clock()
        pause = FIRST_PAUSE if got_on else self._pause
        self._pause = Seconds(min(2 * pause, LONGEST_PAUSE))
        return pause

    def _tell(self, error: BaseException | None, text: str) -> None:
        if error is None or isinstance(error, CounterpartLost):
            logger.warning("The front %s is not connected: %s", self._name, text)
        else:
            logger.error("The front %s failed.", self._name, exc_info=error)

    def _connected(self) -> bool:
        return any(status.front == self._name and status.connected for status in self._board.statuses)
