"""Miner models as data: what the contract and the field say of each machine."""

from dataclasses import dataclass

from netstab.power.curve import CurvePoint, PowerCurve
from netstab.units import GigahashPerSecond, Megahertz, Seconds, Volts, Watts

__all__ = ["ANTMINER_S9", "MODELS", "MinerModel", "model_named"]


@dataclass(frozen=True)
class MinerModel:
    """What is the same for every machine of one model.

    `frequencies` are those that dispatch may choose, `settable` is the range an operator may set.
    `idle_power` is drawn by fans and control board while the boards are off.
    `transition_limit` bounds a wake or restart: a miner may boot that long before it counts as failed.
    """

    name: str
    short_name: str
    curve: PowerCurve
    frequencies: tuple[Megahertz, ...]
    settable: tuple[Megahertz, Megahertz]
    idle_power: Watts
    boards: int
    chips_per_board: int
    transition_limit: Seconds

    @property
    def full_frequency(self) -> Megahertz:
        return self.frequencies[-1]

    @property
    def rated_power(self) -> Watts:
        return self.curve.power_at(self.full_frequency)

    @property
    def chips(self) -> int:
        return self.boards * self.chips_per_board


def _point(megahertz: int, watts: float, terahash: float, volts: float) -> CurvePoint:
    return CurvePoint(Megahertz(megahertz), Watts(watts), GigahashPerSecond(terahash * 1000), Volts(volts))


ANTMINER_S9 = MinerModel(
    name="Antminer S9",
    short_name="S9",
    # The documented curve of GET /dashboard/api/power/curve.
    curve=PowerCurve(
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
    ),
    frequencies=tuple(Megahertz(f) for f in range(300, 651, 25)),
    settable=(Megahertz(100), Megahertz(1175)),
    idle_power=Watts(51.0),  # 170 sleeping S9 drew 8.7 kW at a site's meter
    boards=3,
    chips_per_board=63,
    transition_limit=Seconds(240.0),  # hashing was seen after 60-130 s, after a mass wake up to 180 s
)

MODELS: dict[str, MinerModel] = {ANTMINER_S9.name: ANTMINER_S9}


def model_named(name: str) -> MinerModel:
    """Give the model of that name; an unknown one is treated as the S9, the first hardware supported."""
    return MODELS.get(name, ANTMINER_S9)
