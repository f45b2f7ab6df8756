"""The fleet's control loop in virtual time: the shell that the FleetActor is, without a thread or a clock."""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import uuid4

from actors.fence import WakeFence
from actors.fleet.effects import Effect, GoOn, TellMiner
from actors.fleet.log_writer import LogWriter
from actors.fleet.loop import ControlLoop
from actors.fleet.timekeeper import Timekeeper
from actors.fleet.view import DecisionRules
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
from events.commands import Command, Origin
from events.log import FleetLog
from events.state import FleetState, Source
from netstab.errors import CommandRejected
from netstab.units import MinerId, Timestamp, WallTime

__all__ = ["Told", "VirtualController"]

Told = SetTarget | ReleaseControl | ManualCommand

_NEVER = Timestamp(math.inf)


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
        self._log, self._tell = log, tell
        self.now = now
        self.metered: MeterState | None = None
        self._goes_on = False
        self.writer = LogWriter(log, rules.constraints.tolerance_percent, fence)
        time = Timekeeper(lambda: self.now, lambda: WallTime(self.now))
        self.loop = ControlLoop(self.writer, time, rules, self)
        self.loop.memory = replace(self.loop.memory, initializing=False)

    @property
    def state(self) -> FleetState:
        return self._log.state

    def take(self, command: Command, source: Source = Source.EMS) -> CommandResult | CommandRejected:
        """Have a command carried out now."""
        answer = self.loop.command(CommandRequest(command, Origin(str(uuid4()), source, ""), _NEVER))
        self.go_on()
        return answer

    def go_on(self) -> None:
        """Have all told that are to be: here nobody waits to be heard meanwhile."""
        while self._goes_on:
            self._goes_on = False
            self.loop.go_on()

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
        self.loop.tick()
        self.go_on()

    # What the loop acts through

    def carry_out(self, effect: Effect) -> None:
        """Tell miners; nobody has to be started, stopped or identified here."""
        match effect:
            case TellMiner(miner_id, message):
                self._tell(miner_id, message)
            case GoOn():
                self._goes_on = True

    def publish(self) -> None:
        """Show nobody: who wants to see the fleet asks for a snapshot of the loop."""
