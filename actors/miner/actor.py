"""The actor of one miner: asks the state machine and carries out what it says. It never blocks."""

import logging
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from pykka import ActorDeadError, Timeout

from actors.directory import Directory
from actors.fence import WakeFence
from actors.messages import (
    ActionEnded,
    Finished,
    KeepTuning,
    ManualCommand,
    PollDue,
    Polled,
    PoolsRead,
    Probed,
    RecallTuning,
    SetTarget,
)
from actors.miner.machine import Message, handle
from actors.miner.report import report
from actors.miner.state import (
    Announce,
    Answer,
    Call,
    Effect,
    MinerFacts,
    MinerState,
    Poll,
    Probe,
    ReadPools,
    Send,
    Withdraw,
)
from actors.miner.steps import carry_out, lane_of
from actors.multiplexed import MultiplexedActor
from actors.report import MinerReport, Step
from actors.stories import Stories
from actors.supervised import Supervised
from netstab.clock import Clock
from netstab.devices.port import Endpoint, Permit, Pool, Readable, Reading
from netstab.devices.runner import DeviceRunner
from netstab.errors import DeviceError
from netstab.metrics import Metrics
from netstab.power.tuning import Tuning
from netstab.units import Seconds, Timestamp, Version

__all__ = ["MinerActor", "MinerParts"]

_NONE: frozenset[int] = frozenset()

KEEP_WITHIN = Seconds(5.0)
"""The log is written within milliseconds, or it is at fault."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MinerParts:
    """What every miner's actor works with; shared by all of them."""

    directory: Directory
    runner: DeviceRunner
    fence: WakeFence
    clock: Clock
    metrics: Metrics = field(default_factory=Metrics)
    stories: Stories = field(default_factory=Stories)


class MinerActor(Supervised, MultiplexedActor):
    """Keeps one miner at what is desired of it and reports upwards by `tell`."""

    def __init__(self, facts: MinerFacts, endpoint: Endpoint, driver: Readable, parts: MinerParts) -> None:
        super().__init__()
        self.supervise(facts.miner_id, parts.directory)
        self._facts = facts
        self._endpoint = endpoint
        self._driver = driver
        self._parts = parts
        now = parts.clock()
        self._state = MinerState(phase_since=now, counted_at=now, setting=facts.home_setting)
        self._withdrawn = _NONE

    def on_receive(self, message: Message) -> None:
        before, now = self._state, self._parts.clock()
        fenced = self._parts.fence.standby_version
        self._note(before, message, now)
        self._state, effects = handle(before, message, now, self._facts, fenced)
        for effect in effects:
            self._carry_out(effect)
        if isinstance(message, Finished) and self._withdrawn:
            self._withdrawn = self._withdrawn - {message.token} or _NONE
        if not isinstance(message, PollDue) or self._state.phase is not before.phase:
            self._tell_fleet(report(self._state, self._facts, now))

    def _note(self, before: MinerState, message: Message, now: Timestamp) -> None:
        metrics = self._parts.metrics
        match message:
            case PollDue(due=due) if due is not None:
                metrics.poll_lateness.observe(max(0.0, now - due))
            case Polled(outcome=outcome, latency=latency):
                metrics.polled(latency, outcome.kind if isinstance(outcome, DeviceError) else None)
            case Finished(token=token, outcome=outcome) if before.call and before.call.token == token:
                call, desired = before.call, before.desired
                failed = outcome.kind if isinstance(outcome, DeviceError) else None
                ordered = desired if desired is not None and desired.version == call.version else None
                since = None if ordered is None or call.step is Step.RENEW else now - ordered.since
                metrics.called(call.step, failed, since)
                self._say_of(call, outcome, now)
            case SetTarget(setpoint, version):
                self._say(version, "is to run" if setpoint.running else "is to sleep", {})
            case ManualCommand(step=step, version=version):
                self._say(version, f"is given {step.words} by an operator", {"step": step.value})

    def _say_of(self, call: Call, outcome: bool | DeviceError | None, now: Timestamp) -> None:
        """Say what the device made of a step, in the words and with the ids of the order that it is for."""
        if call.step is Step.RENEW:
            return
        taken = not isinstance(outcome, DeviceError)
        text = f"has taken {call.step.words}" if taken else f"has not taken {call.step.words}: {outcome}"
        kind = outcome.kind if isinstance(outcome, DeviceError) else "taken"
        fields = {"step": call.step.value, "outcome": kind, "seconds": round(now - call.since, 3)}
        self._say(call.version, text, fields)

    def _say(self, version: Version, text: str, fields: dict[str, object]) -> None:
        ids, miner_id = self._parts.stories.line(version), self._facts.miner_id
        if ids is not None:
            logger.info("%s %s.", miner_id, text.rstrip("."), extra={**ids, **fields, "miner": miner_id})

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Poll(token):
                started = self._parts.clock()
                self._parts.runner.poll(self._driver, self._endpoint, partial(self._polled, token, started))
            case Probe(token):
                look = partial(self._driver.probe, self._endpoint)
                self._parts.runner.call(look, partial(self._probed, token), lane=lane_of(effect))
            case ReadPools():
                self._parts.runner.submit_coroutine(self._driver.pools(self._endpoint), self._pools_read)
            case Send():
                permit = self._permit(effect)
                work = partial(
                    carry_out, effect, self._driver, self._endpoint, permit, self._keep, self._recall
                )
                self._parts.runner.call(work, partial(self._finished, effect.token), lane=lane_of(effect))
            case Withdraw(token):
                self._withdrawn |= {token}
            case Announce(news):
                self._tell_fleet(news)
            case Answer(reply, outcome):
                reply.set_result(outcome)

    def _tell_fleet(self, news: MinerReport | ActionEnded) -> None:
        fleet = self._parts.directory.fleet
        if fleet is not None:
            self.pool.tell(fleet, news)

    def _permit(self, send: Send) -> Permit:
        """Whatever may end with the miner hashing has the fence before it."""

        def stands() -> bool:
            fence = self._parts.fence
            overtaken = fence.closed or send.token in self._withdrawn
            return not overtaken and (send.starts_nothing or fence.allows(send.version))

        return stands

    def _keep(self, tuning: Tuning) -> None:
        """Have the fleet record a tuning before it is changed; a thread of the runner waits for it."""
        fleet, kept = self._parts.directory.fleet, False
        with suppress(ActorDeadError, Timeout):
            message = KeepTuning(self._facts.miner_id, tuning)
            kept = fleet is not None and fleet.ask(message, timeout=KEEP_WITHIN) is True
        if not kept:
            raise DeviceError("The miner's own tuning could not be recorded, so it was not changed.")

    def _recall(self) -> Tuning | None:
        """Ask the fleet what it has kept of the miner's own; a thread of the runner waits for it."""
        fleet = self._parts.directory.fleet
        with suppress(ActorDeadError, Timeout):
            if fleet is not None:
                return cast(
                    "Tuning | None", fleet.ask(RecallTuning(self._facts.miner_id), timeout=KEEP_WITHIN)
                )
        raise DeviceError("What the miner was set to could not be looked up, so it was not changed.")

    # The runner calls these from its own threads: all they do is tell.

    def _polled(self, token: int, started: float, outcome: Reading | DeviceError) -> None:
        latency = Seconds(self._parts.clock() - started)
        self._tell(Polled(token, outcome, latency))

    def _probed(self, token: int, outcome: Reading | DeviceError) -> None:
        self._tell(Probed(token, outcome))

    def _pools_read(self, outcome: tuple[Pool, ...] | DeviceError) -> None:
        if not isinstance(outcome, DeviceError):
            self._tell(PoolsRead(outcome))

    def _finished(self, token: int, outcome: bool | DeviceError | None) -> None:
        self._tell(Finished(token, outcome))

    def _tell(self, message: Message) -> None:
        with suppress(ActorDeadError):
            self.actor_ref.tell(message)
