"""What a device of Braiins OS does, from what it tells. Pure.

Its firmware moves the power target by itself, by dynamic power scaling: what it holds is read, never what was
ordered, and that it holds less than was configured is told.
"""

from dataclasses import dataclass

from netstab.devices.antminer.halted import awaits_pool, why_it_does_not_hash
from netstab.devices.braiins.documents import Configured, Status, Told, Tuner
from netstab.devices.figures import NO_POWER
from netstab.devices.port import Activity, Board, Pool, Reading
from netstab.power.unit import COMMON_IDLE_POWER
from netstab.units import GigahashPerSecond, Watts

__all__ = ["SCALES", "STOPPED", "Seen", "activity", "reading", "scaled_to"]

SCALES = "dynamic power scaling"
"""The agent of the firmware that lowers the power target while the machine is too hot."""

STOPPED = (Status.NOT_STARTED, Status.PAUSED, Status.SUSPENDED)
_SUSPENDED = "its firmware has suspended mining"
_RESTRICTED = "it does not hash: its firmware restricts it"


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look brought; `drawn` is None where it does not tell.

    `pools` are needed of one that should hash and does not.
    """

    told: Told
    drawn: Watts | None
    hashrate: GigahashPerSecond
    tuner: Tuner
    configured: Configured
    boards: tuple[Board, ...] = ()
    fans: tuple[int, ...] = ()
    pools: tuple[Pool, ...] = ()


def activity(told: Told, hashrate: GigahashPerSecond) -> Activity:
    """Judge by the status; a process that runs hashes once it gives a rate, whatever the status says."""
    if told.status in STOPPED:
        starts = told.reason is not None and told.reason.starts
        return Activity.STARTING if starts else Activity.STOPPED
    return Activity.HASHING if hashrate > 0 else Activity.STARTING


def scaled_to(tuner: Tuner, configured: Configured) -> int | None:
    """Return the power target that scaling holds it at, in W, None where nothing shows that it does.

    A target that was just set is not reached at once either. Scaling is what holds it below the configured
    one while the tuner is done with that, or says that it scales and does not tune.
    """
    holds, target = tuner.holds, configured.target
    if holds is None or target is None or holds >= target or tuner.moves or configured.scales is False:
        return None
    tuned = tuner.tuned_for == target if tuner.tuned_for is not None else configured.scales
    return holds if tuned else None


def reading(seen: Seen) -> Reading:
    told, tuner, configured = seen.told, seen.tuner, seen.configured
    does = activity(told, seen.hashrate)
    hashes = does is Activity.HASHING
    scaled = scaled_to(tuner, configured) if hashes else None
    awaits = told.reason is not None and told.reason.awaits_pool
    return Reading(
        activity=does,
        power=_power(does, seen),
        hashrate=seen.hashrate if hashes else GigahashPerSecond(0.0),
        setting=tuner.holds or configured.target,
        elapsed=told.elapsed if does is not Activity.STOPPED else None,
        boards=seen.boards,
        fans=seen.fans,
        uncertain=_uncertain(does, seen),
        awaits_pool=does is Activity.STARTING and (awaits or awaits_pool(seen.pools)),
        takes_no_orders="" if hashes else _takes_no_orders(told),
        closed="",  # it takes our token
        reach=None if scaled is None else Watts(float(scaled)),
        self_tuning="" if scaled is None else SCALES,
    )


def _power(does: Activity, seen: Seen) -> Watts:
    """Return what it tells that it draws; else what it is set to, or what all draw asleep."""
    if seen.drawn:
        return seen.drawn
    holds = seen.tuner.holds or seen.configured.target or 0
    return Watts(float(holds)) if does is Activity.HASHING else COMMON_IDLE_POWER


def _uncertain(does: Activity, seen: Seen) -> str:
    told = seen.told
    if does is Activity.HASHING:
        return "" if seen.drawn else NO_POWER
    if does is Activity.STOPPED:
        return ""
    if told.reason is not None:
        return f"it does not hash: {told.reason.words}"
    return _RESTRICTED if told.status is Status.RESTRICTED else why_it_does_not_hash(seen.boards, seen.pools)


def _takes_no_orders(told: Told) -> str:
    """Say why no order brings it to hash now, "" where one may."""
    if told.reason is not None and told.reason.refuses:
        return told.reason.words
    return _SUSPENDED if told.status is Status.SUSPENDED and told.reason is None else ""
