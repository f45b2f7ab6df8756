"""What came of orders, kept until it is recorded: a bounded number, the oldest is forgotten first."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Protocol, TypeVar

from actors.fleet.sampling import disobedient, sampled
from actors.messages import ActionEnded
from actors.snapshot import FleetSnapshot
from events.fleet_learned import CUT_SHORT, REFUSED
from events.log import FleetLog, Response
from netstab.dispatch.delivery import Deliveries, DeliveryRecord
from netstab.metrics import Metrics
from netstab.units import WallTime

__all__ = ["Outcomes"]

T = TypeVar("T")

_MOST_PENDING = 100_000
_BATCH = 1_000


class Write(Protocol):
    """Has the log do something; what is slow and then succeeds is `recorded`. Raises `LogError`."""

    def __call__(self, record: Callable[[], object], recorded: Callable[[], None]) -> object: ...


class Outcomes:
    """For one thread. False when nothing waits."""

    def __init__(self, tolerance_percent: float, metrics: Metrics) -> None:
        self._metrics = metrics
        self._deliveries = Deliveries(tolerance_percent)
        self._numbers: dict[int, int] = {}
        self._pending: deque[Response] = deque(maxlen=_MOST_PENDING)
        self._delivered: deque[DeliveryRecord] = deque(maxlen=_MOST_PENDING)

    def __bool__(self) -> bool:
        return bool(self._pending or self._delivered)

    def note(self, news: ActionEnded, at: WallTime) -> None:
        """Keep what became of a step; `at` is its moment by the host's clock."""
        outcome = _outcome(news)
        order = self._numbers.get(news.version, news.version)
        step = news.step.value
        self._pending.append(
            Response(order, news.miner_id, step, outcome, news.reason, at, news.seconds, news.strain)
        )

    def watch(self, snapshot: FleetSnapshot) -> None:
        """Take in what is published, and keep what came of a command."""
        sample = sampled(snapshot)
        if sample is not None:
            self._deliveries.observe(sample, partial(disobedient, snapshot))
            self._delivered.extend(self._deliveries.take())

    def renumber(self, numbers: Mapping[int, int]) -> None:
        """Have orders go by what they are recorded as, also in what is still to come."""
        self._numbers = dict(numbers)
        named = [replace(each, order=numbers.get(each.order, each.order)) for each in self._pending]
        self._pending = deque(named, maxlen=_MOST_PENDING)

    def ordered(self, version: int) -> None:
        """Take in that a command of that version is recorded: no other goes by this number any more."""
        self._numbers.pop(version, None)

    def record(self, log: FleetLog, write: Write) -> None:
        """Record the first that wait; those that could not be recorded stay so."""
        try:
            _record(self._pending, log.responses, write)
            _record(self._delivered, log.deliveries, write)
        finally:
            self._metrics.log_pending.labels("responses").set(len(self._pending))
            self._metrics.log_pending.labels("deliveries").set(len(self._delivered))


def _outcome(news: ActionEnded) -> str:
    if news.cut_short:
        return CUT_SHORT
    return REFUSED if news.refused else "failed" if news.reason else "done"


def _record(pending: deque[T], record: Callable[[Sequence[T]], int], write: Write) -> None:
    batch = list(islice(pending, _BATCH))

    def forget() -> None:
        for _ in batch:
            pending.popleft()

    if batch:
        write(partial(record, batch), forget)
        forget()
