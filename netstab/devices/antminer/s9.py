"""The Antminer S9 and its kin in figures: the one room that says what a frequency of theirs comes to."""

from dataclasses import replace
from typing import Protocol

from netstab.devices.antminer.curve import CurvePoint, PowerCurve
from netstab.devices.model import MinerModel
from netstab.devices.port import Firmware
from netstab.power.unit import Capabilities, OperatingPoint
from netstab.units import GigahashPerSecond, Megahertz, Seconds, Setting, Volts, Watts

__all__ = [
    "ANTMINER_S9",
    "FREQUENCIES",
    "FULL_FREQUENCY",
    "POWER_CURVE",
    "S9_MODELS",
    "SETTABLE",
    "START_LIMIT",
    "frequency_of",
    "has_frequencies",
    "voltage_of",
]


def _point(megahertz: int, watts: float, terahash: float, volts: float) -> CurvePoint:
    return CurvePoint(Megahertz(megahertz), Watts(watts), GigahashPerSecond(terahash * 1000), Volts(volts))


POWER_CURVE = PowerCurve(
    [
        _point(300, 600, 6.5, 8.1),
        _point(350, 700, 7.5, 8.2),
        _point(400, 800, 8.6, 8.3),
        _point(450, 900, 9.6, 8.4),
        _point(500, 1000, 10.7, 8.5),
        _point(550, 1140, 11.8, 8.6),
        _point(600, 1280, 12.9, 8.7),
        _point(650, 1460, 14.0, 8.8),
    ]
)
"""The documented curve of GET /dashboard/api/power/curve."""

FREQUENCIES = tuple(Megahertz(f) for f in range(300, 651, 25))
"""Those that dispatch may choose."""

FULL_FREQUENCY = FREQUENCIES[-1]

SETTABLE = (Megahertz(100), Megahertz(1175))
"""The range that an operator may set."""


START_LIMIT = Seconds(240.0)
"""Hashing was seen 60-130 s after a wake or a restart, after a mass wake up to 180 s."""


def _operating_point(frequency: Megahertz) -> OperatingPoint:
    point = POWER_CURVE.at(frequency)
    return OperatingPoint(point.power, point.hashrate, frequency)


ANTMINER_S9 = MinerModel(
    name="Antminer S9",
    short_name="S9",
    capabilities=Capabilities(
        switchable=True,
        steps=tuple(map(_operating_point, FREQUENCIES)),
        asleep=Watts(51.0),  # 170 sleeping S9 drew 8.7 kW at a site's meter
    ),
    positions=(6, 7, 8),
    chips_per_board=63,
    most_power=Watts(2700.0),  # the highest preset of the firmware has 2,410 W
    most_hashrate=GigahashPerSecond(27_000),  # 189 chips at 1,175 MHz give 25,300
)

S9_MODELS = (
    ANTMINER_S9,
    # The S9i and S9j: the same boards of 63 chips, the same firmware, selected for a little less power.
    replace(ANTMINER_S9, name="Antminer S9i", short_name="S9i"),
    replace(ANTMINER_S9, name="Antminer S9j", short_name="S9j"),
)

_SET_BY_FREQUENCY = (Firmware.VNISH, Firmware.STOCK, Firmware.UNKNOWN)  # all that this room reads


class SetSomehow(Protocol):
    """A unit with its firmware; `capabilities` are those that it has told itself, if it has."""

    @property
    def firmware(self) -> Firmware: ...

    @property
    def capabilities(self) -> Capabilities | None: ...


def frequency_of(unit: SetSomehow, setting: Setting | None) -> Megahertz | None:
    """Return the frequency that a setting is, None of a unit that is not set by one."""
    by_frequency = unit.firmware in _SET_BY_FREQUENCY and unit.capabilities is None
    return Megahertz(setting) if by_frequency and isinstance(setting, int) else None


def has_frequencies(model: str) -> bool:
    """Whether miners of that model are set by frequency: the curve is theirs, and of no other model."""
    return any(model == known.name for known in S9_MODELS)


def voltage_of(model: str, frequency: Megahertz | None) -> Volts | None:
    """Return what the curve says of a frequency, 0 V asleep; None where model or frequency has none."""
    if frequency is None or not has_frequencies(model):
        return None
    return POWER_CURVE.at(frequency).voltage if frequency else Volts(0.0)
