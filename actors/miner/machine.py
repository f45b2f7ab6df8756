"""The state machine of one miner: (state, message, time) to (state, effects). Pure.

It never acts twice on one thing: one call at a time, and after a step is taken its effect is awaited
before another is sent. Every message is followed by the same question: what is to be done next?
"""

from collections.abc import Mapping
from dataclasses import replace

from actors.messages import (
    ActionEnded,
    Finished,
    Operate,
    PollDue,
    Polled,
    PoolsRead,
    Probed,
    Pursue,
    Release,
)
from actors.miner.decide import after_failure, effect_limit, has_vanished, is_needless, next_step, took_effect
from actors.miner.observe import counted, missed, rephased, seen
from actors.miner.state import (
    Announce,
    Answer,
    Call,
    Contact,
    Effect,
    MinerFacts,
    MinerState,
    Poll,
    Probe,
    ReadPools,
    Reply,
    Send,
    Transition,
    Waiting,
    Withdraw,
)
from actors.report import Attempt, Commanded, Desired, Step, Trouble
from netstab.devices.port import Reading
from netstab.errors import DeviceError, NoEffect, PortClosed, TimedOut, Withdrawn
from netstab.units import Megahertz, Seconds, Timestamp, Volts

__all__ = ["Message", "handle"]

Message = PollDue | Polled | Probed | PoolsRead | Pursue | Release | Operate | Finished
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
            state, effects = _polled(state, message, now)
        case Probed():
            state, effects = _probed(state, message, now)
        case PoolsRead(pools):
            state, effects = replace(state, pools=pools), ()
        case Pursue() | Release():
            state, effects = _ordered(state, message, now)
        case Operate():
            state, effects = _operated(state, message, now)
        case Finished():
            state, effects = _finished(state, message, now, facts)
    state, settled = _settle(state, now, facts)
    if _was_fenced_off(call, message, state):
        return rephased(state, now), effects + settled
    state, sent = _act(state, now, fenced)
    return rephased(state, now), effects + settled + sent


def _was_fenced_off(call: Call | None, message: Message, state: MinerState) -> bool:
    """Whether the fence, not a newer order, withdrew a call: the same step must wait for the next look."""
    withdrawn = isinstance(message, Finished) and isinstance(message.outcome, Withdrawn)
    return withdrawn and call is not None and state.desired is not None and call.order == state.desired.order


def _look(state: MinerState, now: Timestamp) -> Turn:
    state = counted(state, now)
    effects: tuple[Effect, ...] = ()
    if state.contact is Contact.HASHING and now >= state.pools_due:
        state = replace(state, pools_due=Timestamp(now + POOLS_EVERY_S))
        effects = (ReadPools(),)
    if state.poll is not None or state.probe is not None:
        return state, effects
    token = state.tokens + 1
    return replace(state, tokens=token, poll=token), (*effects, Poll(token))


def _polled(state: MinerState, message: Polled, now: Timestamp) -> Turn:
    if message.token != state.poll:
        return state, ()
    state = replace(state, poll=None, latency=message.latency)
    if isinstance(message.outcome, Reading):
        return seen(state, message.outcome, now), ()
    if isinstance(message.outcome, PortClosed) and state.contact is Contact.STOPPED and now < state.probe_due:
        return replace(state, seen_at=now, misses=0), ()
    if state.contact is Contact.HASHING and isinstance(message.outcome, TimedOut) and not state.misses:
        # The web server costs ten times as much to ask: a host that is late with its polls cannot afford it.
        return missed(state, message.outcome, now), ()
    token = state.tokens + 1
    return replace(state, tokens=token, probe=token), (Probe(token),)


def _probed(state: MinerState, message: Probed, now: Timestamp) -> Turn:
    if message.token != state.probe:
        return state, ()
    state = replace(state, probe=None)
    if isinstance(message.outcome, Reading):
        state = replace(state, probe_due=Timestamp(now + PROBE_ASLEEP_EVERY_S))
        return seen(state, message.outcome, now), ()
    return missed(state, message.outcome, now), ()


def _ordered(state: MinerState, message: Pursue | Release, now: Timestamp) -> Turn:
    desired = Desired(message.setpoint, message.order, now) if isinstance(message, Pursue) else None
    changed = desired is None or state.desired is None or desired.setpoint != state.desired.setpoint
    state = replace(state, desired=desired)
    return state, _overtaken(state) if changed else ()


def _operated(state: MinerState, message: Operate, now: Timestamp) -> Turn:
    effects = _overtaken(state)
    if state.waiting is not None:
        effects += (Answer(state.waiting.command.reply, _OVERTAKEN),)
    desired = state.desired
    if message.setpoint is not None:
        desired = Desired(message.setpoint, message.order, now)
    return replace(state, desired=desired, waiting=Waiting(message, now)), effects


def _overtaken(state: MinerState) -> tuple[Effect, ...]:
    """Withdraw what dispatch has under way; what an operator asked for is carried through."""
    call = state.call
    return (Withdraw(call.token),) if call is not None and call.reply is None else ()


def _finished(state: MinerState, message: Finished, now: Timestamp, facts: MinerFacts) -> Turn:
    call, outcome = state.call, message.outcome
    if call is None or call.token != message.token:
        return state, ()
    state = replace(state, call=None)
    error = outcome if isinstance(outcome, DeviceError) else None
    effects: tuple[Effect, ...] = () if call.reply is None else (Answer(call.reply, error),)
    if error is None:
        return _taken(state, call, now, facts, changed=outcome is not False), effects
    if not isinstance(error, Withdrawn):
        state = _failed(state, call.step, error, now)
    return state, (*effects, Announce(ActionEnded(facts.miner_id, call.step, call.order, str(error), now)))


def _taken(state: MinerState, call: Call, now: Timestamp, facts: MinerFacts, *, changed: bool) -> MinerState:
    """Note that the device has taken a step: from here its readings decide."""
    state = replace(state, commanded=Commanded(call.step, call.frequency, call.order, now))
    if call.step is Step.SET_FREQUENCY and call.contact is Contact.STOPPED:
        return replace(state, frequency=call.frequency, attempts=_without(state.attempts, call.step))
    if not changed:
        if state.frequency == call.frequency:
            return state
        text = f"{call.frequency} MHz is configured, but the miner runs at {state.frequency} MHz."
        return _failed(state, call.step, DeviceError(text), now)
    until = Timestamp(now + effect_limit(call.step, facts))
    return replace(state, transition=Transition(call.step, call.frequency, call.order, now, until))


def _failed(state: MinerState, step: Step, error: DeviceError, now: Timestamp) -> MinerState:
    attempts = {**state.attempts, step: after_failure(step, state.attempts.get(step), now)}
    return replace(state, attempts=attempts, trouble=Trouble(error.kind, str(error), now))


def _settle(state: MinerState, now: Timestamp, facts: MinerFacts) -> Turn:
    """Close a transition whose effect is seen, or whose time is up."""
    transition = state.transition
    if transition is None:
        return _stuck(state, now, facts), ()
    reason = ""
    if took_effect(state, transition):
        state = replace(state, transition=None, attempts=_without(state.attempts, transition.step))
    elif now < transition.until and not has_vanished(state, transition, now):
        return state, ()
    else:
        waited = round(now - transition.since)
        reason = f"The miner took {transition.step}, but showed no effect within {waited} s."
        state = _failed(replace(state, transition=None), transition.step, NoEffect(reason), now)
    took = Seconds(round(now - transition.since, 1))
    news = ActionEnded(facts.miner_id, transition.step, transition.order, reason, now, took)
    return state, (Announce(news),)


def _without(attempts: Mapping[Step, Attempt], step: Step) -> Mapping[Step, Attempt]:
    return {each: attempt for each, attempt in attempts.items() if each is not step}


def _stuck(state: MinerState, now: Timestamp, facts: MinerFacts) -> MinerState:
    """Count a miner that was found starting, and never comes to hash, as one whose wake has failed."""
    waited = now - state.phase_since
    if state.contact is not Contact.STARTING or Step.WAKE in state.attempts:
        return state
    if waited <= effect_limit(Step.WAKE, facts):
        return state
    return _failed(state, Step.WAKE, NoEffect(f"The miner has been starting for {round(waited)} s."), now)


def _act(state: MinerState, now: Timestamp, fenced: int) -> Turn:
    """Send the next step: an operator's first, then what dispatch needs."""
    if state.waiting is not None and state.call is None:
        return _operate(replace(state, waiting=None), state.waiting, now)
    step = next_step(state, now, fenced)
    if step is None or state.desired is None:
        return state, ()
    frequency = state.desired.setpoint.frequency if step is Step.SET_FREQUENCY else None
    return _send(state, step, frequency, None, state.desired.order, None)


def _operate(state: MinerState, waiting: Waiting, now: Timestamp) -> Turn:
    command = waiting.command
    if now - waiting.since > OPERATION_EXPIRES_S:
        return state, (Answer(command.reply, TimedOut("The miner was busy with another command.")),)
    if is_needless(state, command.step):
        return state, (Answer(command.reply, None),)
    return _send(state, command.step, command.frequency, command.voltage, command.order, command.reply)


def _send(
    state: MinerState,
    step: Step,
    frequency: Megahertz | None,
    voltage: Volts | None,
    order: int,
    reply: Reply | None,
) -> Turn:
    token = state.tokens + 1
    state = replace(state, tokens=token, call=Call(token, step, frequency, order, reply, state.contact))
    if state.transition is not None:
        state = replace(state, transition=None)
    return state, (Send(token, step, frequency, voltage, order),)
