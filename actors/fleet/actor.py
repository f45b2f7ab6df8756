"""The FleetActor: takes commands one at a time, records them, and has the miners follow."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pykka

from actors.directory import Directory
from actors.fence import WakeFence
from actors.fleet.dispatcher import Dispatcher
from actors.fleet.operations import operation
from actors.fleet.recorder import Recorder
from actors.fleet.standing import availability
from actors.fleet.status import Condition, rated_power, snapshot
from actors.fleet.wording import accepted_message
from actors.messages import (
    ActionEnded,
    CommandRequest,
    CommandResult,
    MinerStarted,
    Pursue,
    Release,
    Tick,
)
from actors.report import MinerReport, Phase
from actors.scan import Identify
from actors.snapshot import StatusBoard
from actors.supervised import Supervised
from actors.supervisor import Dismiss, Employ
from events.commands import (
    Command,
    ControlMiner,
    Facts,
    RegisterMiners,
    RemoveMiner,
    SetFrequency,
    changes_order,
    ordered_power,
    refusal,
)
from events.log import FleetLog
from events.state import FleetState, RegisteredMiner
from netstab.clock import Clock
from netstab.devices.port import Firmware
from netstab.errors import CommandRejected
from netstab.settings import Settings
from netstab.units import MinerId, Seconds, Watts

__all__ = ["FleetActor", "FleetParts"]

_PUBLISH_EVERY = Seconds(0.9)  # under the second that ticks come in fours, so that jitter skips none


@dataclass(frozen=True, slots=True)
class FleetParts:
    """What the FleetActor works with. `starter` gives for a miner the function that starts its actor."""

    log: FleetLog
    board: StatusBoard
    directory: Directory
    fence: WakeFence
    clock: Clock
    settings: Settings
    starter: Callable[[RegisteredMiner], Callable[[], pykka.ActorRef[Any]]]


class FleetActor(Supervised, pykka.ThreadingActor):
    """Serialises commands: validate, allocate, record, publish, tell."""

    def __init__(self, parts: FleetParts) -> None:
        super().__init__()
        self.supervise("fleet", parts.directory)
        self._parts = parts
        self._recorder = Recorder(parts.log)
        self._dispatcher = Dispatcher(parts.settings.dispatch_tolerance_percent)
        self._reports: dict[MinerId, MinerReport] = {}
        self._started_at = self._published_at = parts.clock()
        self._initializing = True
        self._stale = True

    @property
    def _state(self) -> FleetState:
        return self._recorder.state

    def on_start(self) -> None:
        order = self._state.order
        if order is not None and not order.target:
            self._parts.fence.standby_version = order.version
        for miner in self._state.miners.values():
            self._employ(miner)
        self._publish()

    def on_receive(self, message: object) -> CommandResult | CommandRejected | None:
        match message:
            case MinerReport():
                self._reported(message)
            case CommandRequest():
                return self._commanded(message)
            case ActionEnded():
                self._recorder.note(message)
            case MinerStarted(miner_id):
                self._dispatcher.forget(miner_id)
            case Tick():
                self._tick()
        return None

    # Commands

    def _commanded(self, request: CommandRequest) -> CommandResult | CommandRejected:
        try:
            return self._carry_out(request)
        except CommandRejected as rejected:
            return rejected

    def _carry_out(self, request: CommandRequest) -> CommandResult:
        command, origin = request.command, request.origin
        self._refuse_if_needed(request)
        message = self._message(command)
        version = self._record(request, message)
        if isinstance(command, RegisterMiners):
            for miner in command.miners:
                self._dismiss(miner.miner_id)
                self._employ(miner)
        elif isinstance(command, RemoveMiner):
            self._dismiss(command.miner_id)
        elif isinstance(command, ControlMiner | SetFrequency):
            self._operate(command, version, request)
        self._follow()
        self._publish()
        return CommandResult(origin.command_id, version, message)

    def _refuse_if_needed(self, request: CommandRequest) -> None:
        rejected = refusal(self._state, request.command, self._facts())
        if rejected is None and self._parts.clock() > request.deadline:
            rejected = CommandRejected("INTERNAL_ERROR", "The command came too late to be carried out.")
        if rejected is not None:
            self._recorder.reject(request.command, request.origin, rejected)
            raise rejected

    def _facts(self) -> Facts:
        reachable = sum(1 for report in self._reports.values() if report.reachable)
        return Facts(self._rated(), reachable, self._initializing)

    def _rated(self) -> Watts:
        return rated_power(self._state, self._parts.settings.rated_power)

    def _message(self, command: Command) -> str:
        plan = None
        if changes_order(command):
            plan = self._dispatcher.draft(ordered_power(command), self._state, self._reports)
        return accepted_message(command, plan, self._state)

    def _record(self, request: CommandRequest, message: str) -> int:
        """Record a command; a standby order raises the fence before anyone can hear that it is accepted."""
        fence, command = self._parts.fence, request.command
        before = fence.standby_version
        if changes_order(command) and not ordered_power(command):
            fence.standby_version = self._state.version + 1
        try:
            return self._recorder.accept(command, request.origin, message)
        except CommandRejected:
            fence.standby_version = before
            raise

    def _operate(self, command: ControlMiner | SetFrequency, version: int, request: CommandRequest) -> None:
        hold = self._state.holds.get(command.miner_id)
        message = operation(command, hold, version, request.reply)
        if message.setpoint is not None:
            self._dispatcher.has_told(command.miner_id, message.setpoint)
        self._parts.directory.tell_miner(command.miner_id, message)

    # Miners

    def _employ(self, miner: RegisteredMiner) -> None:
        """Have a miner's actor started; one that lives on is left alone."""
        self._parts.directory.tell_supervisor(Employ(miner.miner_id, self._parts.starter(miner)))

    def _dismiss(self, miner_id: MinerId) -> None:
        self._parts.directory.remove(miner_id)
        self._parts.directory.tell_supervisor(Dismiss(miner_id))
        self._reports.pop(miner_id, None)
        self._dispatcher.forget(miner_id)

    def _reported(self, report: MinerReport) -> None:
        miner = self._state.miners.get(report.miner_id)
        if miner is None:
            return
        before = self._reports.get(report.miner_id)
        self._reports[report.miner_id] = report
        hold = self._state.holds.get(report.miner_id)
        if availability(miner, before, hold)[0] is not availability(miner, report, hold)[0]:
            self._stale = True
            if miner.firmware is Firmware.UNKNOWN and report.reachable:
                self._parts.directory.tell_discovery(Identify(report.miner_id))

    # Time

    def _tick(self) -> None:
        """Go on with the ramp at every tick; once a second do all the rest."""
        now = self._parts.clock()
        if now - self._published_at < _PUBLISH_EVERY:
            self._tell_due()
            return
        self._recorder.flush()
        if self._initializing and self._is_known():
            self._initializing = False
            self._stale = True
        if self._stale:
            self._follow()
        else:
            self._tell_due()
        self._publish()

    def _is_known(self) -> bool:
        """Whether every miner was looked at once; a silent one is waited for two intervals."""
        waited = self._parts.clock() - self._started_at
        if waited >= 2 * self._parts.settings.poll_interval:
            return True
        seen = (self._reports.get(miner_id) for miner_id in self._state.miners)
        return bool(self._state.miners) and all(r is not None and r.phase is not Phase.UNKNOWN for r in seen)

    def _follow(self) -> None:
        """Plan for the order in force and tell what has changed."""
        self._stale = False
        self._dispatcher.follow(self._state, self._reports)
        self._tell_due()

    def _tell_due(self) -> None:
        """Tell the miners what is due; nothing is commanded before the miners are known."""
        if self._initializing:
            return
        for miner_id, setpoint in self._dispatcher.due(self._state, self._reports, self._parts.clock()):
            order = self._order_of(miner_id)
            message = Release(order) if setpoint is None else Pursue(setpoint, order)
            self._parts.directory.tell_miner(miner_id, message)

    def _order_of(self, miner_id: MinerId) -> int:
        """Give the version of the command that a miner is told for: an operator's hold is above every order."""
        order = self._state.order
        return self._state.version if order is None or miner_id in self._state.holds else order.version

    def _publish(self) -> None:
        self._published_at = self._parts.clock()
        condition = Condition(
            initializing=self._initializing,
            log_fault=self._recorder.fault,
            settled=self._dispatcher.has_settled(self._reports),
        )
        self._parts.board.snapshot = snapshot(
            self._state, self._reports, self._dispatcher.plan, condition, self._rated(), self._parts.clock()
        )
