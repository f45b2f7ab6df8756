"""The fleet's control loop in virtual time: the shell that the FleetActor is, without a thread or a clock."""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import uuid4

from actors.fence import WakeFence
from actors.fleet.decide import Accepted
from actors.fleet.effects import (
    Effect,
    OrderFailsafe,
    RecordAction,
    RecordMeasurements,
    RecordRestored,
    TellMiner,
    WithdrawHold,
)
from actors.fleet.log_writer import LogWriter
from actors.fleet.loop import ControlLoop
from actors.fleet.status import controller_status, snapshot
from actors.fleet.view import DecisionRules, View
from actors.messages import (
    ActionEnded,
    CommandRequest,
    CommandResult,
    ManualCommand,
    ReleaseControl,
    SetTarget,
)
from actors.meter_board import MeterState
from actors.report import MinerReport
from actors.snapshot import FleetSnapshot
from events.commands import Command, Origin
from events.log import FleetLog
from events.repetition import Repetition
from events.state import FleetState, Source
from netstab.errors import CommandRejected
from netstab.units import MinerId, Seconds, Timestamp, WallTime

__all__ = ["Told", "VirtualController"]

Told = SetTarget | ReleaseControl | ManualCommand

_NEVER = Timestamp(math.inf)

ATTEND_EVERY = Seconds(0.9)


class VirtualController:
    """Call `tick` as time passes; what miners are told goes to `tell`. All are known from the start."""

    def __init__(
        self,
        log: FleetLog,
        rules: DecisionRules,
        fence: WakeFence,
        tell: Callable[[MinerId, Told], None],
        now: Timestamp,
    ) -> None:
        self._log, self._rules, self._fence, self._tell = log, rules, fence, tell
        self._writer = LogWriter(log, rules.constraints.tolerance_percent, fence)
        self._attended_at = now
        self.now = now
        self.meter: MeterState | None = None
        self.loop = ControlLoop(self, now)
        self.loop.memory = replace(self.loop.memory, initializing=False)

    @property
    def state(self) -> FleetState:
        return self._log.state

    def take(self, command: Command, source: Source = Source.EMS) -> CommandResult | CommandRejected:
        """Have a command carried out now."""
        return self.loop.command(CommandRequest(command, Origin(str(uuid4()), source, ""), _NEVER))

    def report(self, reports: Iterable[MinerReport]) -> None:
        """Take in what miners report."""
        for each in reports:
            self.loop.report(each)

    def ended(self, news: Iterable[ActionEnded]) -> None:
        """Take in what became of steps."""
        for each in news:
            self.loop.receive(each)

    def tick(self, now: Timestamp) -> None:
        """Let time pass; once a second all is looked after."""
        self.now = now
        if now - self._attended_at < ATTEND_EVERY:
            self.loop.tick()
            return
        self._attended_at = now
        self.loop.second()

    def snapshot(self) -> FleetSnapshot:
        """Return what would be published now."""
        memory, view = self.loop.memory, self.loop.view()
        return snapshot(memory, view, controller_status(memory, view))

    # What the loop acts through

    def view(self, loop: ControlLoop) -> View:
        """Return what is to be decided by now."""
        return View(
            state=self._log.state,
            reports=loop.reports,
            now=self.now,
            schedule=loop.memory.schedule,
            rules=self._rules,
            fence=self._fence.level,
            meter=self.meter,
            book=loop.book,
        )

    def record(self, request: CommandRequest, accepted: Accepted) -> int:
        """Record a command with its fence raised."""
        with self._fence.raised(accepted.fence):
            return self._writer.accept(request.command, request.origin, accepted.message, accepted.decision)

    def reject(self, request: CommandRequest, rejected: CommandRejected) -> bool:
        """Record a refused command."""
        return self._writer.reject(request.command, request.origin, rejected)

    def repeated(self, found: Repetition) -> bool:
        """Record how often a command was repeated."""
        return self._writer.repeated(found, Seconds(0.0))

    def flush(self) -> None:
        """Record what waits for it."""
        self._writer.flush()

    def carry_out(self, effect: Effect) -> None:
        """Do what the machine asks; nobody has to be started, stopped or identified here."""
        match effect:
            case TellMiner(miner_id, message):
                self._tell(miner_id, message)
            case RecordAction(news):
                self._writer.note(news, WallTime(news.at))
            case RecordMeasurements(found):
                self._writer.learn(found)
            case RecordRestored(miner_id):
                self._writer.restored(miner_id)
            case WithdrawHold(miner_id, version):
                self._writer.withdraw_hold(miner_id, version)
            case OrderFailsafe(command):
                self.take(command, Source.SYSTEM)
