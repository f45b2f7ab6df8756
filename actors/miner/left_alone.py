"""Why a miner that answers is told no setting for a while, and counts for what it draws. Pure."""

from actors.miner.state import MinerFacts, MinerState
from actors.report import Step
from netstab.units import Timestamp

__all__ = ["left_as_it_is"]


def left_as_it_is(state: MinerState, now: Timestamp, facts: MinerFacts) -> str:
    """Say why a miner is told no setting now, "" where it may be."""
    if state.fallen is not None and now < state.fallen.next_at:
        return "restarts itself at low power"
    return "does not take its setting" if _does_not_take(state, now, facts) else ""


def _does_not_take(state: MinerState, now: Timestamp, facts: MinerFacts) -> bool:
    """Whether a setting had no effect on one that is tuned freely, until the next one had.

    Of one that a setting restarts or starts, the failed start says that.
    """
    failed = state.backoffs.get(Step.TUNE)
    if failed is None or not facts.capabilities.tunes_freely or facts.capabilities.starts_when_set:
        return False
    tried = state.transition is not None and state.transition.step is Step.TUNE
    return tried or now < failed.next_at
