"""Drives a coroutine on an asyncio loop without a task: of a poll that is a tenth of its work.

What it may await are futures, as an exchange and `asyncio.to_thread` are; nothing that needs a current task.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

__all__ = ["Driven"]


class Driven:
    """A coroutine under way; `ended` is told once, on the loop, what it returned or raised."""

    __slots__ = ("_awaited", "_coroutine", "_ended")

    def __init__(
        self, coroutine: Coroutine[Any, Any, Any], ended: Callable[["Driven", object], None]
    ) -> None:
        self._coroutine = coroutine
        self._ended = ended
        self._awaited: asyncio.Future[Any] | None = None

    def step(self, _awaited: object = None) -> None:
        """Run it up to what it awaits next; first of all up to what it awaits first."""
        self._awaited = None
        try:
            awaited = self._coroutine.send(None)
        except StopIteration as returned:
            self._ended(self, returned.value)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever it raises is its outcome
            self._ended(self, error)
        else:
            self._await(awaited)

    def _await(self, awaited: asyncio.Future[Any] | None) -> None:
        if awaited is None:  # it only lets others have their turn
            asyncio.get_running_loop().call_soon(self.step)
            return
        awaited._asyncio_future_blocking = False  # which says that it is awaited as it should be  # noqa: SLF001
        awaited.add_done_callback(self.step)
        self._awaited = awaited

    def cancel(self) -> None:
        """Have what it awaits raise `asyncio.CancelledError` in it."""
        if self._awaited is not None:
            self._awaited.cancel()
