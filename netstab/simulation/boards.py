"""What a miner's boards draw, report and compute while they hash. Pure: stages and time are the miner's."""

from dataclasses import dataclass

from netstab.devices.antminer.s9 import ANTMINER_S9, POWER_CURVE
from netstab.simulation.population import Unit

__all__ = ["Boards", "Settings"]

_ASICBOOST = 0.87  # vendor's presets: 13-15 % less power at the same frequency
_GIGAHASH_PER_CHIP_AND_MEGAHERTZ = 0.114


@dataclass(frozen=True, slots=True)
class Settings:
    """How the boards are driven: MHz, V."""

    frequency: float
    voltage: float
    asicboost: bool


class Boards:
    """The three boards of a unit at one setting; `power` is what all of them draw, in W."""

    __slots__ = ("_nominal", "_unit", "power", "settings")

    def __init__(self, unit: Unit, settings: Settings) -> None:
        self._unit, self.settings = unit, settings
        point = POWER_CURVE.at(settings.frequency)
        self._nominal = point.power * (settings.voltage / point.voltage) ** 2
        saved = _ASICBOOST if settings.asicboost else 1.0
        share = sum(unit.chips) / ANTMINER_S9.chips
        drawn = self._nominal * saved * unit.power_factor - unit.idle_power
        self.power = max(0.0, drawn) * share

    def reported(self, board: int) -> int:
        """Return the miner's own figure for a board, in W: a model that knows nothing of this unit."""
        share = self._unit.chips[board] / ANTMINER_S9.chips_per_board
        return round(self._nominal / 3 * share * self._unit.defects.report_factor)

    def ideal(self, board: int) -> float:
        """Return a board's theoretical hashrate, in GH/s."""
        return _GIGAHASH_PER_CHIP_AND_MEGAHERTZ * self._unit.chips[board] * self.settings.frequency

    def chip_temperature(self, board: int, warmth: float) -> int:
        """Return a board's temperature, in °C; `warmth` goes from 0 after a start to 1 in steady state."""
        if not self._unit.chips[board]:
            return 0
        return round(self._unit.ambient + 15 + warmth * (self._nominal / 40 + 2 * board))
