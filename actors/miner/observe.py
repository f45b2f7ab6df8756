"""From what a look at the device brought to what is known of it. Pure."""

from collections.abc import Mapping

from msgspec.structs import replace

from actors.miner.barred import still_barred
from actors.miner.fallen import fall, why_it_fell
from actors.miner.state import Cure, MinerFacts, MinerState, Start, Transition, phase_of
from actors.report import Backoff, LastError, Phase, Step
from netstab.devices.port import Activity, Reading
from netstab.errors import DeviceError, Unauthorized
from netstab.units import Setting, Timestamp, Watts

__all__ = ["counted", "has_ended", "missed", "rephased", "seen"]

_OBSERVED = {
    Activity.HASHING: Phase.HASHING,
    Activity.STARTING: Phase.STARTING,
    Activity.STOPPED: Phase.ASLEEP,
}

_MAY_BOOT = (Phase.HASHING, Phase.UNKNOWN)
"""What came before a silence that a boot may have been: a start of this server may fall into one."""

AGE_SLACK_S = 5.0
"""A process tells its age in whole seconds, and the answer may be late."""

MISSES_UNTIL_SILENT = 2
"""One lost answer is noise; the second in a row makes a miner unreachable."""


def seen(state: MinerState, reading: Reading, now: Timestamp, facts: MinerFacts) -> MinerState:
    """Take in an answer of the device."""
    state, reading = counted(state, now), _corrected(reading, facts)
    observed = _OBSERVED[reading.activity]
    running = observed is not Phase.ASLEEP
    born = None if reading.elapsed is None else Timestamp(now - reading.elapsed)
    transition = state.transition
    if transition is not None and has_ended(transition.born, observed, born):
        transition = replace(transition, interrupted=True)
    fell = fall(state, now, facts) if _is_another(state, born) else None
    state = replace(
        state,
        observed=observed,
        reading=reading,
        seen_at=now,
        returned_at=now if not running and _stopped_untold(state) else state.returned_at,
        consecutive_failures=0,
        transition=transition,
        backoffs=_standing(state, reading, facts) if observed is Phase.HASHING else state.backoffs,
        fallen=fell or state.fallen,
        set_from=state.set_from if fell is None else fell.next_at,
        last_error=why_it_fell(state, now) if fell is not None else state.last_error,
        setting=_setting(state, reading, facts),
        born=born,
        start=None if _is_over(state.start, observed, born, now, facts) else state.start,
        hashing_power=_hashing_power(state, reading, observed, born),
        cured=_reached(state.cured, reading),
        barred=still_barred(state.barred, reading),
    )
    return rephased(state, now)


def _corrected(reading: Reading, facts: MinerFacts) -> Reading:
    """Return a reading with the power that is known of a unit that is set up so."""
    if facts.power_share == 1 or reading.activity is not Activity.HASHING:
        return reading
    power = max(facts.capabilities.idle_power, Watts(facts.power_share * reading.power))
    return replace(reading, power=power)


def _stopped_untold(state: MinerState) -> bool:
    """Whether a miner that is found stopped hashed or booted before, and nobody here had it stop."""
    if state.observed is Phase.UNREACHABLE:
        return state.silent_from in _MAY_BOOT
    told = not _hashes_on(state.transition) or state.call is not None
    wanted = state.desired is not None and state.desired.setpoint.running
    return state.observed is Phase.HASHING and wanted and not told


def _setting(state: MinerState, reading: Reading, facts: MinerFacts) -> Setting | None:
    """Return what the miner is set to now: a volatile setting is lost when the process ends."""
    if reading.setting is not None and (
        reading.activity is not Activity.STOPPED or facts.capabilities.starts_when_set
    ):
        return reading.setting
    lost = facts.capabilities.volatile and reading.activity is not Activity.HASHING
    return None if lost else state.setting


def _is_over(
    start: Start | None, observed: Phase, born: Timestamp | None, now: Timestamp, facts: MinerFacts
) -> bool:
    """Whether a start is known to be over: a process that it brought about hashes, and will not be ended."""
    if start is None or born is None or observed is not Phase.HASHING:
        return False
    return born >= start.since and now >= start.taken + facts.timings.let_in


def _hashing_power(
    state: MinerState, reading: Reading, observed: Phase, born: Timestamp | None
) -> Watts | None:
    """Return what the mining process drew when it hashed last, None if this one was not seen to."""
    if observed is Phase.HASHING:
        return reading.power
    return None if observed is Phase.ASLEEP or _is_another(state, born) else state.hashing_power


def _is_another(state: MinerState, born: Timestamp | None) -> bool:
    """Whether the mining process is another than the one seen last, by its age."""
    return state.born is not None and born is not None and born > state.born + AGE_SLACK_S


def _reached(cured: Cure | None, reading: Reading) -> Cure | None:
    reached = cured is not None and reading.activity is Activity.HASHING and reading.setting == cured.awaited
    return replace(cured, awaited=None) if cured is not None and reached else cured


def missed(state: MinerState, error: DeviceError, now: Timestamp) -> MinerState:
    """Take in that neither port told anything of use."""
    state = counted(state, now)
    consecutive_failures = state.consecutive_failures + 1
    observed = state.observed
    if isinstance(error, Unauthorized):
        observed = Phase.LOCKED
    elif consecutive_failures >= MISSES_UNTIL_SILENT or observed is Phase.UNKNOWN:
        observed = Phase.UNREACHABLE
    transition = state.transition
    if transition is not None and transition.born is None and observed is not Phase.HASHING:
        transition = replace(transition, interrupted=True)  # silence is all that there is to go by
    state = replace(
        state,
        observed=observed,
        silent_from=state.observed if observed is not state.observed else state.silent_from,
        lost_power=_lost(state) if observed is not state.observed else state.lost_power,
        drew=_drew(state) if observed is not state.observed else state.drew,
        consecutive_failures=consecutive_failures,
        # What a miner drew before it fell silent says nothing of what it draws now.
        reading=state.reading if observed is state.observed and _hashes_on(transition) else None,
        last_error=LastError(error.kind, str(error), now),
        transition=transition,
    )
    return rephased(state, now)


def _lost(state: MinerState) -> Watts:
    """Return what a miner draws at the moment it falls silent: it may go on drawing it."""
    hashed = state.observed is Phase.HASHING and _hashes_on(state.transition)
    return state.reading.power if hashed and state.reading is not None else Watts(0.0)


def _hashes_on(transition: Transition | None) -> bool:
    return transition is None or transition.keeps_hashing


def _drew(state: MinerState) -> Watts:
    return state.reading.power if state.reading is not None else Watts(0.0)


def rephased(state: MinerState, now: Timestamp) -> MinerState:
    """Bring the phase up to date with what was observed, and the transition."""
    phase = phase_of(state.observed, state.transition)
    return state if phase is state.phase else replace(state, phase=phase, phase_since=now)


def counted(state: MinerState, now: Timestamp) -> MinerState:
    """Add the hashing time since the last count."""
    since = state.counted_at if state.counted_at is not None else now
    hashed = now - since if state.phase is Phase.HASHING else 0.0
    return replace(state, hashed_s=state.hashed_s + hashed, counted_at=now)


def has_ended(before: Timestamp | None, observed: Phase, born: Timestamp | None) -> bool:
    """Whether the mining process that was born at `before` runs no more, by a look that found it so.

    Its age is the reliable sign; without one it is that nothing hashes.
    """
    if observed is Phase.ASLEEP or before is None or born is None:
        return observed is not Phase.HASHING
    return born > before + AGE_SLACK_S


def _standing(state: MinerState, reading: Reading, facts: MinerFacts) -> Mapping[Step, Backoff]:
    """Return the failures that stand: a miner that hashes is awake, even if it took longer than awaited.

    So is one that is tuned freely set, once it says what it was told last.
    """
    told = state.commanded
    set_so = told is not None and told.step is Step.TUNE and told.setting == reading.setting
    over = (Step.WAKE, Step.TUNE) if set_so and facts.capabilities.tunes_freely else (Step.WAKE,)
    return {step: backoff for step, backoff in state.backoffs.items() if step not in over}
