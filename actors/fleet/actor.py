"""The FleetActor: a thread for the control loop; it tells other actors what comes of what they tell it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pykka
from pykka import ActorRef

from actors.directory import Directory
from actors.discovery.scan import Identify
from actors.fence import WakeFence
from actors.fleet.children import started
from actors.fleet.command_lines import CommandLines
from actors.fleet.effects import Effect, GoOn, IdentifyMiner, StartMiner, StopMiner, TellMiner
from actors.fleet.journal import Journal
from actors.fleet.log_writer import LogWriter, standby_version
from actors.fleet.loop import ControlLoop
from actors.fleet.timekeeper import Timekeeper
from actors.fleet.view import DecisionRules
from actors.messages import (
    ActionEnded,
    CommandRequest,
    CommandResult,
    DoublesFound,
    FrontSilent,
    KeepTuning,
    MinerStarted,
    RecallTuning,
    Tick,
)
from actors.meter_board import MeterBoard, MeterState
from actors.report import MinerReport
from actors.signs_of_life import SignsOfLife
from actors.snapshot import StatusBoard
from actors.stories import Stories, ids_of
from actors.supervised import Supervised
from actors.supervisor import Dismiss, Employ
from actors.workers import Together
from events.authority import priority_of
from events.commands import Origin
from events.log import FleetLog
from events.pen import DirectPen, Pen
from events.reserve import Reserve
from events.shedding import may_shed
from events.state import RegisteredMiner, Source
from netstab.clock import Clock, WallClock
from netstab.errors import CommandRejected
from netstab.metrics import Metrics
from netstab.power.tuning import Tuning
from netstab.settings import Settings
from netstab.units import Version

__all__ = ["FleetActor", "FleetParts", "Starter", "decision_rules"]

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
    metrics: Metrics = field(default_factory=Metrics)
    stories: Stories = field(default_factory=Stories)
    reserve: Reserve = field(default_factory=Reserve)
    pen: Pen = field(default_factory=DirectPen)
    signs: SignsOfLife = field(default_factory=SignsOfLife)


def decision_rules(settings: Settings, fleet_id: str = "") -> DecisionRules:
    """Return the settings that decide, and whose fleet it is."""
    return DecisionRules(
        constraints=settings.constraints,
        metered=bool(settings.meter.url),
        poll_interval=settings.poll_interval,
        rated_power=settings.rated_power,
        ems_timeout=settings.ems_timeout,
        ems_failsafe=settings.ems_failsafe,
        fleet_id=fleet_id,
        absence=settings.fronts.schedule.absence,
        return_within=settings.fronts.schedule.return_within,
        priority=priority_of(settings.fronts.priority),
    )


class FleetActor(Supervised, pykka.ThreadingActor):
    """The shell of the control loop: its thread, other actors, the status board."""

    def __init__(self, parts: FleetParts) -> None:
        super().__init__()
        self.supervise("fleet", parts.directory)
        self._parts = parts
        tolerance = parts.settings.constraints.tolerance_percent
        parts.pen.hurried = self._hurried
        self._log = LogWriter(parts.log, tolerance, parts.fence, parts.reserve, parts.pen, parts.metrics)
        self._journal, self._lines = Journal(), CommandLines()
        self._asked = parts.log.state.version, Origin("", Source.SYSTEM, "")
        time = Timekeeper(parts.clock, parts.wall)
        rules = decision_rules(parts.settings, parts.log.fleet_id)
        self._loop = ControlLoop(self._log, time, rules, self)

    def on_start(self) -> None:
        state = self._log.state
        fence = self._parts.fence
        fence.standby_version = max(fence.standby_version, standby_version(state, self._parts.wall()))
        for miner in state.miners.values():
            self.carry_out(started(miner, state))
        self.publish()

    def on_stop(self) -> None:
        if not self._parts.fence.closed:
            self._loop.record_repetitions()
            self._log.drain()

    def on_receive(self, message: object) -> CommandResult | CommandRejected | Tuning | bool | None:
        match message:
            case MinerReport():
                self._loop.report(message)
            case CommandRequest():
                return self._command(message)
            case ActionEnded() | DoublesFound():
                self._loop.receive(message)
            case MinerStarted(miner_id):
                self._loop.started(miner_id)
            case KeepTuning() | RecallTuning():
                return self._remember(message)
            case Tick() | FrontSilent():
                self._look_after(message)
            case GoOn():
                self._loop.go_on()
            case Together(messages):
                for each in messages:
                    self.on_receive(each)
        return None

    def _look_after(self, message: Tick | FrontSilent) -> None:
        """Go on by the clock, or hear that a front is lost, by the newest that was heard of all."""
        self._loop.listen(self._parts.signs.newest)
        if isinstance(message, FrontSilent):
            self._loop.receive(message)
            return
        message.taken.set()
        self._loop.tick()

    def _remember(self, message: KeepTuning | RecallTuning) -> Tuning | bool | None:
        if isinstance(message, RecallTuning):
            return self._log.state.tunings.get(message.miner_id)
        return not self._parts.fence.closed and self._log.keep(message.miner_id, message.tuning)

    def _command(self, request: CommandRequest) -> CommandResult | CommandRejected:
        self._asked = self._log.state.version, request.origin
        answer = self._loop.command(request)
        if isinstance(answer, CommandResult):
            self._begin_story(Version(answer.version))
        self._lines.note(request, answer, self._parts.clock())
        return answer

    def _begin_story(self, version: Version) -> None:
        """Note which command an order is of; one from before this server's start is known by the log."""
        stories, (before, origin), order = self._parts.stories, self._asked, self._log.state.order
        if version in stories:
            return
        if version > before:
            stories.begin(version, ids_of(origin, version))
        elif order is not None and order.version == version:
            stories.begin(version, ids_of(Origin(order.command_id, order.source, ""), version))

    def _hurried(self) -> bool:
        """Whether a command that may shed waits behind what is being done."""
        waiting = tuple(self.actor_inbox.queue)  # type: ignore[attr-defined]
        requests = (each.message for each in waiting if isinstance(each.message, CommandRequest))
        return any(may_shed(request.command) for request in requests)

    # What the loop acts through

    @property
    def metered(self) -> MeterState | None:
        return self._parts.meter.state if self._parts.meter else None

    def carry_out(self, effect: Effect) -> None:
        """Do what the machine asks of other actors."""
        directory = self._parts.directory
        match effect:
            case TellMiner(miner_id, message):
                self._begin_story(message.version)
                directory.tell_miner(miner_id, message)
            case GoOn():
                self.actor_ref.tell(effect)
            case IdentifyMiner(miner_id):
                directory.tell_discovery(Identify(miner_id))
            case StartMiner(miner, hours):
                directory.tell_supervisor(Employ(miner.miner_id, self._parts.starter(miner, hours)))
            case StopMiner(miner_id):
                directory.remove(miner_id)
                directory.tell_supervisor(Dismiss(miner_id))

    def publish(self) -> None:
        """Show the fleet as it is now, and note what has come of it."""
        self._parts.board.snapshot = shown = self._loop.snapshot()
        self._log.watch(shown)
        self._journal.note(shown)
