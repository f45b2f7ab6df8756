"""Keeps actors alive: a dead one is started again, later each time, and counted.

It never waits for a child and never starts one that was dismissed.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pykka
from pykka import ActorRef

from actors.messages import Beat
from actors.multiplexed import MultiplexedActor
from netstab.clock import Clock
from netstab.units import Seconds, Timestamp

__all__ = [
    "ChildRecord",
    "Died",
    "Dismiss",
    "Employ",
    "SupervisionBoard",
    "Supervisor",
    "SupervisorReport",
    "after_death",
    "back_off",
    "stop_all",
]

logger = logging.getLogger(__name__)

_LONGEST_DELAY = Seconds(60.0)
_LONG_LIFE = Seconds(300.0)
_UNEXPLAINED = "stopped or failed in on_start"


@dataclass(frozen=True, slots=True)
class Employ:
    """Keep an actor alive. `factory` starts it and enters it where others look for it.

    For a name already employed it takes effect at the next restart.
    """

    name: str
    factory: Callable[[], ActorRef[Any]]


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Stop an actor for good."""

    name: str


@dataclass(frozen=True, slots=True)
class Died:
    """Told by a child's `on_failure`; `urn` tells a late message from news of the present child."""

    name: str
    urn: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChildRecord:
    """One child's life. `failures` in a row set the delay; `next_attempt` is None while it lives."""

    started_at: Timestamp
    restarts: int = 0
    failures: int = 0
    last_reason: str = ""
    next_attempt: Timestamp | None = None


@dataclass(frozen=True, slots=True)
class SupervisorReport:
    """All children by name, as of the last beat."""

    children: Mapping[str, ChildRecord]


class SupervisionBoard:
    """Holds the newest report. Replacing one reference is atomic: readers need no lock."""

    def __init__(self) -> None:
        self.report = SupervisorReport(MappingProxyType({}))

    def publish(self, report: SupervisorReport) -> None:
        self.report = report

    def restarts(self, name: str) -> int:
        """Count how often an actor was started again, 0 if it is not known."""
        record = self.report.children.get(name)
        return record.restarts if record else 0


def back_off(failures: int) -> Seconds:
    """Return the delay before the next start: 1 s, doubled with each failure in a row, 60 s at most."""
    return Seconds(min(_LONGEST_DELAY, 2.0 ** min(failures - 1, 10)))


def after_death(record: ChildRecord, reason: str, now: Timestamp) -> ChildRecord:
    """Note a death; five minutes of life make up for the failures before."""
    failures = 1 if now - record.started_at >= _LONG_LIFE else record.failures + 1
    next_attempt = Timestamp(now + back_off(failures))
    return replace(record, failures=failures, last_reason=reason, next_attempt=next_attempt)


@dataclass(slots=True)
class _Child:
    factory: Callable[[], ActorRef[Any]]
    record: ChildRecord
    ref: ActorRef[Any] | None = None


class Supervisor(pykka.ThreadingActor):
    """Starts children when employed and looks after all of them at every `Beat`.

    A failed `on_start` calls no hook, so it is seen at the next beat. `publish` gets each new report,
    `restarted` the name of each actor that is started again.
    """

    def __init__(
        self,
        clock: Clock,
        publish: Callable[[SupervisorReport], None],
        restarted: Callable[[str], None] = lambda _name: None,
    ) -> None:
        super().__init__()
        self._restarted = restarted
        self._clock = clock
        self._publish = publish
        self._children: dict[str, _Child] = {}
        self._changed = True

    def on_receive(self, message: object) -> None:
        match message:
            case Beat():
                self._beat()
            case Died():
                self._on_died(message)
            case Employ():
                self._employ(message)
            case Dismiss():
                self._dismiss(message.name)
            case _:
                super().on_receive(message)

    def _employ(self, message: Employ) -> None:
        child = self._children.get(message.name)
        if child is not None:
            child.factory = message.factory
            return
        child = _Child(message.factory, ChildRecord(started_at=self._clock()))
        self._children[message.name] = child
        self._start_child(message.name, child)

    def _dismiss(self, name: str) -> None:
        child = self._children.pop(name, None)
        if child is not None and child.ref is not None:
            child.ref.stop(block=False)
        self._changed = True

    def _on_died(self, message: Died) -> None:
        child = self._children.get(message.name)
        if child is None or child.ref is None or child.ref.actor_urn != message.urn:
            return
        if child.record.next_attempt is None:
            self._bury(message.name, child, message.reason)
        else:
            child.record = replace(child.record, last_reason=message.reason)

    def _beat(self) -> None:
        now = self._clock()
        for name, child in self._children.items():
            next_attempt = child.record.next_attempt
            if next_attempt is None:
                if child.ref is None or not child.ref.is_alive():
                    self._bury(name, child, _UNEXPLAINED)
            elif now >= next_attempt:
                child.record = replace(
                    child.record, started_at=now, restarts=child.record.restarts + 1, next_attempt=None
                )
                self._restarted(name)
                self._start_child(name, child)
        self._report()

    def _start_child(self, name: str, child: _Child) -> None:
        self._changed = True
        try:
            child.ref = child.factory()
        except Exception as error:  # noqa: BLE001
            self._bury(name, child, f"could not be started: {error!r}")

    def _bury(self, name: str, child: _Child, reason: str) -> None:
        child.record = after_death(child.record, reason, self._clock())
        self._changed = True
        delay = back_off(child.record.failures)
        logger.warning("Actor %s died (%s); it is started again in %.0f s.", name, reason, delay)

    def _report(self) -> None:
        if self._changed:
            self._changed = False
            records = {name: child.record for name, child in self._children.items()}
            self._publish(SupervisorReport(MappingProxyType(records)))


def stop_all(refs: Mapping[str, ActorRef[Any]], timeout: Seconds) -> tuple[str, ...]:
    """Stop actors, the first first, and wait `timeout` for all of them together.

    Gives the names of those that have not ended: each is a bug worth logging. Stop the supervisor before
    its children, or it starts them again.
    """
    with MultiplexedActor.pool.together():
        stopping = [(name, ref.stop(block=False)) for name, ref in refs.items()]
    deadline = time.monotonic() + timeout
    return tuple(name for name, future in stopping if not _ended(future, deadline))


def _ended(future: pykka.Future[bool], deadline: float) -> bool:
    try:
        future.get(timeout=max(0.0, deadline - time.monotonic()))
    except pykka.Timeout:
        return False
    return True
