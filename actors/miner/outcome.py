"""What follows from the end of a call and from its effect, or from its absence. Pure."""

from collections.abc import Mapping

from msgspec.structs import replace

from actors.messages import ActionEnded, Finished
from actors.miner.barred import barred_by
from actors.miner.decide import (
    after_failure,
    awaits_pool,
    effect_limit,
    has_stayed_down,
    has_vanished,
    keeps_hashing,
    may_cure,
    strain_of,
    took_effect,
    waits_to_be_set,
)
from actors.miner.observe import has_ended
from actors.miner.state import (
    Announce,
    Answer,
    Call,
    Cure,
    Effect,
    MinerFacts,
    MinerState,
    Start,
    Transition,
)
from actors.report import Backoff, Commanded, LastError, Phase, Step
from netstab.errors import DeviceError, NoEffect, StillStarting, Withdrawn
from netstab.units import Seconds, Timestamp, Version

__all__ = ["cut_short", "finished", "is_refused", "not_ordered", "settle"]

Turn = tuple[MinerState, tuple[Effect, ...]]

LOOKED_AT_AGAIN_S = 5.0
"""So soon one is asked again that climbs yet and takes a setting only then: once in a look at most."""

_COVERS = {Step.REBOOT: (Step.RESTART,), Step.RESET: (Step.RESTART, Step.REBOOT)}
"""A step that came to its end does what these failed to do as well."""


def finished(state: MinerState, message: Finished, now: Timestamp, facts: MinerFacts) -> Turn:
    """Take in how a call ended: from here the readings decide."""
    call, outcome = state.call, message.outcome
    if call is None or call.token != message.token:
        return state, ()
    state = replace(state, call=None)
    error = outcome if isinstance(outcome, DeviceError) else None
    if call.step is Step.RENEW:
        return _renewed(state, error, now), ()
    effects: tuple[Effect, ...] = () if call.reply is None else (Answer(call.reply, error),)
    if error is None and call.step is Step.RESTORE and (outcome is False or call.observed is Phase.ASLEEP):
        return _restored(state, call, now, facts)
    if error is None:
        return _taken(state, call, now, facts, changed=outcome is not False), effects
    if not isinstance(error, Withdrawn):
        state = _refused(state, call.step, error, now, facts)
    if error.may_have_acted and call.step is not Step.SLEEP and not facts.capabilities.starts_when_set:
        until = Timestamp(now + effect_limit(call.step, facts))
        state = replace(state, start=Start(call.since, now, until))
    refused = call.reply is not None and is_refused(call.step, error)
    if refused:
        state = not_ordered(state, call.version, error)
    strain = strain_of(call, facts) if error.may_have_acted else None
    ended = ActionEnded(
        facts.miner_id, call.step, call.version, str(error), now, refused=refused, strain=strain
    )
    return state, (*effects, Announce(ended))


def is_refused(step: Step, error: DeviceError) -> bool:
    """Whether an operator's command that ended so is not ordered any more: the device has said no to it.

    A start or stop that was not answered stays ordered, and is carried out once the device answers.
    """
    return step is Step.TUNE or error.says_no


def not_ordered(state: MinerState, version: Version, error: DeviceError) -> MinerState:
    """Want nothing of a device for a command that it said no to, until the fleet says what is wanted."""
    desired = state.desired
    if desired is None or desired.version != version or not error.says_no:
        return state
    return replace(state, desired=None)


def _renewed(state: MinerState, error: DeviceError | None, now: Timestamp) -> MinerState:
    """Note that it was said again what holds, or that it was tried: the next time comes soon enough."""
    last_error = state.last_error if error is None else LastError(error.kind, str(error), now)
    return replace(state, renewed_at=now, last_error=last_error)


def _restored(state: MinerState, call: Call, now: Timestamp, facts: MinerFacts) -> Turn:
    """Note that a miner's own tuning stands again, without a restart."""
    commanded = Commanded(call.step, None, call.version, now)
    setting = call.tuning.setting if call.tuning and call.observed is Phase.ASLEEP else state.setting
    backoffs = _without(state.backoffs, call.step)
    state = replace(state, commanded=commanded, restored=call.tuning, setting=setting, backoffs=backoffs)
    return state, (Announce(ActionEnded(facts.miner_id, call.step, call.version, "", now)),)


def _taken(state: MinerState, call: Call, now: Timestamp, facts: MinerFacts, *, changed: bool) -> MinerState:
    """Note that the device has taken a step: from here its readings decide."""
    state = replace(state, commanded=Commanded(call.step, call.setting, call.version, now), barred=None)
    starts = facts.capabilities.starts_when_set
    if call.step is Step.TUNE and call.observed is Phase.ASLEEP and not starts:
        backoffs = _without(state.backoffs, call.step)
        return replace(state, setting=call.setting, backoffs=backoffs, restored=None)
    free = keeps_hashing(call.step, facts)
    if not changed and not free:
        return _unchanged(state, call, now, facts)
    until = Timestamp(now + effect_limit(call.step, facts))
    ran = call.observed is Phase.HASHING or call.born is not None
    transition = Transition(
        step=call.step,
        setting=call.setting,
        version=call.version,
        since=now,
        until=until,
        born=call.born,
        interrupted=not ran or has_ended(call.born, state.observed, state.born),
        keeps_hashing=free,
        strain=strain_of(call, facts),
    )
    start = Start(call.since, now, until) if transition.starts else state.start if free else None
    restored = call.tuning if call.step in (Step.RESTORE, Step.TUNE) else state.restored
    return replace(state, transition=transition, start=start, unapplied=None, restored=restored)


def _unchanged(state: MinerState, call: Call, now: Timestamp, facts: MinerFacts) -> MinerState:
    """Judge a setting that was configured already: saved while the process started, it is not run at."""
    if call.setting is None or state.setting == call.setting:
        return state
    if may_cure(state, call.setting, now, facts.timings):
        return replace(state, unapplied=call.setting, cured=Cure(call.setting, now))
    text = f"{call.setting} is configured, but the miner runs at {state.setting}."
    return _failed(replace(state, unapplied=None), call.step, DeviceError(text), now, facts)


def _refused(
    state: MinerState, step: Step, error: DeviceError, now: Timestamp, facts: MinerFacts
) -> MinerState:
    """Note that a device takes nothing from here, or else that a step has failed."""
    if isinstance(error, StillStarting) and waits_to_be_set(state, step, now, facts):
        return replace(state, set_from=Timestamp(now + LOOKED_AT_AGAIN_S))
    barred = barred_by(state.barred, error, now, facts.timings)
    if barred is None:
        return _failed(state, step, error, now, facts)
    return replace(state, barred=barred, last_error=barred.why)


def _failed(
    state: MinerState,
    step: Step,
    error: DeviceError,
    now: Timestamp,
    facts: MinerFacts,
    over: Timestamp | None = None,
) -> MinerState:
    """Note that a step has failed; the next waits from when what it began is `over`, if that may go on."""
    backoff = after_failure(step, state.backoffs.get(step), max(now, over or now), facts.timings)
    backoffs = {**state.backoffs, step: backoff}
    return replace(state, backoffs=backoffs, last_error=LastError(error.kind, str(error), now))


def settle(state: MinerState, now: Timestamp, facts: MinerFacts) -> Turn:
    """Close a transition whose effect is seen, or whose time is up."""
    transition = state.transition
    if transition is None:
        return _stuck(state, now, facts), ()
    reason = ""
    if took_effect(state, transition):
        backoffs = _without(state.backoffs, transition.step, *_COVERS.get(transition.step, ()))
        state = replace(state, transition=None, backoffs=backoffs)
    elif now < transition.until and not (
        has_vanished(state, transition, now, facts) or has_stayed_down(state, transition, facts)
    ):
        return state, ()
    else:
        waited = round(now - transition.since)
        shown = f"showed no effect within {waited} s{_why(state)}"
        reason = f"The miner took {transition.step.words}, but {shown}."
        restored = None if transition.step is Step.RESTORE else state.restored
        state = replace(state, transition=None, restored=restored)
        state = _failed(state, transition.step, NoEffect(reason), now, facts, transition.until)
    took = Seconds(round(now - transition.since, 1))
    news = ActionEnded(
        facts.miner_id, transition.step, transition.version, reason, now, took, strain=transition.strain
    )
    return state, (Announce(news),)


def cut_short(transition: Transition | None, now: Timestamp, facts: MinerFacts) -> tuple[Effect, ...]:
    """Tell of a step that wore the miner, and whose effect another one does not wait for."""
    if transition is None or transition.strain is None:
        return ()
    news = ActionEnded(
        facts.miner_id,
        transition.step,
        transition.version,
        "A newer command overtook it before its effect was seen.",
        now,
        Seconds(round(now - transition.since, 1)),
        cut_short=True,
        strain=transition.strain,
    )
    return (Announce(news),)


def _why(state: MinerState) -> str:
    """Say what a miner that is found stopped tells of that."""
    told = state.reading.uncertain if state.reading is not None and state.observed is Phase.ASLEEP else ""
    return f": {told}" if told else ""


def _without(backoffs: Mapping[Step, Backoff], *steps: Step) -> Mapping[Step, Backoff]:
    return {each: backoff for each, backoff in backoffs.items() if each not in steps}


def _stuck(state: MinerState, now: Timestamp, facts: MinerFacts) -> MinerState:
    """Count a miner that was found starting, and never comes to hash, as one whose wake has failed."""
    waited = now - state.phase_since
    if state.observed is not Phase.STARTING or Step.WAKE in state.backoffs or awaits_pool(state):
        return state
    if waited <= effect_limit(Step.WAKE, facts):
        return state
    return _failed(
        state, Step.WAKE, NoEffect(f"The miner has been starting for {round(waited)} s."), now, facts
    )
