"""From a mining process's figures to a `Reading`, whichever way they came. Broken sensors are dropped."""

from collections.abc import Iterable, Mapping
from typing import Any

from netstab.devices.antminer.boards import Chain, find_boards
from netstab.devices.antminer.loose_json import number, plausible
from netstab.devices.antminer.power import machine_power, power_at_most, power_is_known
from netstab.devices.antminer.s9 import START_LIMIT
from netstab.devices.figures import NO_POWER
from netstab.devices.model import MinerModel
from netstab.devices.port import Activity, Reading
from netstab.units import GigahashPerSecond, Seconds

__all__ = ["DOES_NOT_HASH", "fan_speeds", "reading", "stopped"]

_FANS = tuple(f"fan{fan}" for fan in range(1, 9))
_OLDEST_S = 1e8  # a process that began before its clock was set, in 1970, calls itself half a century old
DOES_NOT_HASH = "it does not hash"


def fan_speeds(figures: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the speeds of the fans that turn, in rpm; broken sensors were seen at 16,740 and more."""
    told = (figures.get(fan) for fan in _FANS)
    speeds = (plausible(speed, 1, 10_000) for speed in told if speed)
    return tuple(int(speed) for speed in speeds if speed)


def reading(
    chains: Iterable[Chain],
    *,
    total_now: object,
    frequency: float | None,
    elapsed: object,
    fans: tuple[int, ...],
    model: MinerModel,
) -> Reading:
    """Judge a mining process that runs. `total_now` is its `GHS 5s`: "" until the first sample.

    One that has taken a sample of zero, or none for longer than a start takes, does not hash, and may draw
    all the same.
    """
    total, age = number(total_now), plausible(elapsed, 0, _OLDEST_S)
    found = find_boards(chains, total, frequency, model)
    hashrate: float = sum(board.hashrate for board in found.boards)
    if not found.boards and total is not None:  # a machine that names no board is known by its total
        hashrate = plausible(total, 0, model.most_hashrate) or 0.0
    late = age is not None and age > START_LIMIT
    halted = hashrate == 0 and (total == 0 or late) and bool(found.boards or not model.known)
    uncertain = DOES_NOT_HASH if halted else ""
    if hashrate and not power_is_known(found.boards, model):
        uncertain = NO_POWER
    return Reading(
        activity=Activity.HASHING if hashrate > 0 else Activity.STARTING,
        power=machine_power(found.boards, model),
        hashrate=GigahashPerSecond(hashrate),
        setting=round(frequency) if frequency else None,
        elapsed=None if age is None else Seconds(age),
        boards=found.boards,
        fans=fans,
        uncertain=uncertain,
        power_at_most=power_at_most(found.boards, model) if uncertain and model.known else None,
        implausible=_beyond(model, found.implausible),
    )


def stopped(model: MinerModel) -> Reading:
    """Return the reading of a miner without a mining process: only fans and control board draw."""
    return Reading(
        activity=Activity.STOPPED,
        power=model.idle_power,
        hashrate=GigahashPerSecond(0.0),
        setting=None,
        elapsed=None,
        boards=(),
        fans=(),
    )


def _beyond(model: MinerModel, figures: tuple[str, ...]) -> str:
    who = model.name if model.known else "miner"
    return f"tells what no {who} can do: {', '.join(figures[:4])}" if figures else ""
