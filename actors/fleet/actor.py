"""The FleetActor: takes commands one at a time, has them recorded, and has the miners follow.

What is decided is the machine's; here is what it is decided by, and what carries it out.
"""

import math
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pykka
from pykka import ActorRef

from actors.directory import Directory
from actors.discovery.scan import Identify
from actors.fence import WakeFence
from actors.fleet.children import started
from actors.fleet.decide import Accepted
from actors.fleet.effects import (
    Effect,
    IdentifyMiner,
    OrderFailsafe,
    RecordAction,
    RecordMeasurements,
    RecordRestored,
    StartMiner,
    StopMiner,
    TellMiner,
    WithdrawHold,
)
from actors.fleet.journal import Journal
from actors.fleet.log_writer import LogWriter
from actors.fleet.loop import NOTHING, ControlLoop
from actors.fleet.status import controller_status, snapshot
from actors.fleet.timekeeper import Timekeeper
from actors.fleet.view import DecisionRules, View
from actors.messages import (
    ActionEnded,
    CommandRequest,
    CommandResult,
    DoublesFound,
    KeepTuning,
    MinerStarted,
    Tick,
)
from actors.meter_board import MeterBoard
from actors.report import MinerReport
from actors.snapshot import StatusBoard
from actors.supervised import Supervised
from actors.supervisor import Dismiss, Employ
from events.commands import Origin
from events.log import FleetLog
from events.repetition import Repetition
from events.state import FleetState, RegisteredMiner, Source
from netstab.clock import Clock, WallClock
from netstab.errors import CommandRejected
from netstab.settings import Settings
from netstab.units import Seconds, Timestamp

__all__ = ["FleetActor", "FleetParts", "Starter", "decision_rules"]

_ATTEND_EVERY = Seconds(0.9)  # under the second that ticks come in fours, so that jitter skips none

_NEVER = Timestamp(math.inf)

Starter = Callable[[RegisteredMiner, float], Callable[[], ActorRef[Any]]]
"""Gives for a miner, and the hours that it has hashed so far, the function that starts its actor."""


@dataclass(frozen=True, slots=True)
class FleetParts:
    """What the FleetActor works with."""

    log: FleetLog
    board: StatusBoard
    directory: Directory
    fence: WakeFence
    clock: Clock
    wall: WallClock
    settings: Settings
    starter: Starter
    meter: MeterBoard | None = None


def decision_rules(settings: Settings) -> DecisionRules:
    """Return the settings that decide."""
    return DecisionRules(
        constraints=settings.constraints,
        metered=bool(settings.meter.url),
        poll_interval=settings.poll_interval,
        rated_power=settings.rated_power,
        ems_timeout=settings.ems_timeout,
        ems_failsafe=settings.ems_failsafe,
    )


class FleetActor(Supervised, pykka.ThreadingActor):
    """The shell of the control loop: log, clock, directory and status board are its own."""

    def __init__(self, parts: FleetParts) -> None:
        super().__init__()
        self.supervise("fleet", parts.directory)
        self._parts = parts
        self._rules = decision_rules(parts.settings)
        self._log = LogWriter(parts.log, parts.settings.constraints.tolerance_percent, parts.fence)
        self._time = Timekeeper(parts.clock, parts.wall)
        self._journal = Journal()
        self._attended_at = parts.clock()
        self._loop = ControlLoop(self, self._attended_at)

    def on_start(self) -> None:
        state = self._log.state
        if state.order is not None and not state.order.target:
            self._parts.fence.standby_version = state.order.version
        for miner in state.miners.values():
            self.carry_out(started(miner, state))
        self._publish()

    def on_stop(self) -> None:
        if not self._parts.fence.closed:
            self._loop.record_repetitions(after=NOTHING)
            self._log.drain()

    def on_receive(self, message: object) -> CommandResult | CommandRejected | bool | None:
        match message:
            case MinerReport():
                self._loop.report(message)
            case CommandRequest():
                return self._commanded(message)
            case ActionEnded() | DoublesFound() | MinerStarted():
                self._loop.receive(message)
            case KeepTuning(miner_id, tuning):
                return not self._parts.fence.closed and self._log.keep(miner_id, tuning)
            case Tick():
                self._tick()
        return None

    def _commanded(self, request: CommandRequest) -> CommandResult | CommandRejected:
        before = self._log.state
        result = self._loop.command(request)
        if isinstance(result, CommandResult) and self._log.state is not before:
            self._publish()
        return result

    def _tick(self) -> None:
        """Go on with the ramp at every tick, and look after the log; once a second do all the rest."""
        clock = self._parts.clock
        self._log.look(clock())
        if clock() - self._attended_at < _ATTEND_EVERY:
            self._loop.tick()
            return
        self._time.look(clock())
        self._loop.second()
        self._publish()
        self._attended_at = clock()  # from the end: a log that makes wait is not all it does

    def _publish(self) -> None:
        view, memory = self.view(self._loop), self._loop.memory
        status = controller_status(memory, view, self._time.errors(view.now, self._log.latest))
        self._parts.board.snapshot = shown = snapshot(memory, view, status)
        self._log.watch(shown, status.settled)
        self._journal.note(shown)

    # What the loop acts through

    @property
    def state(self) -> FleetState:
        return self._log.state

    def view(self, loop: ControlLoop) -> View:
        """Return what is to be decided by now."""
        return View(
            state=self._log.state,
            reports=loop.reports,
            now=self._parts.clock(),
            schedule=loop.memory.schedule,
            rules=self._rules,
            fence=self._parts.fence.level,
            meter=self._parts.meter.state if self._parts.meter else None,
            correction=self._time.correction,
            log_fault=self._log.fault,
            book=loop.book,
        )

    def record(self, request: CommandRequest, accepted: Accepted) -> int:
        """Record a command; a standby order raises the fence before anyone can hear that it is accepted."""
        with self._parts.fence.raised(accepted.fence):
            return self._log.accept(request.command, request.origin, accepted.message, accepted.decision)

    def reject(self, request: CommandRequest, rejected: CommandRejected) -> bool:
        return self._log.reject(request.command, request.origin, rejected)

    def repeated(self, found: Repetition) -> bool:
        """Record how often a command was repeated."""
        return self._log.repeated(found, self._time.correction)

    def flush(self) -> None:
        """Record what waits for it."""
        self._log.flush()

    def carry_out(self, effect: Effect) -> None:
        """Do what the machine asks."""
        directory = self._parts.directory
        match effect:
            case TellMiner(miner_id, message):
                directory.tell_miner(miner_id, message)
            case IdentifyMiner(miner_id):
                directory.tell_discovery(Identify(miner_id))
            case StartMiner(miner, hours):
                directory.tell_supervisor(Employ(miner.miner_id, self._parts.starter(miner, hours)))
            case StopMiner(miner_id):
                directory.remove(miner_id)
                directory.tell_supervisor(Dismiss(miner_id))
            case RecordAction(news):
                self._log.note(news, self._time.wall(news.at))
            case RecordMeasurements(found):
                self._log.learn(found)
            case RecordRestored(miner_id):
                self._log.restored(miner_id)
            case WithdrawHold(miner_id, version):
                self._log.withdraw_hold(miner_id, version)
            case OrderFailsafe(command):
                self._commanded(CommandRequest(command, Origin(str(uuid.uuid4()), Source.SYSTEM, ""), _NEVER))
