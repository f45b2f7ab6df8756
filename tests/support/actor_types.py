"""Actors whose type a test chooses: what they do is written once for Pykka's type and the multiplexed."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import pykka
from pykka import ActorRef

TIMEOUT = 60


def actor_of(behaviour: type, actor_type: type[pykka.Actor]) -> type[Any]:
    """Return an actor of the type that behaves so."""
    made: type[Any] = type(behaviour.__name__, (behaviour, actor_type), {})
    return made


class Recorder:
    """Does what its messages say and keeps a journal, which outlives it."""

    stop: Callable[[], None]
    actor_ref: ActorRef[Any]

    def __init__(self, journal: list[Any] | None = None) -> None:
        super().__init__()
        self.journal = [] if journal is None else journal
        self.attribute = 1

    def on_start(self) -> None:
        self.journal.append("on_start")

    def on_stop(self) -> None:
        self.journal.append("on_stop")

    def on_failure(
        self,
        exception_type: type[BaseException],
        exception_value: BaseException,
        traceback: TracebackType,
    ) -> None:
        self.journal.append(f"on_failure {exception_value}")

    def on_receive(self, message: Any) -> Any:
        match message:
            case threading.Event():
                message.wait(TIMEOUT)
            case BaseException():
                raise message
            case "stop":
                self.stop()
            case "thread":
                return threading.current_thread().ident
        self.journal.append(message)
        return message

    def double(self, number: int) -> int:
        return 2 * number
