"""Whether dispatch may use a miner, and in words for an operator why not. Pure."""

import math

from actors.report import MinerReport, Phase, Step
from actors.worded import setting_words
from events.state import Hold, HoldKind, RegisteredMiner
from netstab.devices.families import family_of
from netstab.dispatch.unit_status import Availability
from netstab.units import Seconds

__all__ = ["availability", "dispatchability", "is_as_before"]


def availability(
    miner: RegisteredMiner, report: MinerReport | None, hold: Hold | None
) -> tuple[Availability, str]:
    """Say whether dispatch may use a miner, and if not, why not."""
    if hold is not None:
        return Availability.HELD, _held(hold, miner)
    if reason := miner.not_controllable:
        return Availability.NOT_CONTROLLABLE, (report.closed if report else "") or reason
    if report is None or report.phase is Phase.UNKNOWN:
        return Availability.UNKNOWN, "not seen yet"
    if report.takes_no_orders:
        return Availability.TAKES_NO_ORDERS, report.takes_no_orders
    if report.closed and report.takes_nothing:
        return Availability.CLOSED, report.closed
    if report.phase is Phase.HASHING and not report.backoffs:
        return Availability.AVAILABLE, ""
    why = report.last_error.text if report.last_error else "no answer"
    if report.phase is Phase.LOCKED:
        return Availability.LOCKED, why
    if not report.reachable:
        return Availability.UNREACHABLE, why
    if _does_not_stop(report):
        return Availability.DOES_NOT_STOP, why
    why = _failed_to_wake(miner, report)
    return (Availability.FAILED_TO_WAKE, why) if why else (Availability.AVAILABLE, "")


def is_as_before(before: MinerReport | None, report: MinerReport) -> bool:
    """Whether a miner hashes or sleeps as it did, and may be used, or not, for the same reason."""
    if before is None or report.phase is not before.phase or report.backoffs or before.backoffs:
        return False
    if report.takes_no_orders != before.takes_no_orders or report.self_tuning != before.self_tuning:
        return False
    if report.closed != before.closed or report.may_be_open != before.may_be_open:
        return False
    return report.phase is Phase.HASHING or report.phase is Phase.ASLEEP


def dispatchability(
    miner: RegisteredMiner, report: MinerReport | None, hold: Hold | None
) -> tuple[Availability, bool]:
    """Return what a plan depends on: may dispatch use a miner, and does it hash though dispatch may not."""
    available, _ = availability(miner, report, hold)
    draws = report is not None and (report.phase is Phase.HASHING or bool(report.still_drawn(report.at)))
    return available, draws and available is not Availability.AVAILABLE


def _held(hold: Hold, miner: RegisteredMiner) -> str:
    what = {
        HoldKind.STOPPED: "stopped by an operator",
        HoldKind.FREQUENCY: f"set to {setting_words(miner, hold.setting)} by an operator",
        HoldKind.STARTED: "started by an operator",
    }
    return what[hold.kind]


def _does_not_stop(report: MinerReport) -> bool:
    """Whether a miner hashes on though it was told to sleep, and that more than once."""
    if report.phase is not Phase.HASHING or not report.backoffs:
        return False
    wanted_asleep = report.desired is not None and not report.desired.setpoint.running
    return wanted_asleep and any(step is Step.SLEEP for step, _ in report.backoffs)


def _failed_to_wake(miner: RegisteredMiner, report: MinerReport) -> str:
    """Say why a miner that could run does not come to hash, "" if nothing speaks against it."""
    if report.phase is Phase.HASHING:
        return ""
    failed = report.failed_to_wake if report.backoffs else None
    if failed is not None and failed.next_at > report.at:
        left = _minutes(failed.next_at - report.at)
        return f"failed to wake {failed.failures} times, next attempt within {left}"
    starting = report.phase is Phase.STARTING and report.in_transition is None and not report.wake_failed
    if starting and (lasted := report.at - report.phase_since) > _start_of(miner):
        return report.uncertain or f"has been starting for {_minutes(lasted - 59.0)} and does not hash"
    return ""


def _start_of(miner: RegisteredMiner) -> Seconds:
    return family_of(miner.firmware, miner.model, miner.firmware_version).timings.start


def _minutes(seconds: float) -> str:
    """Word a duration in minutes begun: a reason that changed every second could not be read."""
    return f"{max(1, math.ceil(seconds / 60))} min"
