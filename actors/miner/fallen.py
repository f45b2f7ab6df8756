"""Miners whose mining process ended by itself at a setting below their full one: it may be too low. Pure.

How low a unit can be set is mostly told by nobody, so its readings decide: each fall costs it a start, and it
is left at full power for longer each time before it is set lower again.
"""

from actors.miner.state import MinerFacts, MinerState
from actors.report import Backoff, LastError, Step
from netstab.devices.family import Waits
from netstab.errors import NoEffect
from netstab.units import Seconds, Setting, Timestamp

__all__ = ["fall", "why_it_fell"]

WITHIN = Seconds(1800.0)
"""A process that ends so soon after it was set has ended because of that, as far as can be told."""

LEFT_ALONE = Waits(first=Seconds(1800.0), longest=Seconds(14_400.0))
"""How long it is left alone then: a start takes ten minutes of it; each time it is twice as long."""


def fall(state: MinerState, now: Timestamp, facts: MinerFacts) -> Backoff | None:
    """Count a fall of a miner whose process is found to be another; None where there was a reason for it."""
    if not _fell(state, now, facts):
        return None
    before = state.fallen
    again = before is not None and now < before.next_at + facts.timings.remembered
    falls = before.failures + 1 if before is not None and again else 1
    return Backoff(falls, Timestamp(now + LEFT_ALONE.after(falls)))


def why_it_fell(state: MinerState, now: Timestamp) -> LastError:
    told = state.commanded.setting if state.commanded is not None else None
    text = f"The mining process ended by itself after it was set to {told}: that may be too low for it."
    return LastError(NoEffect.kind, text, now)


def _fell(state: MinerState, now: Timestamp, facts: MinerFacts) -> bool:
    told, transition = state.commanded, state.transition
    starts = state.start is not None or (transition is not None and not transition.keeps_hashing)
    if starts or told is None or told.step is not Step.TUNE or now > told.at + WITHIN:
        return False
    low = _is_low(told.setting, facts) and _is_low(state.setting, facts)
    return facts.capabilities.volatile and low


def _is_low(setting: Setting | None, facts: MinerFacts) -> bool:
    full = facts.capabilities.full_point
    point = None if setting is None else facts.capabilities.point_of(setting)
    return point is not None and full is not None and point.power < full.power
