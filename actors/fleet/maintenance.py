"""Which miners no command can help any more, and why: somebody has to go and look at them. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from actors.report import MinerReport, Phase, Step
from events.state import FleetState, RegisteredMiner
from netstab.devices.families import family_of
from netstab.devices.models import MinerModel, model_named
from netstab.units import MinerId, Seconds, Timestamp

__all__ = ["NeedsMaintenance", "needs_maintenance"]

SILENT_FOR = Seconds(600.0)
"""A miner that boots or loses a switch for a moment is back by then."""

_FAILURES = 3
_STEPS = {
    Step.WAKE: "does not come to hash: {} wakes in a row failed",
    Step.TUNE: "does not take a setting: {} attempts in a row failed",
    Step.RESTORE: "does not take back its own tuning: {} attempts in a row failed",
    Step.SLEEP: "does not stop: {} sleep commands in a row failed",
}


@dataclass(frozen=True, slots=True)
class NeedsMaintenance:
    """`since` is when it was found, as far as it is known."""

    miner_id: MinerId
    reason: str
    since: Timestamp


def needs_maintenance(
    state: FleetState, reports: Mapping[MinerId, MinerReport], now: Timestamp
) -> list[NeedsMaintenance]:
    """List the miners to look at, in the order of registration, each with its gravest reason."""
    found = (
        next(_reasons(reports[miner_id], miner, now), None)
        for miner_id, miner in state.miners.items()
        if miner_id in reports
    )
    return [each for each in found if each is not None]


def _reasons(report: MinerReport, miner: RegisteredMiner, now: Timestamp) -> Iterator[NeedsMaintenance]:
    def because(reason: str, since: Timestamp) -> NeedsMaintenance:
        return NeedsMaintenance(report.miner_id, reason, since)

    if report.phase is Phase.LOCKED or (miner.locked and report.reachable):
        yield because(f"refuses the password of its web server{_set_by(miner)}", report.phase_since)
    if report.closed and report.reachable:
        yield because(report.closed, report.closed_since or report.phase_since)
    if report.phase is Phase.UNREACHABLE and now >= report.phase_since + SILENT_FOR:
        yield because("has not answered for more than ten minutes", report.phase_since)
    for step, backoff in report.backoffs:
        if step in _STEPS and backoff.failures >= _FAILURES:
            since = report.last_error.at if report.last_error else report.phase_since
            yield because(_STEPS[step].format(backoff.failures), since)
    dead = _dead(report, model_named(miner.model))
    if dead:
        yield because(f"hashes without {dead}", report.phase_since)


def _set_by(miner: RegisteredMiner) -> str:
    """Name the settings that hold what is shown to it."""
    family = family_of(miner.firmware, miner.model, miner.firmware_version)
    names = " and ".join(asked.name for asked in family.credentials)
    return f": see {names}" if names else ""


def _dead(report: MinerReport, model: MinerModel) -> str:
    """Name what is broken on a miner that hashes: whole boards, which it does not list, else chips."""
    boards = report.reading.boards if report.reading and report.phase is Phase.HASHING else ()
    if not boards or not model.known:
        return ""
    chips = [board.chips_ok for board in boards if board.chips_ok]
    if len(chips) < model.boards:
        return f"{model.boards - len(chips)} of {model.boards} boards"
    missing = model.chips - sum(chips)
    return f"{missing} of {model.chips} chips" if missing > 0 else ""
