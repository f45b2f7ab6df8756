"""How a Vnish S9 drives its boards, in its configuration: frequencies, voltages, the preset. Pure."""

from typing import Any

from netstab.devices.antminer.configuration import Configuration, frequency_of
from netstab.devices.antminer.loose_json import number, plausible
from netstab.devices.antminer.s9 import POWER_CURVE, SETTABLE
from netstab.errors import CommandRefused
from netstab.power.tuning import Tuning
from netstab.units import Megahertz, Volts

__all__ = ["EVEN_CHIPS", "running_frequency", "tuning_of", "with_frequency", "with_tuning"]

EVEN_CHIPS = ":".join(["0"] * 189)
"""Every chip at its board's frequency."""

_PROFILE = "bitmain-autodownscale-profile"
_CHIPS = "bitmain-chip-freq"
_BOARDS = tuple(f"bitmain-{name}{board}" for name in ("freq", "voltage") for board in (1, 2, 3))
_TUNED = ("bitmain-freq", "bitmain-voltage", *_BOARDS, _CHIPS, _PROFILE)
_PRESETS = (475, 500, 550, 600, 631, 650, 675, 700, 700, 725, 750, 775, 800, 825, 850, 875, 900, 925, 950)
"""MHz of the web interface's presets, which are numbered from 1; one that is on overrides all else."""

_CENTIVOLTS = (790, 950)  # the web interface's range, in steps of 10


def with_frequency(conf: Configuration, frequency: Megahertz, voltage: Volts | None) -> dict[str, Any]:
    """Return the configuration changed so that one frequency and voltage hold for all boards and chips.

    `voltage` None takes the curve's, within the device's range. A preset, a board's or a chip's own
    setting would override the common one, so they go. Raises `CommandRefused` outside the device's range.
    """
    slowest, fastest = SETTABLE
    if not slowest <= frequency <= fastest:
        raise CommandRefused(f"The miner takes frequencies from {slowest} to {fastest} MHz.")
    return {
        **conf,
        "bitmain-freq": str(frequency),
        "bitmain-voltage": str(_centivolts(frequency, voltage)),
        **dict.fromkeys(_BOARDS, "0"),
        _CHIPS: EVEN_CHIPS,
        _PROFILE: "0",
    }


def tuning_of(conf: Configuration) -> Tuning:
    """Return all that the configuration says of how the boards are driven."""
    settings = tuple((key, str(conf[key])) for key in _TUNED if key in conf)
    overrides = (conf.get(key, "0") for key in (*_BOARDS, _PROFILE))
    plain = all(number(value) == 0 for value in overrides) and conf.get(_CHIPS, EVEN_CHIPS) == EVEN_CHIPS
    return Tuning(running_frequency(conf), plain, settings)


def with_tuning(conf: Configuration, tuning: Tuning) -> dict[str, Any]:
    """Return the configuration with the boards driven as they were."""
    return {key: value for key, value in conf.items() if key not in _TUNED} | dict(tuning.settings)


def running_frequency(conf: Configuration) -> Megahertz | None:
    """Return the frequency that the boards come to on average, None where the configuration tells none.

    A preset decides alone; a board's own setting comes before the common one. Chips' own are left out.
    """
    preset = plausible(conf.get(_PROFILE), 1, len(_PRESETS))
    if preset:
        return Megahertz(_PRESETS[int(preset) - 1])
    common = frequency_of(conf)
    boards = [plausible(conf.get(f"bitmain-freq{board}"), 1, 1500) or common for board in (1, 2, 3)]
    known = [frequency for frequency in boards if frequency]
    return Megahertz(round(sum(known) / len(known))) if known else None


def _centivolts(frequency: Megahertz, voltage: Volts | None) -> int:
    low, high = _CENTIVOLTS
    if voltage is None:
        return min(max(round(POWER_CURVE.at(frequency).voltage * 100), low), high)
    centivolts = plausible(round(voltage * 10) * 10, low, high) if plausible(voltage, 0, 100) else None
    if centivolts is None:
        raise CommandRefused(f"The miner takes voltages from {low / 100} to {high / 100} V.")
    return int(centivolts)
