"""From what a look at the device brought to what is known of it. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from actors.miner.state import Contact, MinerState, Transition, phase_of
from actors.report import Attempt, Phase, Step, Trouble
from netstab.devices.port import Activity, Reading
from netstab.errors import DeviceError, Unauthorized
from netstab.units import Timestamp, Watts

__all__ = ["counted", "missed", "rephased", "seen"]

_CONTACT = {
    Activity.HASHING: Contact.HASHING,
    Activity.STARTING: Contact.STARTING,
    Activity.STOPPED: Contact.STOPPED,
}

_MAY_BOOT = (Contact.HASHING, Contact.UNKNOWN)
"""What came before a silence that a boot may have been: a start of this server may fall into one."""

MISSES_UNTIL_SILENT = 2
"""One lost answer is noise; the second in a row makes a miner unreachable."""


def seen(state: MinerState, reading: Reading, now: Timestamp) -> MinerState:
    """Take in an answer of the device."""
    state = counted(state, now)
    contact = _CONTACT[reading.activity]
    transition = state.transition
    if transition is not None and (contact is not Contact.HASHING or _restarted(state.reading, reading)):
        transition = replace(transition, interrupted=True)
    running = contact is not Contact.STOPPED
    returned = state.contact is Contact.SILENT and state.silent_from in _MAY_BOOT and not running
    state = replace(
        state,
        contact=contact,
        reading=reading,
        seen_at=now,
        returned_at=now if returned else state.returned_at,
        misses=0,
        transition=transition,
        attempts=_without_wake(state.attempts) if contact is Contact.HASHING else state.attempts,
        frequency=reading.frequency if running and reading.frequency else state.frequency,
    )
    return rephased(state, now)


def missed(state: MinerState, error: DeviceError, now: Timestamp) -> MinerState:
    """Take in that neither port told anything of use."""
    state = counted(state, now)
    misses = state.misses + 1
    contact = state.contact
    if isinstance(error, Unauthorized):
        contact = Contact.LOCKED
    elif misses >= MISSES_UNTIL_SILENT or contact is Contact.UNKNOWN:
        contact = Contact.SILENT
    transition = state.transition and _interrupted(state.transition)
    state = replace(
        state,
        contact=contact,
        silent_from=state.contact if contact is not state.contact else state.silent_from,
        lost_power=_lost(state) if contact is not state.contact else state.lost_power,
        misses=misses,
        # What a miner drew before it fell silent says nothing of what it draws now.
        reading=state.reading if contact is state.contact and transition is None else None,
        trouble=Trouble(error.kind, str(error), now),
        transition=transition,
    )
    return rephased(state, now)


def _lost(state: MinerState) -> Watts:
    """Give what a miner draws at the moment it falls silent: it may go on drawing it."""
    hashed = state.contact is Contact.HASHING and state.transition is None and state.reading is not None
    return state.reading.power if hashed and state.reading is not None else Watts(0.0)


def rephased(state: MinerState, now: Timestamp) -> MinerState:
    """Bring the phase up to date with contact and transition."""
    phase = phase_of(state.contact, state.transition)
    return state if phase is state.phase else replace(state, phase=phase, phase_since=now)


def counted(state: MinerState, now: Timestamp) -> MinerState:
    """Add the hashing time since the last count."""
    since = state.counted_at if state.counted_at is not None else now
    hashed = now - since if state.phase is Phase.HASHING else 0.0
    return replace(state, hashed_s=state.hashed_s + hashed, counted_at=now)


def _restarted(before: Reading | None, reading: Reading) -> bool:
    """`Elapsed` falling is the reliable sign of a restart of the mining process."""
    if before is None or before.elapsed is None or reading.elapsed is None:
        return False
    return reading.elapsed < before.elapsed


def _without_wake(attempts: Mapping[Step, Attempt]) -> Mapping[Step, Attempt]:
    """A miner that hashes is awake, even if it took longer than was waited for."""
    return {step: attempt for step, attempt in attempts.items() if step is not Step.WAKE}


def _interrupted(transition: Transition) -> Transition:
    return transition if transition.step is Step.SLEEP else replace(transition, interrupted=True)
