"""The FleetActor's hand on the log: records commands and what came of them, and knows when it cannot."""

import logging
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import TypeVar

from actors.fence import WakeFence
from actors.fleet.learning import Measurements
from actors.fleet.outcomes import Outcomes
from actors.messages import ActionEnded
from actors.snapshot import FleetSnapshot
from events.authority import Ruling, by_itself
from events.commands import Command, Origin
from events.late import foreseen
from events.limits import stopped_by
from events.log import FleetLog
from events.pen import HASTY, PATIENT, TRYING, DirectPen, Pen
from events.repetition import Repetition
from events.reserve import Reserve, Unrecorded
from events.reserve_format import Refused, entry_of
from events.shedding import only_sheds, stops_all
from events.state import FleetState
from netstab.dispatch.decision import Decision
from netstab.errors import CommandRejected, ErrorCode, LogError, LogFenced, LogSlow, LogUnavailable
from netstab.metrics import Metrics
from netstab.power.tuning import Tuning
from netstab.units import MinerId, Seconds, Timestamp, WallTime

__all__ = ["LogWriter", "standby_version"]

T = TypeVar("T")

logger = logging.getLogger(__name__)

_LONGEST_REASON = 200  # characters
_UNKNOWN = WallTime(0.0)
_LOOK_EVERY = Seconds(0.5)

UNCERTAIN = "this server cannot tell whether it leads the fleet, for the database does not answer"
"""It sheds, raises nothing, and records nothing: another server may lead."""


class LogWriter:
    """Wraps the log for its one writer. `fault` says why nothing can be recorded, None while it can.

    What only sheds is carried out all the same, kept in the `reserve`, part of the `state` from then on, and
    recorded before anything else. It closes the fence when it finds that another writes the log.
    """

    def __init__(
        self,
        log: FleetLog,
        tolerance_percent: float,
        fence: WakeFence,
        reserve: Reserve | None = None,
        pen: Pen | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._log = log
        self._metrics = metrics or Metrics()
        self.fence = fence
        self._reserve, self._pen = reserve or Reserve(), pen or DirectPen()
        self._known, self._head, self._latest = log.fleet, log.head, log.latest
        self._ahead: FleetState | None = None
        self._slow: Callable[[], None] | None = None
        self._hasty = False
        self._fault: str | None = None
        if self._reserve.kept:
            self._fault = "what was carried out unrecorded is not recorded yet"
            self._ahead = foreseen(self._known, self._reserve.kept)
        self._outcomes = Outcomes(tolerance_percent, self._metrics)
        self._looked_at = Timestamp(0.0)

    @property
    def state(self) -> FleetState:
        """What the log says, and what was carried out unrecorded."""
        return self._known.state if self._ahead is None else self._ahead

    @property
    def fault(self) -> str | None:
        return UNCERTAIN if self._fault is None and self.fence.lowers_only else self._fault

    @property
    def unrecorded(self) -> Unrecorded:
        return self._reserve.unrecorded

    @property
    def remark(self) -> str:
        """What whoever is answered is told of the log, "" while all is recorded."""
        found = self.unrecorded
        if not found.count:
            return ""
        kept = f"not kept either: {found.trouble}" if found.trouble else "kept in the reserve file"
        return f" Not yet recorded, {kept}: {self.fault}"

    @property
    def latest(self) -> WallTime:
        """The latest time in the log."""
        return self._latest

    def in_haste(self, command: Command, at: WallTime, ruled: Ruling | None = None) -> None:
        """Wait for the log no longer than a shed may, if that is what is to be accepted next."""
        self._hasty = only_sheds(self.state, command, ruled or by_itself(command), at)

    def accept(
        self,
        command: Command,
        origin: Origin,
        message: str,
        decided: Decision | None = None,
        last_look: Callable[[], None] = lambda: None,
        at: WallTime = _UNKNOWN,
        ruled: Ruling | None = None,
    ) -> int:
        """Record an accepted command and what was decided for what it orders; gives its version.

        `ruled` is what it makes of the order in force, None: what it says by itself.

        `last_look` is taken right before it becomes durable, and raises what keeps it from that.

        A standby order, or a limit of 0 W, raises the fence before anyone can hear that it is accepted.
        What only sheds is accepted, as of the moment `at`, even if it cannot be recorded. For all else raises
        `CommandRejected` then, and it must not be carried out: with FAULT_STATE while the log cannot be
        written, with INVALID_INPUT if no log can hold it.
        """
        begun, ruled = False, ruled or by_itself(command)
        try:
            if self._fault is not None and self._hasty and not self.fence.closed:
                last_look()  # what is at fault is tried again at the next tick
                return self._keep(command, origin, message, at, ruled)
            self._clear_fault()
            begun = True
            work = partial(self._log.accept, command, origin, message, decided, last_look, ruled.in_command)
            return self._ordered(work, self._fenced_by(command, ruled))
        except (ValueError, TypeError) as error:
            text = f"{command.name} holds a value that cannot be recorded: {error}"
            raise CommandRejected(ErrorCode.INVALID_INPUT, text[:_LONGEST_REASON]) from error
        except LogError as error:
            self._fail(error)
            if not self.fence.closed and only_sheds(self.state, command, ruled, at):
                last_look()
                return self._keep(command, origin, message, at, ruled)
            if begun and not isinstance(error, LogFenced):
                self._reserve.keep(Refused(origin.command_id))  # of a commit that failed nobody knows
            raise CommandRejected(ErrorCode.FAULT_STATE, f"Fleet is in fault state: {error}") from error
        finally:
            self._hasty = False

    def _ordered(self, work: Callable[[], int], fenced: int) -> int:
        with self.fence.raised(fenced):
            version = self._write(work)
        self._outcomes.ordered(version)
        return version

    def _keep(self, command: Command, origin: Origin, message: str, at: WallTime, ruled: Ruling) -> int:
        """Take a shed into the state and the reserve: what was ordered before starts nothing after it."""
        fenced, version = self._fenced_by(command, ruled), self.state.version + 1
        entry = entry_of(command, origin, message, at, self._head, version, ruled.in_command)
        self._reserve.keep(entry)
        self._ahead = foreseen(self._known, self._reserve.kept)
        self.fence.standby_version = max(self.fence.standby_version, fenced)
        logger.warning("Carried out and not recorded: %s of %s.", command.name, origin.source)
        return version

    def _fenced_by(self, command: Command, ruled: Ruling) -> int:
        """Return where the fence is to stand; repeating the standby in force does not move it."""
        stops = stops_all(self.state, command, ruled)
        return self.state.version + 1 if stops else self.fence.standby_version

    def reject(self, command: Command, origin: Origin, rejected: CommandRejected) -> bool:
        """Record a refused command; False where that cannot be, which changes nothing for the caller."""
        return self._try(partial(self._log.reject, command, origin, rejected.code.value, rejected.message))

    def repeated(self, found: Repetition, correction: Seconds) -> bool:
        """Record how often a command was repeated; False where that cannot be recorded."""
        return self._try(partial(self._log.repeated, found, correction))

    def note(self, news: ActionEnded, at: WallTime) -> None:
        """Keep what became of a step until the next `flush`; `at` is its moment by the host's clock."""
        self._outcomes.note(news, at)

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
        self._outcomes.watch(snapshot)

    def look(self, now: Timestamp) -> None:
        """Find out about a log that was taken away, twice a second, also while nothing is recorded."""
        if self.fault is not None or now < self._looked_at + _LOOK_EVERY:
            return
        self._looked_at = now
        try:
            self._done(self._log.check)
        except LogError as error:
            self._fail(error)

    def flush(self) -> None:
        """Record what miners did since the last time; while the log is at fault, try it again."""
        self._reserve.tend()
        try:
            self._clear_fault()
            self._outcomes.record(self._log, self._write)
        except LogError as error:
            self._fail(error)

    def drain(self) -> None:
        """Record all that waits, before the end; what a log at fault does not take is lost."""
        while self._outcomes:
            self.flush()
            if self.fault is not None:
                return

    def _try(self, record: Callable[[], object]) -> bool:
        """Record; False where it could not be."""
        try:
            self._clear_fault()
            self._write(record)
        except LogError as error:
            self._fail(error)
            return False
        return True

    def _fail(self, error: LogError) -> None:
        if self._fault is None:
            logger.error("The command log cannot be written: %s", error)
        self._fault = str(error)
        if isinstance(error, LogFenced):
            self.fence.close()

    def _clear_fault(self) -> None:
        """Record first what was carried out unrecorded, then that the fault is over, before anything else."""
        if self.fence.lowers_only:
            raise LogUnavailable(UNCERTAIN)
        if self._fault is None:
            return
        self._settle()
        self._done(self._log.check)
        if self._reserve.kept:
            self._take_up(self._fault)
        self._write(partial(self._log.fault_cleared, self._fault))
        logger.warning("The command log can be written again.")
        self._fault = None

    def _take_up(self, why: str) -> None:
        self._outcomes.renumber(self._write(partial(self._log.take_up, self._reserve.kept, why)))
        self._reserve.clear()
        self._ahead = None
        self._look_up()
        standing = max(self.fence.standby_version, standby_version(self.state, self._latest))
        # A number that went by meanwhile may lie beyond the log's end: the next orders have it again.
        self.fence.standby_version = min(standing, self._head.version)

    def _write(self, record: Callable[[], T], recorded: Callable[[], None] = lambda: None) -> T:
        """Have the log record something, and count how long that took from here on, slow or not."""
        asked_at = perf_counter()

        def work() -> T:
            found = record()
            self._metrics.log_writes.observe(perf_counter() - asked_at)
            return found

        return self._done(work, recorded)

    def _done(self, work: Callable[[], T], recorded: Callable[[], None] = lambda: None) -> T:
        """Have the log do something; what is slow and then succeeds is `recorded`."""
        try:
            found = self._pen.write(work, looks=self._looks)
        except LogSlow:
            self._slow = recorded
            raise
        self._look_up()
        return found

    @property
    def _looks(self) -> int:
        if self._fault is not None:
            return TRYING
        return HASTY if self._hasty else PATIENT

    def _settle(self) -> None:
        """Take in what came of what was slow. Raises what kept it, and `LogUnavailable` while it goes on."""
        settled = self._pen.settled()
        error = settled.exception() if settled is not None else None
        if settled is not None and error is None and self._slow is not None:
            self._slow()
        self._slow = None
        self._look_up()
        if isinstance(error, LogError):
            raise error

    def _look_up(self) -> None:
        """See where the log ends now; never while anybody else may be writing to it.

        Until what is kept was taken up, the state is the one of before it and what is kept: what was refused
        may be on record, and nobody is to go by that.
        """
        if not self._reserve.kept:
            self._known, self._head, self._latest = self._log.fleet, self._log.head, self._log.latest


def standby_version(state: FleetState, at: WallTime) -> int:
    """Return the version up to which nothing that was ordered may start a miner any more."""
    ordered = state.order.version if state.order is not None and not state.order.target else 0
    return max(ordered, stopped_by(state, at))
