"""Whether a server's fleet may be moved by the bench, what stops it, and in what order it is left. Pure.

The bench may only move what nobody else commands, with somebody's word for the power that it moves; whatever
is not as it was when that was given ends the test.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from itertools import pairwise
from typing import Any

from netstab.qualification.plan import Plan
from netstab.qualification.remote import LIMITS, Asked, Shown
from netstab.units import Watts, kilowatts, watts

__all__ = ["Release", "fault", "intention", "is_simulated", "refusals", "release"]

_QUIET = 300.0  # s; an EMS that has ordered within them may order again at any moment
_PRESENT = 0.8  # of what the fleet is rated at: with less the figures are those of another fleet
_GRAIN = 0.001  # kW; an order is kept to the watt
_WORD = 0.01  # of the rated power: so far off may be what somebody says that it is


def is_simulated(health: Mapping[str, Any]) -> bool:
    """Whether all miners of a server are on loopback, where none is real."""
    try:
        network = ip_network(str(health["network_cidr"]), strict=False)
    except ValueError:
        return False
    return health["mode"] == "direct" and network.is_loopback


def refusals(shown: Shown, health: Mapping[str, Any], word_kw: float | None) -> Iterator[str]:
    """Give each reason against a test, as a sentence; `word_kw` is what power somebody said may be moved.

    A simulated fleet takes nobody's word; whatever else ordered it, and a bench that dies, do no harm there.
    """
    rated = float(shown.status["rated_power_kw"])
    if not is_simulated(health):
        if word_kw is None or not abs(word_kw - rated) <= _WORD * rated:  # nor is nan a word
            yield f"Nobody has said that {rated:g} kW may be moved: --live --yes-move {rated:g}."
        if not shown.dispatch["ems"]["timeout_seconds"]:
            yield "EMS_TIMEOUT_SECONDS is 0: if the bench dies its last order would stand for ever."
        yield from _heard_lately(shown)
    yield from _in_the_way(shown)
    yield from (f"There is an alarm: {error}" for error in shown.status["errors"])
    if not health["healthy"]:
        yield "The server is not healthy."
    if not shown.status["is_available_for_dispatch"]:
        yield "The fleet takes no orders now."
    reachable = float(shown.capacity["reachable_power_kw"])
    if reachable < _PRESENT * rated:
        yield f"Only {reachable:g} kW of {rated:g} kW can be had now; {_PRESENT:.0%} are needed."


def _in_the_way(shown: Shown) -> Iterator[str]:
    """Say who else has a say."""
    if shown.status["manual_override_active"]:
        yield "A manual override is in force."
    for limit in shown.dispatch["limits"]:
        yield f"A limit of {limit['power_kw']:g} kW by {limit['source']} is in force."
    if shown.dispatch["failsafe"] is not None:
        yield "The failsafe is in force: an EMS has fallen silent that may come back."


def _heard_lately(shown: Shown) -> Iterator[str]:
    heard = shown.dispatch["ems"]["last_command"]
    if heard is not None:
        age = (
            datetime.fromisoformat(shown.status["last_update"]) - datetime.fromisoformat(heard)
        ).total_seconds()
        if age < _QUIET:
            yield f"An EMS has ordered {age:.0f} s ago; {_QUIET:.0f} s of silence are needed."


def fault(now: Shown, asked: Asked | None, *, silent: bool) -> str:
    """Say what has come between since the bench `asked`, "" for nothing; `silent`: it is so on purpose."""
    if now.status["manual_override_active"]:
        return "An operator has taken command by an override."
    if any(limit["source"] != LIMITS for limit in now.dispatch["limits"]):
        return "A limit was set."
    if now.status["state"] == "fault":
        return "The fleet is in fault: " + "; ".join(now.status["errors"])
    if asked is None:
        return ""
    if now.dispatch["failsafe"] is not None:
        return "" if silent else "The failsafe acts: the server has not heard the bench in time."
    return (
        ""
        if _is_ours(now, asked)
        else f"Somebody else has ordered {_power(now.dispatch['target_power_kw'])}."
    )


def _is_ours(now: Shown, asked: Asked) -> bool:
    """Whether an order of the bench is in force."""
    ordered = now.dispatch["target_power_kw"]
    ours = any(_same(ordered, None if power is None else kilowatts(power)) for power in asked.possible)
    return ours and now.dispatch["in_command"] == "ems"


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < _GRAIN


@dataclass(frozen=True, slots=True)
class Release:
    """How the fleet is left: with an `order`, None for standby, where it `orders`; `words` say why."""

    orders: bool
    order: Watts | None
    words: str


def release(before: Shown, now: Shown, asked: Asked | None) -> Release:
    """Say how to leave a fleet: as it was ordered before, unless somebody else has taken command."""
    if asked is None:
        return Release(False, None, "Nothing was ordered.")
    after = _afterwards(now.dispatch["ems"]["timeout_seconds"])
    if now.status["manual_override_active"]:
        words = f"The operator has command. Once he gives it back the test's last order holds again; {after}."
        return Release(False, None, words)
    if now.dispatch["failsafe"] is None and not asked.in_doubt and not _is_ours(now, asked):
        return Release(False, None, "Somebody else has ordered, and keeps command.")
    power = before.dispatch["target_power_kw"]
    return Release(
        True,
        None if power is None else watts(power),
        f"Left as it was ordered before: {_power(power)}; {after}.",
    )


def intention(
    plans: Sequence[Plan], capability_kw: float, timeout: float, before: Shown, pace: float = 1.0
) -> str:
    """Say in a paragraph what will be done to the fleet: power, duration, wakes, and how it ends.

    `pace` is how many seconds of a plan are played in one.
    """
    powers = [(order.target or 0.0) / 1000 for plan in plans for order in plan.orders]
    seconds = sum(plan.seconds for plan in plans) / pace
    rises = sum(max(0.0, after - one) for one, after in pairwise([0.0, *powers]))
    wakes = rises / capability_kw if capability_kw else 0.0  # with nothing to be had it will be refused
    return (
        f"Power will move between {min(powers, default=0.0):.1f} and {max(powers, default=0.0):.1f} kW for "
        f"{_duration(seconds)}; each miner will be woken about {wakes:.1f} times. "
        "Ctrl-C, any fault, an override, a limit or another's order end it at once, and the fleet is left "
        f"as it was ordered before: {_power(before.dispatch['target_power_kw'])}. If this process dies, "
        f"{_if_it_dies(timeout)}"
    )


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"


def _if_it_dies(timeout: float) -> str:
    if not timeout:
        return "its last order stands, for EMS_TIMEOUT_SECONDS of the server is 0 and no failsafe acts."
    return (
        f"EMS_FAILSAFE of the server acts after {timeout:g} s; where that is `hold`, its last order stands."
    )


def _afterwards(timeout: float) -> str:
    if not timeout:
        return "it stands until somebody orders, for the server has no failsafe"
    return f"unless an EMS orders, the failsafe acts after {timeout:g} s"


def _power(power_kw: float | None) -> str:
    return "standby" if power_kw is None else f"{power_kw:g} kW"
