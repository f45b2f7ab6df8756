"""Carries the fleet's machine from message to message, over whatever carries out what it says.

The order of safety is kept here: a command is refused, or durable, before anything is told; the fence stands
before anyone hears that standby is accepted.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from actors.fleet.decide import Accepted, Repeated, accepted, answered, hear
from actors.fleet.effects import CommandRecorded, Effect, Follow, StopMiner, TellDue
from actors.fleet.machine import SECOND, Message, handle, reported
from actors.fleet.memory import Memory
from actors.fleet.operations import operation
from actors.fleet.unit_book import UnitBook
from actors.fleet.view import View
from actors.messages import CommandRequest, CommandResult
from actors.report import MinerReport
from events.commands import ControlMiner, SetFrequency
from events.repetition import Repetition, Tally, period
from events.state import FleetState
from netstab.errors import CommandRejected
from netstab.units import MinerId, Seconds, Timestamp, Version

__all__ = ["NOTHING", "ControlLoop", "Shell"]

NOTHING = Seconds(0.0)


class Shell(Protocol):
    """What the loop acts through."""

    @property
    def state(self) -> FleetState:
        """Return what the log says."""

    def view(self, loop: "ControlLoop") -> View:
        """Return what is to be decided by now."""

    def record(self, request: CommandRequest, accepted: Accepted) -> int:
        """Record a command with its fence raised, and give its version, or raise `CommandRejected`."""

    def reject(self, request: CommandRequest, rejected: CommandRejected) -> bool:
        """Record a refused command; False where that cannot be."""

    def repeated(self, found: Repetition) -> bool:
        """Record how often a command was repeated; False where that cannot be."""

    def flush(self) -> None:
        """Record what waits for it."""

    def carry_out(self, effect: Effect) -> None:
        """Do what the machine asks."""


class ControlLoop:
    """`memory` is all it remembers, `reports` the last of each registered miner. For one thread."""

    def __init__(self, shell: Shell, now: Timestamp) -> None:
        self._shell = shell
        self.memory = Memory.begun(now)
        self.reports: dict[MinerId, MinerReport] = {}
        self.book = UnitBook()

    def view(self) -> View:
        return self._shell.view(self)

    def command(self, request: CommandRequest) -> CommandResult | CommandRejected:
        """Have a command carried out; what is returned is durable."""
        view = self.view()
        self.memory = hear(self.memory, request, view)
        match answered(self.memory, request, view):
            case CommandRejected() as rejected:
                self._refuse(request, rejected, view)
                return rejected
            case Repeated(order, message):
                self._count(self.memory.tally.accepted(order, request.command, request.origin, view.now))
                return CommandResult(order.command_id, order.version, message)
        self.record_repetitions(after=NOTHING)
        return self._decided(request, self.view())

    def _decided(self, request: CommandRequest, view: View) -> CommandResult | CommandRejected:
        found = accepted(self.memory, request, view)
        self._carry_out(found.first)
        try:
            version = self._shell.record(request, found)
        except CommandRejected as rejected:
            return rejected
        self.memory = found.memory
        self._recorded(request, Version(version), view)
        self.receive(Follow(request.command, found.plan))
        return CommandResult(request.origin.command_id, version, found.message)

    def _refuse(self, request: CommandRequest, rejected: CommandRejected, view: View) -> None:
        """Record a refusal, and of those that repeat it their count; nothing where another server leads."""
        if view.fence.closed:
            return
        tally, again = self.memory.tally.refused(request.command, request.origin, rejected, view.now)
        if again or self._shell.reject(request, rejected):
            self._count(tally)

    def _count(self, tally: Tally) -> None:
        self.memory = replace(self.memory, tally=tally)

    def record_repetitions(self, after: Seconds) -> None:
        """Record what was repeated for so long; what cannot be recorded goes on being counted."""
        now = self.view().now
        for key, found in self.memory.tally.due(after, now).items():
            if found.count and not self._shell.repeated(found):
                return
            self._count(self.memory.tally.recorded(key, now))

    def _recorded(self, request: CommandRequest, version: Version, before: View) -> None:
        command, told = request.command, None
        if isinstance(command, ControlMiner | SetFrequency):
            told = (command.miner_id, operation(command, self.view().state, version, request.reply))
        self.receive(CommandRecorded(command, version, before.state, told))

    def report(self, report: MinerReport) -> None:
        """Take in what a miner reports; one that is not registered is not heard."""
        state, miner_id = self._shell.state, report.miner_id
        if miner_id not in state.miners:
            return
        before = self.reports.get(miner_id)
        self.reports[miner_id] = report
        self.book.heard(miner_id)
        self.memory, effects = reported(self.memory, before, report, state)
        self._carry_out(effects)

    def receive(self, message: Message) -> None:
        self.memory, effects = handle(self.memory, message, self.view())
        self._carry_out(effects)

    def second(self) -> None:
        """Do what is due once a second."""
        self.record_repetitions(after=period(self.view().rules.ems_timeout))
        self._shell.flush()
        for part in SECOND:
            self.receive(part)

    def tick(self) -> None:
        """Go on with ramp and staggered start."""
        self.receive(TellDue())

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, StopMiner):
                self.reports.pop(effect.miner_id, None)
                self.book.heard(effect.miner_id)
            self._shell.carry_out(effect)
