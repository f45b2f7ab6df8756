"""One miner's actor as an operator sees it, from what it last published. Pure."""

from collections.abc import Callable
from typing import Literal

from actors.report import Commanded, Desired, MinerReport
from actors.report import LastError as ReportedError
from actors.worded import setting_words
from api.schemas.miners import (
    ActorView,
    AttemptView,
    CommandedView,
    DesiredView,
    HoldView,
    LastError,
    MinimumTimeView,
    ObservedView,
    WearView,
)
from events.state import Hold, RegisteredMiner
from netstab.devices.antminer.s9 import frequency_of, has_frequencies
from netstab.devices.families import offers_of
from netstab.devices.offers import Offer
from netstab.units import Timestamp, WallTime, Watts, kilowatts, rfc3339

__all__ = ["actor_view"]

Offered = Literal["switch", "frequency", "restart", "find"]
Shown = Callable[[Timestamp], str]


def actor_view(
    miner: RegisteredMiner,
    report: MinerReport | None,
    hold: Hold | None,
    now: Timestamp,
    wall: Callable[[Timestamp], WallTime],
    inbox_length: int | None,
    restarts: int,
    wear: WearView,
    minimum_time: MinimumTimeView | None,
) -> ActorView:
    """Show a miner's actor; `report` is None before its first, and `wall` shows a moment of this process."""

    def shown(moment: Timestamp) -> str:
        return rfc3339(wall(moment))

    return ActorView(
        miner_id=miner.miner_id,
        published_at=shown(report.at) if report else None,
        age_seconds=round(max(0.0, now - report.at), 3) if report else None,
        desired=_desired(report.desired, miner, shown) if report and report.desired else None,
        commanded=_commanded(report.commanded, miner, shown) if report and report.commanded else None,
        observed=_observed(report, miner, shown) if report else None,
        in_transition=report.in_transition if report else None,
        settled=report.settled if report else False,
        hold=_hold(hold, miner) if hold else None,
        back_off=_back_off(report, shown) if report else [],
        last_error=_last_error(report.last_error, shown) if report and report.last_error else None,
        poll_latency_seconds=report.latency if report else None,
        consecutive_failures=report.consecutive_failures if report else 0,
        running_hours=round(report.running_hours, 3) if report else 0.0,
        wear=wear,
        minimum_time=minimum_time,
        inbox_length=inbox_length,
        restarts=restarts,
        not_controllable=miner.not_controllable,
        offers=_offers(miner),
    )


def _offers(miner: RegisteredMiner) -> list[Offered]:
    """Return what may be done to a miner: what its driver has a way for, and the miner itself takes."""
    if miner.not_controllable is not None:
        return []
    ways = offers_of(miner.firmware, miner.model, miner.firmware_version)
    offers: dict[Offered, bool] = {
        "switch": Offer.SWITCH in ways and miner.points.switchable,
        "frequency": Offer.TUNE in ways and has_frequencies(miner.model),
        "restart": Offer.RESTART in ways,
        "find": Offer.FIND in ways,
    }
    return [offer for offer, holds in offers.items() if holds]


def _desired(desired: Desired, miner: RegisteredMiner, shown: Shown) -> DesiredView:
    setpoint = desired.setpoint
    return DesiredView(
        running=setpoint.running,
        frequency_mhz=frequency_of(miner, setpoint.setting),
        setting=setting_words(miner, setpoint.setting),
        order=desired.version,
        since=shown(desired.since),
    )


def _commanded(commanded: Commanded, miner: RegisteredMiner, shown: Shown) -> CommandedView:
    return CommandedView(
        step=commanded.step,
        frequency_mhz=frequency_of(miner, commanded.setting),
        setting=setting_words(miner, commanded.setting),
        order=commanded.version,
        at=shown(commanded.at),
    )


def _observed(report: MinerReport, miner: RegisteredMiner, shown: Shown) -> ObservedView:
    reading = report.reading
    return ObservedView(
        phase=report.phase,
        since=shown(report.phase_since),
        seen_at=None if report.seen_at is None else shown(report.seen_at),
        activity=reading.activity if reading else None,
        power_kw=kilowatts(report.drawn(report.at) or Watts(0.0)),
        hashrate_ghs=reading.hashrate if reading else None,
        frequency_mhz=frequency_of(miner, report.setting) if report.seen else None,
        setting=setting_words(miner, report.setting) if report.seen else None,
        self_tuning=report.self_tuning or None,
    )


def _hold(hold: Hold, miner: RegisteredMiner) -> HoldView:
    return HoldView(
        kind=hold.kind,
        frequency_mhz=frequency_of(miner, hold.setting),
        setting=setting_words(miner, hold.setting),
        command_id=hold.command_id,
        since=rfc3339(hold.since),
    )


def _back_off(report: MinerReport, shown: Shown) -> list[AttemptView]:
    return [
        AttemptView(step=step, failures=backoff.failures, next_at=shown(backoff.next_at))
        for step, backoff in report.backoffs
    ]


def _last_error(error: ReportedError, shown: Shown) -> LastError:
    return LastError(kind=error.kind, message=error.text, at=shown(error.at))
