"""What a device of Braiins OS tells, from its REST answers to values. Pure.

Source: the fields of recorded answers of 25.11 and 26.04, and the vendor's public description of API 1.7.
"""

from dataclasses import dataclass
from enum import StrEnum

from netstab.devices.antminer.identity import mac_of
from netstab.devices.antminer.naming import label
from netstab.devices.braiins.reasons import Reason, reason_in
from netstab.devices.figures import MOST_HASHRATE, MOST_POWER, dug, figure, kind, parsed, whole
from netstab.errors import MalformedAnswer
from netstab.units import GigahashPerSecond, Seconds, Watts

__all__ = [
    "Bounds",
    "Configured",
    "Status",
    "Told",
    "Tuner",
    "bounds",
    "configured",
    "hashrate",
    "stats",
    "taken_power",
    "told",
    "tuner",
]

_ANY_POWER = 1_000_000  # W: a bound that no machine comes near is one, too
_MOST_SECONDS = 2.0**31
_LONGEST_HOSTNAME = 253


class Status(StrEnum):
    """What `miner/details` says of the mining process; the values count from 1 there."""

    NOT_STARTED = "not started"
    NORMAL = "normal"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    RESTRICTED = "restricted"
    UNTOLD = "untold"


_STATUSES = [status.value for status in Status if status is not Status.UNTOLD]
_TUNER_STATES = ("disabled", "stable", "tuning", "error", "continuous", "preheat")
_MODES = ("power", "hashrate")
_SWITCHED = ("enabled", "enable")  # the one as the tuner's, the other as it is set; neither was recorded


@dataclass(frozen=True, slots=True)
class Told:
    """What counts of `miner/details`; `reason` says why it does not hash, where that is told (API 1.14)."""

    model: str
    version: str
    mac: str
    hostname: str
    status: Status
    reason: Reason | None
    elapsed: Seconds | None
    rated_hashrate: GigahashPerSecond


@dataclass(frozen=True, slots=True)
class Tuner:
    """What counts of `performance/tuner-state`: the target that it holds now, in W, and what it does."""

    state: str
    holds: int | None
    tuned_for: int | None

    @property
    def moves(self) -> bool:
        """Whether it is on its way to a target."""
        return self.state in ("tuning", "preheat")


@dataclass(frozen=True, slots=True)
class Configured:
    """What counts of `configuration/miner`: the power target that was set, in W, None in another mode.

    `scales` says whether dynamic power scaling is switched on, None where the build does not tell.
    """

    target: int | None
    scales: bool | None
    holds_power: bool


@dataclass(frozen=True, slots=True)
class Bounds:
    """The power targets that the device takes, in W; each may be untold."""

    lowest: int | None
    highest: int | None
    default: int | None


def told(body: bytes) -> Told:
    """Read `miner/details`; raises `MalformedAnswer` for what does not name its firmware."""
    details = parsed(body)
    version = label(dug(details, "bos_version", "current"))
    if not version:
        raise MalformedAnswer("The miner's details do not name a version of Braiins OS.")
    identity = dug(details, "miner_identity")
    model = label(dug(identity, "miner_model")) or label(dug(identity, "name"))
    status = kind(details.get("status"), _STATUSES)
    return Told(
        model=model,
        version=version,
        mac=mac_of(details.get("mac_address")),
        hostname=label(details.get("hostname"), _LONGEST_HOSTNAME),
        status=Status(status) if status else Status.UNTOLD,
        reason=reason_in(details),
        elapsed=_seconds(figure(details, "bosminer_uptime_s", most=_MOST_SECONDS)),
        rated_hashrate=hashrate(dug(details, "sticker_hashrate")),
    )


def stats(body: bytes) -> tuple[Watts | None, GigahashPerSecond]:
    """Read what it draws, None where it does not tell, and its hash rate, from `miner/stats`.

    Of the last 5 s, or of the last 15 s where those had no share: in both the power is an approximation.
    """
    document = parsed(body)
    power = figure(document, "power_stats", "approximated_consumption", "watt", most=MOST_POWER)
    rates = dug(document, "miner_stats", "real_hashrate")
    rate = hashrate(dug(rates, "last_5s")) or hashrate(dug(rates, "last_15s"))
    return None if power is None else Watts(power), rate


def tuner(body: bytes) -> Tuner:
    document = parsed(body)
    mode = dug(document, "mode_state", "powertargetmodestate")
    return Tuner(
        state=kind(document.get("overall_tuner_state"), _TUNER_STATES),
        holds=_target(dug(mode, "current_target")),
        tuned_for=_target(dug(mode, "profile", "target")),
    )


def configured(body: bytes) -> Configured:
    document = parsed(body)
    tuning = dug(document, "tuner")
    told_of = (dug(document, "dps", key) for key in _SWITCHED)
    mode = kind(dug(tuning, "tuner_mode"), _MODES)
    target = _target(dug(tuning, "power_target"))
    holds_power = dug(tuning, "enabled") is not False and mode != "hashrate"
    return Configured(
        target=target if holds_power else None,
        scales=next((switched for switched in told_of if isinstance(switched, bool)), None),
        holds_power=holds_power and (target is not None or mode == "power"),
    )


def bounds(body: bytes) -> Bounds:
    """Read the bounds of the power target from `configuration/constraints`."""
    target = dug(parsed(body), "tuner_constraints", "power_target")
    highest = whole(target, "max", "watt", least=1, most=_ANY_POWER)
    lowest, default = _target(dug(target, "min")), _target(dug(target, "default"))
    return Bounds(lowest, None if highest is None else min(highest, round(MOST_POWER)), default)


def taken_power(body: bytes) -> int | None:
    """Read the value that it took from the answer to `performance/power-target`."""
    return _target(parsed(body))


def _target(document: object) -> int | None:
    return whole(document, "watt", least=1, most=round(MOST_POWER))


def _seconds(value: float | None) -> Seconds | None:
    return None if value is None else Seconds(value)


def hashrate(document: object) -> GigahashPerSecond:
    """Read an object that has a rate in GH/s, 0 where it tells none."""
    return GigahashPerSecond(figure(document, "gigahash_per_second", most=MOST_HASHRATE) or 0.0)
