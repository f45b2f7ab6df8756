"""The FleetActor: takes commands one at a time, records them, and has the miners follow."""

from collections.abc import Mapping
from dataclasses import dataclass

import pykka

from actors.directory import Directory
from actors.discovery.scan import Identify
from actors.fence import WakeFence
from actors.fleet.dispatcher import Dispatcher
from actors.fleet.failsafe import EmsWatch
from actors.fleet.journal import Journal
from actors.fleet.learner import Findings, Learner
from actors.fleet.operations import operation
from actors.fleet.recorder import Recorder
from actors.fleet.roster import Roster, Starter
from actors.fleet.standing import all_known, bearing
from actors.fleet.status import Condition, rated_power, snapshot
from actors.fleet.timekeeper import Timekeeper
from actors.fleet.wording import accepted_message, limited_message
from actors.messages import (
    ActionEnded,
    CommandRequest,
    CommandResult,
    DoublesFound,
    KeepTuning,
    MinerStarted,
    Tick,
    too_late,
)
from actors.meter_board import MeterBoard
from actors.report import MinerReport, Phase, Step
from actors.snapshot import StatusBoard
from actors.supervised import Supervised
from events.commands import (
    Command,
    ControlMiner,
    LiftLimit,
    MoveMiners,
    RegisterMiners,
    RemoveMiner,
    SetFrequency,
    SetLimit,
    changes_order,
    ordered_power,
)
from events.log import FleetLog
from events.refusal import Facts, refusal
from events.repetition import Tally, period, repeated_order
from events.state import FleetState, Order, RegisteredMiner
from netstab.clock import Clock, WallClock
from netstab.devices.port import Firmware
from netstab.dispatch.plan import Plan
from netstab.dispatch.statistics import NEW
from netstab.errors import CommandRejected
from netstab.settings import Settings
from netstab.units import MinerId, Seconds, Version, Watts

__all__ = ["FleetActor", "FleetParts"]

_AWAY_FOR = Seconds(60.0)
"""A miner that comes back after so long may be another one: addresses are leased."""

NOTHING = Seconds(0.0)

_ATTEND_EVERY = Seconds(0.9)  # under the second that ticks come in fours, so that jitter skips none


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


class FleetActor(Supervised, pykka.ThreadingActor):
    """Serialises commands: validate, allocate, record, publish, tell."""

    def __init__(self, parts: FleetParts) -> None:
        super().__init__()
        self.supervise("fleet", parts.directory)
        self._parts = parts
        self._recorder = Recorder(parts.log, parts.settings.limits.tolerance_percent, parts.fence)
        self._time = Timekeeper(parts.clock, parts.wall)
        self._learner = Learner(parts.clock())
        self._dispatcher = Dispatcher(
            parts.settings.limits,
            parts.fence,
            metered=bool(parts.settings.meter.url),
            poll_interval=parts.settings.poll_interval,
            wall=self._time.wall,
        )
        self._reports: dict[MinerId, MinerReport] = {}
        self._doubles: Mapping[MinerId, MinerId] = {}
        self._roster = Roster(parts.directory, parts.starter, self._gone)
        self._started_at = self._attended_at = parts.clock()
        self._journal = Journal()
        self._ems = EmsWatch(parts.settings, self._started_at)
        self._tally, self._counted_for = Tally(), period(parts.settings.ems_timeout)
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
            self._roster.employ(miner, self._state.experience)
        self._publish()

    def on_stop(self) -> None:
        if not self._parts.fence.closed:
            self._record_repetitions(after=NOTHING)
            self._recorder.flush()

    def on_receive(self, message: object) -> CommandResult | CommandRejected | bool | None:
        match message:
            case MinerReport():
                self._reported(message)
            case CommandRequest():
                return self._commanded(message)
            case ActionEnded():
                self._ended(message)
            case KeepTuning(miner_id, tuning):
                return not self._parts.fence.closed and self._recorder.keep(miner_id, tuning)
            case DoublesFound(doubles):
                self._doubles = doubles
            case MinerStarted(miner_id):
                self._dispatcher.teller.forget(miner_id)
            case Tick():
                self._tick()
        return None

    # Commands

    def _commanded(self, request: CommandRequest) -> CommandResult | CommandRejected:
        self._ems.hear(request, self._state, self._parts.clock())
        try:
            return self._carry_out(request)
        except CommandRejected as rejected:
            return rejected

    def _carry_out(self, request: CommandRequest) -> CommandResult:
        command, origin = request.command, request.origin
        self._refuse_if_needed(request)
        repeated = repeated_order(self._state, command, origin)
        if repeated is not None and self._dispatcher.plan is not None and self._recorder.fault is None:
            return self._repeat(repeated, request)
        self._record_repetitions(after=NOTHING)
        plan = self._dispatcher.draft_for(command, self._state, self._reports, self._parts.clock())
        if isinstance(command, MoveMiners):
            self._learn_hours(command)
        miners = self._state.miners
        message = accepted_message(command, plan, self._state) + limited_message(command, plan)
        version = self._record(request, message, plan)
        if isinstance(command, RegisterMiners):
            for miner in command.miners:
                self._roster.enlist(miner, miners.get(miner.miner_id), self._state.experience)
        elif isinstance(command, MoveMiners):
            self._roster.relocate(command.moves, self._state.miners, self._state.experience)
        elif isinstance(command, RemoveMiner):
            self._roster.dismiss(command.miner_id)
        elif isinstance(command, ControlMiner | SetFrequency):
            self._operate(command, version, request)
        if self._changes(command, plan):
            self._follow(plan)
        self._publish()
        return CommandResult(origin.command_id, version, message)

    def _repeat(self, order: Order, request: CommandRequest) -> CommandResult:
        """Take a heartbeat: the answer is that of the order in force, which is on record."""
        self._tally = self._tally.accepted(order, request.command, request.origin, self._parts.clock())
        command, plan = request.command, self._dispatcher.plan
        message = accepted_message(command, plan, self._state) + limited_message(command, plan)
        return CommandResult(order.command_id, order.version, message)

    def _record_repetitions(self, after: Seconds) -> None:
        """Record what was repeated for so long; what cannot be recorded goes on being counted."""
        now = self._parts.clock()
        for key, found in self._tally.due(after, now).items():
            if found.count and not self._recorder.repeated(found, self._time.correction):
                return
            self._tally = self._tally.recorded(key, now)

    def _changes(self, command: Command, plan: Plan | None) -> bool:
        """Whether a command may change what miners do: not a repetition, nor a limit that leaves all."""
        if isinstance(command, SetLimit | LiftLimit):
            return self._dispatcher.is_outdated(self._state, self._parts.clock())
        return plan is None or plan is not self._dispatcher.plan

    def _refuse_if_needed(self, request: CommandRequest) -> None:
        if self._parts.fence.closed:
            raise CommandRejected("FAULT_STATE", "This server no longer leads the fleet.")
        reachable = sum(1 for report in self._reports.values() if report.reachable)
        at = self._time.wall(self._parts.clock())
        facts = Facts(self._rated(), reachable, self._initializing, at)
        rejected = refusal(self._state, request.command, facts)
        if rejected is None and self._parts.clock() > request.deadline:
            rejected = too_late()
        if rejected is not None:
            self._reject(request, rejected)
            raise rejected

    def _reject(self, request: CommandRequest, rejected: CommandRejected) -> None:
        """Record a refusal, and of those that repeat it their count."""
        command, origin = request.command, request.origin
        tally, again = self._tally.refused(command, origin, rejected, self._parts.clock())
        if again or self._recorder.reject(command, origin, rejected):
            self._tally = tally

    def _rated(self) -> Watts:
        return rated_power(self._state, self._parts.settings.rated_power)

    def _record(self, request: CommandRequest, message: str, plan: Plan | None) -> int:
        """Record a command; a standby order raises the fence before anyone can hear that it is accepted."""
        with self._parts.fence.raised(self._fenced_by(request.command)):
            decided = self._dispatcher.decided(request.command, plan, self._state)
            return self._recorder.accept(request.command, request.origin, message, decided)

    def _fenced_by(self, command: Command) -> int:
        """Return where the fence is to stand; repeating the standby in force does not move it."""
        power, order = ordered_power(command), self._state.order
        repeated = order is not None and order.target == power
        if not changes_order(command) or power or repeated:
            return self._parts.fence.standby_version
        return self._state.version + 1

    def _operate(self, command: ControlMiner | SetFrequency, version: int, request: CommandRequest) -> None:
        message = operation(command, self._state, Version(version), request.reply)
        if message.setpoint is not None:
            now = self._parts.clock()
            self._dispatcher.teller.operated(command.miner_id, message.setpoint, version, now)
        self._parts.directory.tell_miner(command.miner_id, message)

    # Miners

    def _gone(self, miner_id: MinerId) -> None:
        self._reports.pop(miner_id, None)
        self._dispatcher.teller.forget(miner_id)

    def _reported(self, report: MinerReport) -> None:
        miner = self._state.miners.get(report.miner_id)
        if miner is None:
            return
        before = self._reports.get(report.miner_id)
        self._reports[report.miner_id] = report
        hold = self._state.holds.get(report.miner_id)
        if bearing(miner, before, hold) != bearing(miner, report, hold):
            self._stale = True
        if _to_be_identified(miner, before, report):
            self._parts.directory.tell_discovery(Identify(report.miner_id))

    def _ended(self, news: ActionEnded) -> None:
        self._recorder.note(news, self._time.wall(news.at))
        if news.step is Step.RESTORE and not news.reason:
            self._recorder.restored(news.miner_id)
            self._stale = True
        if news.step is Step.TUNE and news.refused:
            self._recorder.withdraw_hold(news.miner_id, news.version)
            self._dispatcher.teller.forget(news.miner_id)
            self._stale = True

    # Time

    def _tick(self) -> None:
        """Go on with the ramp at every tick, and look after the log; once a second do all the rest."""
        self._recorder.look(self._parts.clock())
        if self._parts.clock() - self._attended_at < _ATTEND_EVERY:
            self._tell_due()
            return
        self._time.look(self._parts.clock())
        self._record_repetitions(after=self._counted_for)
        self._recorder.flush()
        failsafe = self._ems.failsafe(self._state, self._rated(), self._parts.clock(), self._time.correction)
        if failsafe is not None and self._recorder.fault is None:
            self._commanded(failsafe)
        if self._initializing and self._is_known():
            self._initializing = False
            self._stale = True
        if self._stale or self._dispatcher.is_outdated(self._state, self._parts.clock()):
            self._follow()
        if not self._initializing:
            self._learn()
        self._dispatcher.review(self._state, self._reports, self._parts.clock())
        self._tell_due()
        self._publish()
        self._attended_at = self._parts.clock()  # from the end: a log that makes wait is not all it does

    def _learn(self) -> None:
        """Record what the miners' reports have taught, once it is worth it."""
        now, meter = self._parts.clock(), self._parts.meter
        metered = meter.state.power(now) if meter else None
        findings = self._learner.review(self._state, self._reports, metered, now)
        if findings is not None:
            self._recorder.learn(findings)

    def _learn_hours(self, command: MoveMiners) -> None:
        """Record how long miners that move have hashed so far: their new actors go on from there."""
        measured = {}
        for move in command.moves:
            known, report = self._state.experience.get(move.old, NEW), self._reports.get(move.old)
            if report is not None and report.running_hours > known.running_hours:
                measured[move.old] = (known.power_factor, report.running_hours)
        if measured:
            self._recorder.learn(Findings(measured, self._state.meter_scale))

    def _is_known(self) -> bool:
        """Whether every miner was looked at once; a silent one is waited for two intervals."""
        waited = self._parts.clock() - self._started_at
        return waited >= 2 * self._parts.settings.poll_interval or all_known(self._state, self._reports)

    def _follow(self, drafted: Plan | None = None) -> None:
        """Plan for the order in force, unless that was done just now, and tell what has changed."""
        self._stale = False
        self._dispatcher.follow(self._state, self._reports, self._parts.clock(), drafted)
        self._tell_due()

    def _tell_due(self) -> None:
        """Tell the miners what is due; nothing before they are known, or when another server leads them."""
        if self._initializing or self._parts.fence.closed:
            return
        for miner_id, message in self._dispatcher.due(self._state, self._reports, self._parts.clock()):
            self._parts.directory.tell_miner(miner_id, message)

    def _publish(self) -> None:
        now = self._parts.clock()
        condition = Condition(
            initializing=self._initializing,
            log_fault=self._recorder.fault,
            settled=self._dispatcher.has_settled(self._reports),
            forecast=self._dispatcher.forecast,
            basis=self._dispatcher.basis(self._state, self._reports, now),
            out_of_reach=self._dispatcher.out_of_reach,
            doubles=self._doubles,
            meter=self._parts.meter.state if self._parts.meter else None,
            ems_silent=self._ems.silent(self._state, now),
            ems_heard_at=self._ems.heard_at,
            correction=self._time.correction,
            clock_errors=self._time.errors(now, self._recorder.latest),
        )
        self._parts.board.snapshot = snapshot(
            self._state, self._reports, self._dispatcher.plan, condition, self._rated(), now
        )
        self._recorder.watch(self._parts.board.snapshot, condition.settled)
        self._journal.note(self._parts.board.snapshot)


def _to_be_identified(miner: RegisteredMiner, before: MinerReport | None, report: MinerReport) -> bool:
    """Whether a miner answers at last, or again, of which it is not certain what it is."""
    if not report.reachable or (before is not None and before.reachable):
        return False
    if miner.firmware is Firmware.UNKNOWN:
        return True
    lost = before is not None and before.phase is Phase.UNREACHABLE
    return before is not None and lost and report.at - before.phase_since >= _AWAY_FOR
