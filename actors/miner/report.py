"""From what a miner's actor remembers to what it publishes. Pure."""

from actors.miner.decide import has_settled
from actors.miner.state import MinerFacts, MinerState
from actors.report import MinerReport, Phase
from netstab.units import Timestamp, Watts

__all__ = ["report"]


def report(state: MinerState, facts: MinerFacts, now: Timestamp) -> MinerReport:
    """Publish a miner's condition at `now`."""
    return MinerReport(
        miner_id=facts.miner_id,
        at=now,
        phase=state.phase,
        phase_since=state.phase_since,
        seen_at=state.seen_at,
        power=_power(state, facts),
        reading=state.reading,
        frequency=state.frequency,
        pools=state.pools,
        desired=state.desired,
        commanded=state.commanded,
        in_transition=state.transition.step if state.transition else None,
        settled=has_settled(state),
        attempts=tuple(state.attempts.items()),
        misses=state.misses,
        trouble=state.trouble,
        latency=state.latency,
        lost_power=state.lost_power if state.phase is Phase.UNREACHABLE else Watts(0.0),
        drew=state.drew if state.phase is Phase.UNREACHABLE else Watts(0.0),
        running_hours=facts.hours_before + state.hashed_s / 3600,
    )


def _power(state: MinerState, facts: MinerFacts) -> Watts:
    if state.reading is not None:
        return state.reading.power
    on_its_way = state.phase is Phase.STARTING or state.transition is not None
    return facts.model.idle_power if on_its_way else Watts(0.0)
