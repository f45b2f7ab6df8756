"""Carries the fleet's machine from message to message, over the log and whoever carries out the rest.

The order of safety is kept here: a command is refused, or durable, before anything is told.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Protocol
from uuid import uuid4

from actors.fleet.decide import Accepted, Nothing, Repeated, decide
from actors.fleet.effects import Effect, OwnCommand, RecordRestored, StopMiner, WithdrawHold
from actors.fleet.learning import Measurements
from actors.fleet.log_writer import LogWriter
from actors.fleet.machine import (
    SECOND,
    Message,
    end_setpoints,
    followed,
    handle,
    recorded,
    renewed,
    reported,
    tell_due,
    watch_fronts,
)
from actors.fleet.memory import Memory
from actors.fleet.silence import heard, listened
from actors.fleet.status import snapshot
from actors.fleet.timekeeper import Timekeeper
from actors.fleet.unit_book import UnitBook
from actors.fleet.view import DecisionRules, View
from actors.messages import ActionEnded, CommandRequest, CommandResult, FrontSilent
from actors.meter_board import MeterState
from actors.report import MinerReport
from actors.snapshot import FleetSnapshot
from events.commands import Origin
from events.repetition import Key, Repetition, Tally, period
from events.state import FRONTS, Source
from netstab.errors import CommandRejected, ErrorCode
from netstab.units import MinerId, Seconds, Timestamp, Version

__all__ = ["ControlLoop", "Shell"]

_ATTEND_EVERY = Seconds(0.9)  # under the second that ticks come in fours, so that jitter skips none

_NEVER = Timestamp(math.inf)


class Shell(Protocol):
    """What the loop acts through."""

    @property
    def metered(self) -> MeterState | None:
        """Return what the site meter shows, None without one."""

    def carry_out(self, effect: Effect) -> None:
        """Do what the machine asks of anybody but the log."""

    def publish(self) -> None:
        """Show the fleet as it is now."""


class ControlLoop:
    """`memory` is all it remembers, `reports` the last of each registered miner. For one thread."""

    def __init__(self, log: LogWriter, time: Timekeeper, rules: DecisionRules, shell: Shell) -> None:
        self._log, self._time, self._rules, self._shell = log, time, rules, shell
        self._attended_at = time.now()
        self.memory = Memory.begun(self._attended_at)
        self.reports: dict[MinerId, MinerReport] = {}
        self._book = UnitBook()
        self._started = set[MinerId]()

    def view(self) -> View:
        """Return what is to be decided by now."""
        return View(
            state=self._log.state,
            reports=self.reports,
            now=self._time.now(),
            schedule=self.memory.schedule,
            rules=self._rules,
            fence=self._log.fence.level,
            meter=self._shell.metered,
            correction=self._time.correction,
            log_fault=self._log.fault,
            unrecorded=self._log.unrecorded,
            started_at=self.memory.started_at,
            book=self._book,
        )

    def snapshot(self) -> FleetSnapshot:
        """Return what is to be published now."""
        view = self.view()
        off = self._time.behind(view.now, self._log.latest)
        told = tuple(filter(None, (self._time.was_set(view.now), off)))
        return replace(snapshot(self.memory, view, told), clock_off=off)

    def command(self, request: CommandRequest) -> CommandResult | CommandRejected:
        """Have a command carried out; what is returned is durable."""
        self._take_up_started()
        if self._log.fault is None:
            self._record_due()  # a host that stood still has not yet, and by the log a limit has ended
        self._end_setpoints()
        return self._command(request)

    def _end_setpoints(self) -> None:
        """Record the ends that have come, so that nobody is decided by what is over."""
        for _ in FRONTS:
            outcome = end_setpoints(self.memory, self.view())
            if not outcome[1]:
                return
            self._take(outcome)

    def _command(self, request: CommandRequest) -> CommandResult | CommandRejected:
        view = self.view()
        self.memory = heard(self.memory, request, view)
        match _unclaimed(request) or decide(self.memory, request, view):
            case CommandRejected() as rejected:
                self._refuse(request, rejected, view)
                return rejected
            case Repeated(said, message):
                tally, origin = self.memory.tally, request.origin
                self._count(tally.accepted(said, request.command, origin, view.wall, view.now))
                return CommandResult(said.command_id, said.version, message + self._log.remark)
            case Nothing(message):
                return CommandResult(request.origin.command_id, view.state.version, message)
            case Accepted() as found:
                answer = self._accept(request, found)
                if isinstance(answer, CommandRejected) and answer.code is ErrorCode.TOO_LATE:
                    self._refuse(request, answer, view)
                return answer

    def _accept(self, request: CommandRequest, found: Accepted) -> CommandResult | CommandRejected:
        """Record a command, and have the miners follow."""
        command, at = request.command, self.view().wall
        self._log.in_haste(command, at, found.ruled)
        if self._log.fault is None:
            self._record(self.memory.tally.ended_by(command, request.origin))
        self._carry_out(found.first)
        before = self._log.state
        try:
            version = self._log.accept(
                command,
                request.origin,
                found.message,
                found.decision,
                partial(self._claim, request),
                at,
                found.ruled,
            )
        except CommandRejected as rejected:
            request.claim.withdraw()  # a write that is slow, and did not come to it yet, leaves no trace
            return rejected
        pace = self.memory.pace.after(request.origin.source, self._time.now())
        self.memory = replace(self.memory, pace=pace)
        self._take(recorded(self.memory, request, Version(version), before, self.view()))
        self._take(followed(self.memory, command, found.plan, self.view()))
        self._shell.publish()  # whoever is answered finds in the status what was answered
        return CommandResult(request.origin.command_id, version, found.message + self._log.remark)

    def _claim(self, request: CommandRequest) -> None:
        request.claim.take(self._time.now())

    def _refuse(self, request: CommandRequest, rejected: CommandRejected, view: View) -> None:
        """Record a refusal, and of those that repeat it their count; nothing where another server leads."""
        if view.fence.closed:
            return
        tally, again = self.memory.tally.refused(request.command, request.origin, rejected, view.now)
        if again or self._log.reject(request.command, request.origin, rejected):
            self._count(tally)

    def _count(self, tally: Tally) -> None:
        self.memory = replace(self.memory, tally=tally)

    def _record_due(self) -> None:
        self.record_repetitions(after=period(self._rules.ems_timeout))

    def record_repetitions(self, after: Seconds = Seconds(0.0)) -> None:
        """Record what was repeated for so long; what cannot be recorded goes on being counted."""
        self._record(self.memory.tally.due(after, self._time.now()))

    def _record(self, counted: Mapping[Key, Repetition]) -> None:
        for key, found in counted.items():
            if found.count and not self._log.repeated(found, self._time.correction):
                return
            self._count(self.memory.tally.recorded(key, self._time.now()))

    def report(self, report: MinerReport) -> None:
        """Take in what a miner reports; one that is not registered is not heard."""
        state, miner_id = self._log.state, report.miner_id
        if miner_id not in state.miners:
            return
        before = self.reports.get(miner_id)
        self.reports[miner_id] = report
        self._book.heard(miner_id)
        self._take(reported(self.memory, before, report, state))

    def started(self, miner_id: MinerId) -> None:
        """Take in that a miner's actor is new; a fleet of them is taken up at once, before any is told."""
        self._started.add(miner_id)

    def _take_up_started(self) -> None:
        if self._started:
            self._take(renewed(self.memory, self._started))
            self._started.clear()

    def receive(self, message: Message) -> None:
        """Take in what another actor tells."""
        self._take(handle(self.memory, message))
        if isinstance(message, FrontSilent):
            self._take(watch_fronts(self.memory, self.view()))

    def listen(self, signs: Mapping[Source, Timestamp]) -> None:
        """Take in when the counterparts of fronts were heard last without a command."""
        self.memory = listened(self.memory, signs)

    def go_on(self) -> None:
        """Tell miners what is due, and make anew what is known of those that were told or heard of.

        So a second, or a command, finds little of that to be done.
        """
        self._take_up_started()
        self._take(tell_due(self.memory, self.view()))
        _ = self.view().reach

    def tick(self) -> None:
        """Go on with the ramp, and look after the log, at every tick; once a second do all the rest."""
        self._take_up_started()
        self._log.look(self._time.now())
        if self._time.now() - self._attended_at < _ATTEND_EVERY:
            self.go_on()
            return
        self._time.look()
        self._record_due()
        self._log.flush()
        self._end_setpoints()
        for part in SECOND:
            self._take(part(self.memory, self.view()))
        self._shell.publish()
        self._attended_at = self._time.now()  # from the end: a log that makes wait is not all it does

    def _take(self, outcome: tuple[Memory, Iterable[Effect]]) -> None:
        self.memory, effects = outcome
        self._carry_out(effects)

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case ActionEnded():
                    self._log.note(effect, self._time.wall(effect.at))
                case Measurements():
                    self._log.learn(effect)
                case RecordRestored(miner_id):
                    self._log.restored(miner_id)
                case WithdrawHold(miner_id, version):
                    self._log.withdraw_hold(miner_id, version)
                case OwnCommand(command, source):
                    self._command(CommandRequest(command, Origin(str(uuid4()), source, ""), _NEVER))
                case StopMiner(miner_id):
                    self.reports.pop(miner_id, None)
                    self._book.heard(miner_id)
                    self._shell.carry_out(effect)
                case _:
                    self._shell.carry_out(effect)


def _unclaimed(request: CommandRequest) -> CommandRejected | None:
    """Return the refusal of a command that nobody waits for any more."""
    try:
        request.claim.check()
    except CommandRejected as rejected:
        return rejected
    return None
