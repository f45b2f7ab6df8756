"""The FleetActor's hand on the log: records commands and what came of them, and knows when it cannot."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import TypeVar

from actors.fence import WakeFence
from actors.fleet.learning import Measurements
from actors.fleet.sampling import disobedient, sampled
from actors.messages import ActionEnded
from actors.snapshot import FleetSnapshot
from events.commands import Command, Origin, SetLimit, SetOverride, changes_order, ordered_power
from events.log import FleetLog, Response
from events.repetition import Repetition
from events.state import FleetState
from netstab.dispatch.decision import Decision
from netstab.dispatch.delivery import Deliveries, DeliveryRecord
from netstab.errors import CommandRejected, ErrorCode, LogError, LogFenced
from netstab.metrics import Metrics
from netstab.power.tuning import Tuning
from netstab.units import MinerId, Seconds, Timestamp, WallTime

__all__ = ["LogWriter"]

T = TypeVar("T")

logger = logging.getLogger(__name__)

_MOST_PENDING = 100_000
_BATCH = 1_000
_LONGEST_REASON = 200  # characters
_LOOK_EVERY = Seconds(0.5)


class LogWriter:
    """Wraps the log for its one writer. `fault` says why nothing can be recorded, None while it can.

    It closes the fence when it finds that another writes the log.
    """

    def __init__(
        self, log: FleetLog, tolerance_percent: float, fence: WakeFence, metrics: Metrics | None = None
    ) -> None:
        self._log = log
        self._metrics = metrics or Metrics()
        self.fence = fence
        self._deliveries = Deliveries(tolerance_percent)
        self._pending: deque[Response] = deque(maxlen=_MOST_PENDING)
        self._delivered: deque[DeliveryRecord] = deque(maxlen=_MOST_PENDING)
        self._looked_at = Timestamp(0.0)
        self.fault: str | None = None

    @property
    def state(self) -> FleetState:
        return self._log.state

    @property
    def latest(self) -> WallTime:
        """The latest time in the log."""
        return self._log.latest

    def accept(
        self,
        command: Command,
        origin: Origin,
        message: str,
        decided: Decision | None = None,
        last_look: Callable[[], None] = lambda: None,
    ) -> int:
        """Record an accepted command and what was decided for what it orders; gives its version.

        `last_look` is taken right before it becomes durable, and raises what keeps it from that.

        A standby order, or a limit of 0 W, raises the fence before anyone can hear that it is accepted.
        Raises `CommandRejected` if it cannot be recorded, and then it must not be carried out: with
        FAULT_STATE while the log cannot be written, with INVALID_INPUT if no log can hold it.
        """
        try:
            self._clear_fault()
            with self.fence.raised(self._fenced_by(command)):
                return self._log.accept(command, origin, message, decided, last_look)
        except (ValueError, TypeError) as error:
            text = f"{command.name} holds a value that cannot be recorded: {error}"
            raise CommandRejected(ErrorCode.INVALID_INPUT, text[:_LONGEST_REASON]) from error
        except LogError as error:
            self._fail(error)
            raise CommandRejected(ErrorCode.FAULT_STATE, f"Fleet is in fault state: {error}") from error

    def _fenced_by(self, command: Command) -> int:
        """Return where the fence is to stand; repeating the standby in force does not move it."""
        return self.state.version + 1 if self._stops_all(command) else self.fence.standby_version

    def _stops_all(self, command: Command) -> bool:
        """Whether a command leaves nothing to run: standby, or a limit of 0 W that comes into force by it."""
        match command:
            case SetLimit(power=left):
                return not left and self.state.override is None
            case SetOverride(enabled=False):
                return any(not limit.power for limit in self.state.limits.values())
        power, order = ordered_power(command), self.state.order
        return changes_order(command) and not power and (order is None or order.target != power)

    def reject(self, command: Command, origin: Origin, rejected: CommandRejected) -> bool:
        """Record a refused command; False where that cannot be, which changes nothing for the caller."""
        return self._try(partial(self._log.reject, command, origin, rejected.code.value, rejected.message))

    def repeated(self, found: Repetition, correction: Seconds) -> bool:
        """Record how often a command was repeated; False where that cannot be recorded."""
        return self._try(partial(self._log.repeated, found, correction))

    def note(self, news: ActionEnded, at: WallTime) -> None:
        """Keep what became of a step until the next `flush`; `at` is its moment by the host's clock."""
        outcome = "failed" if news.reason else "done"
        step = news.step.value
        self._pending.append(
            Response(news.version, news.miner_id, step, outcome, news.reason, at, news.seconds)
        )

    def learn(self, found: Measurements) -> None:
        """Record what was learned; where it cannot be recorded it is learned again."""
        self._try(partial(self._log.measured, found.measured, found.meter_scale))

    def keep(self, miner_id: MinerId, tuning: Tuning) -> bool:
        """Record what a miner is set to before it is changed, once; False where that cannot be recorded.

        What is not plain was set by somebody else after our last change, and counts anew.
        """
        if miner_id in self.state.tunings and tuning.plain:
            return True
        return self._try(partial(self._log.tuning_kept, miner_id, tuning))

    def restored(self, miner_id: MinerId) -> None:
        """Record that a miner is set as its owner had it; what cannot be recorded is found so again."""
        if miner_id in self.state.tunings:
            self._try(partial(self._log.tuning_restored, miner_id))

    def withdraw_hold(self, miner_id: MinerId, order: int) -> None:
        """Record that a miner refused what the command of that version held it for."""
        hold = self.state.holds.get(miner_id)
        if hold is not None and hold.version == order:
            self._try(partial(self._log.hold_withdrawn, miner_id, order))

    def watch(self, snapshot: FleetSnapshot) -> None:
        """Take in what is published, and keep what came of a command until the next `flush`."""
        sample = sampled(snapshot)
        if sample is not None:
            self._deliveries.observe(sample, partial(disobedient, snapshot))
            self._delivered.extend(self._deliveries.take())

    def look(self, now: Timestamp) -> None:
        """Find out about a log that was taken away, twice a second, also while nothing is recorded."""
        if self.fault is not None or now < self._looked_at + _LOOK_EVERY:
            return
        self._looked_at = now
        try:
            self._log.check()
        except LogError as error:
            self._fail(error)

    def flush(self) -> None:
        """Record what miners did since the last time; while the log is at fault, try it again."""
        try:
            self._clear_fault()
            _record(self._pending, self._log.responses)
            _record(self._delivered, self._log.deliveries)
        except LogError as error:
            self._fail(error)
        self._metrics.log_pending.labels("responses").set(len(self._pending))
        self._metrics.log_pending.labels("deliveries").set(len(self._delivered))

    def drain(self) -> None:
        """Record all that waits, before the end; what a log at fault does not take is lost."""
        while self._pending or self._delivered:
            self.flush()
            if self.fault is not None:
                return

    def _try(self, record: Callable[[], object]) -> bool:
        """Record; False where it could not be."""
        try:
            self._clear_fault()
            record()
        except LogError as error:
            self._fail(error)
            return False
        return True

    def _fail(self, error: LogError) -> None:
        if self.fault is None:
            logger.error("The command log cannot be written: %s", error)
        self.fault = str(error)
        if isinstance(error, LogFenced):
            self.fence.close()

    def _clear_fault(self) -> None:
        """Record that the fault is over before anything else is recorded."""
        if self.fault is None:
            return
        self._log.check()
        self._log.fault_cleared(self.fault)
        logger.warning("The command log can be written again.")
        self.fault = None


def _record(pending: deque[T], record: Callable[[Sequence[T]], int]) -> None:
    """Record the first that are pending; those that could not be recorded stay so."""
    batch = list(islice(pending, _BATCH))
    if batch:
        record(batch)
        for _ in batch:
            pending.popleft()
