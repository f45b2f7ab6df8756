"""What to do next with a device to bring it to what is desired. Pure."""

from collections.abc import Mapping

from actors.miner.state import Call, MinerFacts, MinerState, Transition
from actors.report import REACHABLE, Backoff, Desired, Phase, Step
from netstab.devices.family import Timings, Waits
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.wear import Strain
from netstab.units import Seconds, Setting, Timestamp

__all__ = [
    "after_failure",
    "awaits_pool",
    "effect_limit",
    "has_settled",
    "has_stayed_down",
    "has_vanished",
    "is_needless",
    "is_starting",
    "keeps_hashing",
    "may_be_open",
    "may_cure",
    "next_step",
    "took_effect",
    "waits_to_be_set",
    "without_moot",
]

_RUNNING = (Phase.HASHING, Phase.STARTING)
_AT_REST_OR_WORK = (Phase.HASHING, Phase.ASLEEP)


def next_step(state: MinerState, now: Timestamp, facts: MinerFacts, fenced: int) -> Step | None:
    """Choose the step that brings the miner nearer to its desired setpoint, None if there is none now.

    An order up to version `fenced` starts nothing any more: only a newer one can.
    """
    if state.desired is None or state.call is not None or _is_closed(state, now):
        return None
    step = _towards(state, state.desired, now, facts, fenced)
    return (
        Step.RENEW if step is None and _is_to_be_renewed(state, state.desired, now, facts, fenced) else step
    )


def _is_closed(state: MinerState, now: Timestamp) -> bool:
    """Whether it is known that the device takes nothing, by its own word or by what it has answered."""
    barred = state.barred
    if barred is not None and now < barred.backoff.next_at:
        return True
    return state.reading is not None and bool(state.reading.closed)


def may_be_open(state: MinerState, now: Timestamp, facts: MinerFacts) -> bool:
    """Whether one that took nothing may be asked again and nothing is wanted of it: only its use can tell."""
    barred = state.barred
    if barred is None or barred.may_be_open or state.call is not None or now < barred.backoff.next_at:
        return False
    return state.desired is None or _wanted(state, state.desired.setpoint, facts) is None


def _towards(
    state: MinerState, desired: Desired, now: Timestamp, facts: MinerFacts, fenced: int
) -> Step | None:
    setpoint = desired.setpoint
    step = None if _takes_no_orders(state) else _wanted(state, setpoint, facts)
    if step is None or not _may_interrupt(step, state.transition, setpoint, facts):
        return None
    if (setpoint.running or step is not Step.SLEEP) and (
        desired.version <= fenced or is_starting(state, now, facts)
    ):
        return None
    backoff = state.backoffs.get(step)
    if backoff is not None and now < backoff.next_at:
        return None
    return None if step is Step.TUNE and now < state.set_from else step


def _is_to_be_renewed(
    state: MinerState, desired: Desired, now: Timestamp, facts: MinerFacts, fenced: int
) -> bool:
    """Whether a device that watches over who sets it is to hear again what holds, or is on its way to."""
    every, setpoint = facts.timings.renew, desired.setpoint
    if every is None or state.observed not in REACHABLE or _takes_no_orders(state):
        return False
    if setpoint.running and (setpoint.setting is None or desired.version <= fenced):
        return False
    if state.transition is None and _wanted(state, setpoint, facts) is not None:
        return False
    said_at = max(state.renewed_at, state.commanded.at if state.commanded else state.renewed_at)
    return now >= said_at + every


def _takes_no_orders(state: MinerState) -> bool:
    return state.reading is not None and bool(state.reading.takes_no_orders)


def is_starting(state: MinerState, now: Timestamp, facts: MinerFacts) -> bool:
    """Whether a start may be under way in a miner that does not hash, whatever its readings say.

    One of ours may be for all the time that a start can take. A miner that was without power shows its web
    server some time before it hashes by itself, and a process that died is started anew by its watchdog.
    """
    if state.observed is Phase.HASHING:
        return False
    ours = state.start is not None and now < state.start.until
    return ours or (state.returned_at is not None and now < state.returned_at + facts.timings.boot)


def has_vanished(state: MinerState, transition: Transition, now: Timestamp, facts: MinerFacts) -> bool:
    """Whether a miner that took a start has been silent for longer than any boot."""
    since = max(transition.since, state.seen_at or transition.since)
    return state.observed is Phase.UNREACHABLE and now >= since + facts.timings.vanished


def has_stayed_down(state: MinerState, transition: Transition, facts: MinerFacts) -> bool:
    """Whether a miner that was woken answers again without a mining process, later than any would begin."""
    within, seen_at = facts.timings.process, state.seen_at
    if within is None or transition.step is not Step.WAKE or seen_at is None:
        return False
    return state.observed is Phase.ASLEEP and seen_at >= transition.since + within


def _wanted(state: MinerState, setpoint: Setpoint, facts: MinerFacts) -> Step | None:
    if not setpoint.running:
        return Step.SLEEP if state.observed in _RUNNING else None
    differs = not _is_set_so(state, setpoint)
    if facts.capabilities.starts_when_set:
        settable = state.observed in REACHABLE and not _takes_no_orders(state)
        return Step.TUNE if differs and settable else None
    restores = setpoint.tuning is not None and setpoint.tuning != state.restored
    if state.observed is Phase.STARTING and Step.WAKE in state.backoffs and not awaits_pool(state):
        return Step.WAKE  # it took a wake and has not come to hash in all its time
    if state.observed is Phase.ASLEEP:
        # A stopped miner's setting is changed first: that only saves it, and costs no second start.
        if restores and Step.RESTORE not in state.backoffs:
            return Step.RESTORE
        return Step.TUNE if differs and _is_set_asleep(state, facts) else Step.WAKE
    if state.observed is not Phase.HASHING or not (restores or differs):
        return None
    if not restores and state.unapplied == setpoint.setting:
        return Step.RESTART
    step, setting = (Step.TUNE, setpoint.setting)
    if restores and setpoint.tuning is not None:
        step, setting = (Step.RESTORE, setpoint.tuning.setting)
    return Step.SLEEP if setting != state.setting and _sleeps_first(state, step, facts) else step


def _sleeps_first(state: MinerState, step: Step, facts: MinerFacts) -> bool:
    """Whether a miner that hashes is put to sleep to be set, where a restart of its process may break it.

    Once for an order: one that was woken for it and hashes otherwise is not helped by that.
    """
    if not (facts.timings.set_asleep and facts.capabilities.restarts_on_change) or step in state.backoffs:
        return False
    told, woken = state.desired, state.commanded
    return told is None or woken is None or woken.step is not Step.WAKE or woken.at < told.since


def _is_set_asleep(state: MinerState, facts: MinerFacts) -> bool:
    """Whether a stopped miner is set before it is woken: not one that hashes on when set, and has refused."""
    refuses = Step.TUNE in state.backoffs and not facts.capabilities.restarts_on_change
    return not facts.capabilities.volatile and not refuses


def _is_set_so(state: MinerState, setpoint: Setpoint) -> bool:
    """Whether it is set as it is to be: one that sets its own power is set to nothing from here."""
    return _sets_itself(state) or setpoint.setting in (None, state.setting)


def _sets_itself(state: MinerState) -> bool:
    return state.reading is not None and bool(state.reading.self_tuning)


def awaits_pool(state: MinerState) -> bool:
    """Whether only its pools keep the miner from hashing: an outage of theirs must not reboot a fleet."""
    return state.reading is not None and state.reading.awaits_pool


def _may_interrupt(step: Step, transition: Transition | None, setpoint: Setpoint, facts: MinerFacts) -> bool:
    """A miner that boots is left alone, but one whose process runs again may be put to sleep at once.

    One that is tuned without a restart takes a newer setting while it settles, and one that is started by its
    setting takes it at any time.
    """
    if transition is None:
        return True
    if step is Step.SLEEP and not setpoint.running:
        return transition.step is not Step.SLEEP
    settable = transition.keeps_hashing or facts.capabilities.starts_when_set
    return step is Step.TUNE and settable and transition.setting != setpoint.setting


def _is_at(state: MinerState, setpoint: Setpoint) -> bool:
    """Whether the device does what the setpoint says, as far as its readings tell."""
    if not setpoint.running:
        return state.observed not in _RUNNING
    tuned = _is_set_so(state, setpoint) and setpoint.tuning in (None, state.restored)
    return state.observed is Phase.HASHING and tuned


def has_settled(state: MinerState) -> bool:
    """Whether nothing is left to be done or awaited for what is desired."""
    if (state.call is not None and state.call.step is not Step.RENEW) or state.transition is not None:
        return False
    return state.desired is None or _is_at(state, state.desired.setpoint)


def took_effect(state: MinerState, transition: Transition) -> bool:
    """Whether the readings show what the step was meant to bring about."""
    match transition.step:
        case Step.SLEEP:
            return state.observed is Phase.ASLEEP
        case Step.WAKE:
            return state.observed is Phase.HASHING
        case Step.TUNE:
            set_so = _sets_itself(state) or state.setting == transition.setting
            return state.observed is Phase.HASHING and set_so
        case Step.RESTORE if transition.keeps_hashing:
            return state.observed is Phase.HASHING
        case _:
            return state.observed is Phase.HASHING and transition.interrupted


def effect_limit(step: Step, facts: MinerFacts) -> Seconds:
    """How long the effect of a step may keep us waiting: it must have been looked for a few times."""
    timings = facts.timings
    limit = timings.stop if step is Step.SLEEP else timings.start
    if keeps_hashing(step, facts):
        starts = timings.start if facts.capabilities.starts_when_set else 0.0
        limit = Seconds(max(facts.capabilities.settles_within, starts))
    return Seconds(max(limit, 4 * facts.poll_interval))


def waits_to_be_set(state: MinerState, step: Step, now: Timestamp, facts: MinerFacts) -> bool:
    """Whether one that no change restarts is only on its way to where it takes a setting, if not for long."""
    return keeps_hashing(step, facts) and now < state.phase_since + facts.timings.start


def keeps_hashing(step: Step, facts: MinerFacts) -> bool:
    """Whether a step changes what a miner draws and costs it nothing."""
    return step in (Step.TUNE, Step.RESTORE) and not facts.capabilities.restarts_on_change


def strain_of(call: Call, facts: MinerFacts) -> Strain | None:
    """Say how a call wears the miner if it is carried out: one at rest that is only set is not begun anew."""
    sets, asleep = call.step in (Step.TUNE, Step.RESTORE), call.observed is Phase.ASLEEP
    if call.step is Step.WAKE or (sets and asleep and facts.capabilities.starts_when_set):
        return Strain.WAKE
    spares = call.step in (Step.SLEEP, Step.RENEW) or keeps_hashing(call.step, facts)
    return None if spares or (sets and asleep) else Strain.RESTART


def is_needless(state: MinerState, step: Step, now: Timestamp, facts: MinerFacts) -> bool:
    """Whether an operator's step is done or under way already. A second wake would reboot a booting miner."""
    if step is Step.WAKE:
        waking = state.transition is not None and state.transition.starts
        return waking or is_starting(state, now, facts) or state.observed in _RUNNING
    return step is Step.SLEEP and state.observed is Phase.ASLEEP and state.transition is None


def without_moot(state: MinerState, now: Timestamp, facts: MinerFacts) -> Mapping[Step, Backoff]:
    """Return the failures that still say something.

    A step that nobody wants any more, such as an operator's restart, is forgotten once it might be tried
    again. What keeps a miner from running as it should counts on while it is at rest, for an hour, and a
    setting without effect while it is told none; a failed wake counts until it is seen hashing.
    """
    if state.call is not None or state.transition is not None or state.observed not in _AT_REST_OR_WORK:
        return state.backoffs
    wanted = _wanted(state, state.desired.setpoint, facts) if state.desired is not None else None
    return {
        step: backoff
        for step, backoff in state.backoffs.items()
        if step in (Step.WAKE, wanted) or now < _matters_until(step, backoff, state.observed, facts)
    }


def _matters_until(step: Step, backoff: Backoff, observed: Phase, facts: MinerFacts) -> float:
    """Say until when a failed step that nobody wants matters."""
    if step is Step.SLEEP and observed is Phase.ASLEEP:
        return 0.0
    passing = (Step.SLEEP, Step.RESTART, Step.REBOOT, Step.RESET)
    set_freely = step is Step.TUNE and facts.capabilities.tunes_freely
    forgotten = step in passing or (observed is Phase.HASHING and not set_freely)
    return backoff.next_at + (0.0 if forgotten else facts.timings.remembered)


def may_cure(state: MinerState, setting: Setting, now: Timestamp, timings: Timings) -> bool:
    """Whether a restart may be spent on a setting that is configured and not run at.

    Once in a while, and once until it runs at that setting: restarts may break the process.
    """
    cured = state.cured
    return cured is None or (cured.awaited != setting and now >= cured.at + timings.cure_every)


def after_failure(step: Step, before: Backoff | None, now: Timestamp, timings: Timings) -> Backoff:
    """Count a failure and double the wait, up to the step's longest."""
    failures = (before.failures if before else 0) + 1
    return Backoff(failures, Timestamp(now + _waits(step, timings).after(failures)))


def _waits(step: Step, timings: Timings) -> Waits:
    """Waking and restarting strain a miner, sleeping does not."""
    return {Step.SLEEP: timings.after_sleep, Step.WAKE: timings.after_wake}.get(step, timings.after_change)
