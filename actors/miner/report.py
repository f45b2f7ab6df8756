"""From what a miner's actor remembers to what it publishes. Pure."""

from actors.miner.decide import has_settled
from actors.miner.left_alone import left_as_it_is
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
        setting=state.setting,
        pools=state.pools,
        desired=state.desired,
        commanded=state.commanded,
        in_transition=state.transition.step if state.transition else None,
        settled=has_settled(state),
        backoffs=tuple(state.backoffs.items()),
        consecutive_failures=state.consecutive_failures,
        last_error=state.last_error,
        latency=state.latency,
        lost_power=state.lost_power if state.phase is Phase.UNREACHABLE else Watts(0.0),
        drew=state.drew if state.phase is Phase.UNREACHABLE else Watts(0.0),
        uncertain=_uncertain(state, facts),
        closed=_closed(state),
        closed_since=state.barred.since if state.barred is not None else None,
        may_be_open=_may_be_open(state),
        left_as_it_is=left_as_it_is(state, now, facts),
        counted_on=facts.timings.counted_on,
        running_hours=facts.hours_before + state.hashed_s / 3600,
    )


def _closed(state: MinerState) -> str:
    """Say why it takes nothing from here though it answers, by its own word or by what it has answered."""
    if state.reading is not None and state.reading.closed:
        return state.reading.closed
    return state.barred.why.text if state.barred is not None else ""


def _may_be_open(state: MinerState) -> bool:
    says_closed = state.reading is not None and bool(state.reading.closed)
    return state.barred is not None and state.barred.may_be_open and not says_closed


def _power(state: MinerState, facts: MinerFacts) -> Watts:
    estimate = _estimate(state, facts)
    if estimate is not None:
        return estimate
    if state.reading is not None:
        return state.reading.power
    on_its_way = state.phase is Phase.STARTING or state.transition is not None
    return facts.capabilities.idle_power if on_its_way else Watts(0.0)


def _estimate(state: MinerState, facts: MinerFacts) -> Watts | None:
    """Return what a miner may draw whose process runs without hashing; None where a reading tells.

    It is taken to draw what it drew when it hashed, else what its boards can: no hash is not no power.
    """
    reading = state.reading
    if reading is None or not reading.uncertain or state.observed is not Phase.STARTING or state.transition:
        return None
    late = reading.elapsed is not None and reading.elapsed > facts.timings.start
    most = reading.power_at_most
    drew = state.hashing_power if state.hashing_power is not None else most if late else None
    return None if drew is None else max(reading.power, drew if most is None else min(drew, most))


def _uncertain(state: MinerState, facts: MinerFacts) -> str:
    """Say why the power shown is uncertain, "" where it is not, and while a start is awaited.

    One that is found stopped may say that it has failed.
    """
    reading = state.reading
    if reading is None or state.phase not in (Phase.HASHING, Phase.STARTING, Phase.ASLEEP):
        return ""
    known = state.phase is Phase.STARTING and _estimate(state, facts) is None
    return "" if known else reading.uncertain
