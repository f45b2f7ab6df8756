"""From a mining process's figures to a `Reading`, whichever way they came. Broken sensors are dropped."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from netstab.devices.antminer.loose_json import number, plausible
from netstab.devices.antminer.power import machine_power
from netstab.devices.port import Activity, Board, Reading
from netstab.power.models import ANTMINER_S9, MinerModel
from netstab.units import Celsius, GigahashPerSecond, Megahertz, Seconds, Volts, Watts

__all__ = ["board", "fan_speeds", "model_name", "reading", "stopped"]

_MODEL = re.compile(r"Antminer\s+\w+", re.IGNORECASE)
_MOST_HASHRATE_OF_A_BOARD = 15_000.0
_FANS = 8


def model_name(type_name: str) -> str:
    """Give the model without what firmware adds, in brackets or on a second line."""
    match = _MODEL.search(type_name)
    return match[0] if match else ANTMINER_S9.name


def board(position: int, figures: Mapping[str, Any], frequency: float | None) -> Board | None:
    """Read one board's figures, under the names of the status page; None where there is no board.

    `frequency` is the whole machine's, for a board that does not give its own. A temperature is 0 where no
    sensor gives a plausible one.
    """
    chips = int(plausible(figures.get("chain_acn"), 1, 256) or 0)
    if not chips:
        return None
    marks = str(figures.get("chain_acs", ""))
    pcb, chip = (plausible(figures.get(name), 1, 150) for name in ("temp", "temp2"))
    hashrate = plausible(figures.get("rate"), 0, _MOST_HASHRATE_OF_A_BOARD) or 0.0
    volts = plausible(figures.get("chain_vol"), 500, 1200)
    power = plausible(figures.get("chain_consumption"), 20, 1000)
    return Board(
        position=position,
        chips_total=max(chips, ANTMINER_S9.chips_per_board),
        chips_ok=min(marks.count("o"), chips) if marks.strip() else chips,
        frequency=plausible(figures.get("freqavg"), 50, 1500) or frequency or 0.0,
        hashrate=GigahashPerSecond(hashrate),
        pcb_temperature=Celsius(pcb or chip or 0.0),
        chip_temperature=Celsius(chip or pcb or 0.0),
        power=Watts(power) if power and hashrate else None,
        voltage=Volts(volts / 100) if volts else None,
    )


def fan_speeds(figures: Mapping[str, Any]) -> tuple[int, ...]:
    """Give the speeds of the fans that turn, in rpm; broken sensors were seen at 16,740 and more."""
    speeds = (plausible(figures.get(f"fan{fan}"), 1, 10_000) for fan in range(1, _FANS + 1))
    return tuple(int(speed) for speed in speeds if speed)


def reading(
    boards: Sequence[Board],
    *,
    total_now: object,
    frequency: float | None,
    elapsed: object,
    fans: tuple[int, ...],
    model: MinerModel,
) -> Reading:
    """Judge a mining process that runs. `total_now` is its `GHS 5s`: "" until the first sample.

    Boards keep their last rates when they stop, so a total of zero outweighs them.
    """
    if number(total_now) == 0:
        boards = [replace(board, hashrate=GigahashPerSecond(0.0), power=None) for board in boards]
    hashrate = sum(board.hashrate for board in boards)
    age = number(elapsed)
    return Reading(
        activity=Activity.HASHING if hashrate > 0 else Activity.STARTING,
        power=machine_power(boards, model),
        hashrate=GigahashPerSecond(hashrate),
        frequency=Megahertz(round(frequency)) if frequency else None,
        elapsed=None if age is None else Seconds(age),
        boards=tuple(boards),
        fans=fans,
    )


def stopped(model: MinerModel) -> Reading:
    """Give the reading of a miner without a mining process: it draws what its fans and control board need."""
    return Reading(
        activity=Activity.STOPPED,
        power=model.idle_power,
        hashrate=GigahashPerSecond(0.0),
        frequency=None,
        elapsed=None,
        boards=(),
        fans=(),
    )
