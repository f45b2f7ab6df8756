"""The state machine of one miner: (state, message, time) to (state, effects). Pure.

It never acts twice on one thing: one call at a time, and after a step is taken its effect is awaited
before another is sent. Every message is followed by the same question: what is to be done next?
"""

from msgspec.structs import replace

from actors.messages import (
    ActionEnded,
    Finished,
    ManualCommand,
    PollDue,
    Polled,
    PoolsRead,
    Probed,
    ReleaseControl,
    SetTarget,
)
from actors.miner.decide import is_needless, is_starting, may_be_open, next_step, without_moot
from actors.miner.observe import counted, missed, rephased, seen
from actors.miner.outcome import cut_short, finished, is_refused, not_ordered, settle
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
    Reply,
    Send,
    Waiting,
    Withdraw,
)
from actors.report import Desired, Phase, Step
from netstab.devices.port import Reading
from netstab.dispatch.setpoint import Setpoint
from netstab.errors import (
    ConnectionLost,
    DeviceError,
    PortClosed,
    StillStarting,
    TimedOut,
    Unreachable,
    Withdrawn,
)
from netstab.units import Timestamp

__all__ = ["Message", "handle"]

Message = PollDue | Polled | Probed | PoolsRead | SetTarget | ReleaseControl | ManualCommand | Finished
Turn = tuple[MinerState, tuple[Effect, ...]]

POOLS_EVERY_S = 300.0
PROBE_ASLEEP_EVERY_S = 300.0
"""A closed port already says that the host is up and the process down; the web server is asked rarely."""
OPERATION_EXPIRES_S = 10.0

_OVERTAKEN = Withdrawn("A newer command overtook this one.")


def handle(state: MinerState, message: Message, now: Timestamp, facts: MinerFacts, fenced: int) -> Turn:
    """Take in one message and say what is to be done; orders up to version `fenced` start nothing."""
    call = state.call
    match message:
        case PollDue():
            state, effects = _look(state, now)
        case Polled():
            state, effects = _polled(state, message, now, facts)
        case Probed():
            state, effects = _probed(state, message, now, facts)
        case PoolsRead(pools):
            state, effects = replace(state, pools=pools), ()
        case SetTarget() | ReleaseControl():
            state, effects = _ordered(state, message, now)
        case ManualCommand():
            state, effects = _operated(state, message, now, facts)
        case Finished():
            state, effects = finished(state, message, now, facts)
    state, settled = settle(state, now, facts)
    state = _aged(state, now, facts)
    if _was_fenced_off(call, message, state):
        return rephased(state, now), effects + settled
    state, sent = _act(state, now, facts, fenced)
    return rephased(state, now), effects + settled + sent


def _aged(state: MinerState, now: Timestamp, facts: MinerFacts) -> MinerState:
    """Let go of what time has made of no account: failures, and that the device took nothing."""
    if state.backoffs:
        state = replace(state, backoffs=without_moot(state, now, facts))
    if state.barred is not None and may_be_open(state, now, facts):
        state = replace(state, barred=replace(state.barred, may_be_open=True))
    return state


def _was_fenced_off(call: Call | None, message: Message, state: MinerState) -> bool:
    """Whether the fence, not a newer order, withdrew a call: the same step must wait for the next look."""
    withdrawn = isinstance(message, Finished) and isinstance(message.outcome, Withdrawn)
    return (
        withdrawn and call is not None and state.desired is not None and call.version == state.desired.version
    )


def _look(state: MinerState, now: Timestamp) -> Turn:
    state = counted(state, now)
    effects: tuple[Effect, ...] = ()
    if state.observed is Phase.HASHING and now >= state.pools_due:
        state = replace(state, pools_due=Timestamp(now + POOLS_EVERY_S))
        effects = (ReadPools(),)
    if state.poll is not None or state.probe is not None:
        return state, effects
    token = state.tokens + 1
    return replace(state, tokens=token, poll=token), (*effects, Poll(token))


def _polled(state: MinerState, message: Polled, now: Timestamp, facts: MinerFacts) -> Turn:
    if message.token != state.poll:
        return state, ()
    state = replace(state, poll=None, latency=message.latency)
    if isinstance(message.outcome, Reading):
        return seen(state, message.outcome, now, facts), ()
    if isinstance(message.outcome, PortClosed) and state.observed is Phase.ASLEEP and now < state.probe_due:
        return replace(state, seen_at=now, consecutive_failures=0), ()
    late = isinstance(message.outcome, TimedOut) and not state.consecutive_failures
    if late and state.observed is Phase.HASHING:
        # The web server costs ten times as much to ask: a host that is late with its polls cannot afford it.
        return missed(state, message.outcome, now), ()
    token = state.tokens + 1
    return replace(state, tokens=token, probe=token), (Probe(token, silent=_is_silent(message.outcome)),)


def _is_silent(error: DeviceError) -> bool:
    """Whether nothing came from the host: one that refuses or breaks off is there."""
    return isinstance(error, Unreachable) and not isinstance(error, PortClosed | ConnectionLost)


def _probed(state: MinerState, message: Probed, now: Timestamp, facts: MinerFacts) -> Turn:
    if message.token != state.probe:
        return state, ()
    state = replace(state, probe=None)
    if isinstance(message.outcome, Reading):
        state = replace(state, probe_due=Timestamp(now + PROBE_ASLEEP_EVERY_S))
        return seen(state, message.outcome, now, facts), ()
    return missed(state, message.outcome, now), ()


def _ordered(state: MinerState, message: SetTarget | ReleaseControl, now: Timestamp) -> Turn:
    desired = Desired(message.setpoint, message.version, now) if isinstance(message, SetTarget) else None
    before = state.desired
    same = desired is not None and before is not None and _same(before.setpoint, desired.setpoint)
    state = replace(state, desired=desired)
    return state, () if same else _overtaken(state)


def _same(before: Setpoint, after: Setpoint) -> bool:
    """Whether two setpoints ask for the same: a tuning that is put back is named no more."""
    return after in (before, Setpoint(before.running, before.point))


def _operated(state: MinerState, message: ManualCommand, now: Timestamp, facts: MinerFacts) -> Turn:
    effects = _overtaken(state)
    if state.waiting is not None:
        effects += _ended(state.waiting.command, _OVERTAKEN, now, facts)
    desired = state.desired
    if message.setpoint is not None:
        desired = Desired(message.setpoint, message.version, now)
    return replace(state, desired=desired, waiting=Waiting(message, now)), effects


def _overtaken(state: MinerState) -> tuple[Effect, ...]:
    """Withdraw what dispatch has under way; what an operator asked for is carried through."""
    call = state.call
    return (Withdraw(call.token),) if call is not None and call.reply is None else ()


def _act(state: MinerState, now: Timestamp, facts: MinerFacts, fenced: int) -> Turn:
    """Send the next step: an operator's first, then what dispatch needs."""
    if state.waiting is not None and state.call is None:
        return _operate(replace(state, waiting=None), state.waiting, now, facts)
    step = next_step(state, now, facts, fenced)
    if step is None or state.desired is None:
        return state, ()
    setpoint = state.desired.setpoint
    send = Send(
        token=state.tokens + 1,
        step=step,
        setting=setpoint.setting if step in (Step.TUNE, Step.RENEW) else None,
        voltage=None,
        version=state.desired.version,
        insist=_insists(state, step),
        tuning=setpoint.tuning if step is Step.RESTORE else None,
    )
    return _send(state, send, None, now, facts)


def _operate(state: MinerState, waiting: Waiting, now: Timestamp, facts: MinerFacts) -> Turn:
    command = waiting.command
    if now - waiting.since > OPERATION_EXPIRES_S:
        busy = TimedOut("The miner was busy with another command.")
        return state, _ended(command, busy, now, facts)
    if is_needless(state, command.step, now, facts):
        under_way = state.transition is not None or is_starting(state, now, facts)
        return state, (Answer(command.reply, None),) if under_way else _ended(command, None, now, facts)
    if command.step is Step.TUNE and is_starting(state, now, facts):
        starting = StillStarting("The miner is starting: set its frequency once it hashes.")
        return not_ordered(state, command.version, starting), _ended(command, starting, now, facts)
    step, token = command.step, state.tokens + 1
    send = Send(token, step, command.setting, command.voltage, command.version, _insists(state, step))
    return _send(state, send, command.reply, now, facts)


def _ended(
    command: ManualCommand, error: DeviceError | None, now: Timestamp, facts: MinerFacts
) -> tuple[Effect, ...]:
    """Answer a command for which the device was not asked, and have the log know what came of it."""
    refused = error is not None and is_refused(command.step, error)
    ended = ActionEnded(facts.miner_id, command.step, command.version, str(error or ""), now, refused=refused)
    return Answer(command.reply, error), Announce(ended)


def _send(state: MinerState, send: Send, reply: Reply | None, now: Timestamp, facts: MinerFacts) -> Turn:
    call = Call(
        token=send.token,
        step=send.step,
        setting=send.setting,
        version=send.version,
        reply=reply,
        observed=state.observed,
        born=state.born,
        since=now,
        tuning=send.tuning,
    )
    cut: tuple[Effect, ...] = ()
    if send.step is not Step.RENEW:
        state, cut = replace(state, transition=None), cut_short(state.transition, now, facts)
    return replace(state, tokens=send.token, call=call), (*cut, send)


def _insists(state: MinerState, step: Step) -> bool:
    """Whether the device's other way to sleep is taken: the usual one had no effect."""
    return step is Step.SLEEP and step in state.backoffs
