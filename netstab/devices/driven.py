"""Drives a coroutine on an asyncio loop without a task: of a poll that is a tenth of its work.

What it may await are futures, as an exchange and `asyncio.to_thread` are; nothing that needs a current task.
"""

import asyncio
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

__all__ = ["Driven"]


class Driven:
    """A coroutine under way; `ended` is told once, on the loop, what it returned or raised."""

    __slots__ = ("_awaited", "_cancelled", "_coroutine", "_ended")

    def __init__(
        self, coroutine: Coroutine[Any, Any, Any], ended: Callable[["Driven", object], None]
    ) -> None:
        self._coroutine = coroutine
        self._ended = ended
        self._awaited: asyncio.Future[Any] | None = None
        self._cancelled = False

    def step(self, _awaited: object = None) -> None:
        """Run it up to what it awaits next; first of all up to what it awaits first."""
        self._awaited = None
        try:
            self._await(self._resumed())
        except StopIteration as returned:
            self._ended(self, returned.value)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever it raises is its outcome
            self._ended(self, error)

    def _resumed(self) -> Any:
        if self._cancelled:
            self._cancelled = False
            return self._coroutine.throw(asyncio.CancelledError())
        return self._coroutine.send(None)

    def _await(self, awaited: Any) -> None:
        if awaited is None:  # it only lets others have their turn
            asyncio.get_running_loop().call_soon(self.step)
            return
        if not asyncio.isfuture(awaited):
            self._coroutine.close()
            raise TypeError(f"only futures can be awaited without a task, and no {type(awaited).__name__}")
        awaited._asyncio_future_blocking = False  # which says that it is awaited as it should be  # noqa: SLF001
        awaited.add_done_callback(self.step)
        self._awaited = awaited

    def cancel(self) -> None:
        """Have `asyncio.CancelledError` raised where it waits, or at its next step if it waits no more."""
        if self._awaited is None or not self._awaited.cancel():
            self._cancelled = True

    def stack(self) -> tuple[str, ...]:
        """Return where it is, the innermost place last; for any thread."""
        places: list[str] = []
        at: Any = self._coroutine
        while at is not None:
            if (frame := getattr(at, "cr_frame", None)) is not None:
                places += traceback.format_stack(frame, limit=1)
            at = getattr(at, "cr_await", None)
        return tuple(places)
