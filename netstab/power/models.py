"""Miner models as data: what the contract and the field say of each machine.

No figure of one model is ever lent to another: of a model that is not listed nothing is known.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from netstab.power.curve import CurvePoint, PowerCurve
from netstab.units import GigahashPerSecond, Megahertz, Seconds, Volts, Watts

__all__ = ["ANTMINER_S9", "MODELS", "UNKNOWN", "MinerModel", "model_named"]

UNKNOWN = "unknown"
"""The model of a miner that has not told what it is."""


@dataclass(frozen=True)
class MinerModel:
    """What is the same for every machine of one model.

    `frequencies` are those that dispatch may choose, `settable` is the range an operator may set.
    `idle_power` is drawn by fans and control board while the boards are off. `positions` is where the miner
    lists its boards. `most_power` and `most_hashrate` are beyond what any machine of the model can do.
    `transition_limit` bounds a wake or restart: a miner may boot that long before it counts as failed.
    """

    name: str
    short_name: str
    curve: PowerCurve
    frequencies: tuple[Megahertz, ...]
    settable: tuple[Megahertz, Megahertz]
    idle_power: Watts
    positions: tuple[int, ...]
    chips_per_board: int
    transition_limit: Seconds
    most_power: Watts
    most_hashrate: GigahashPerSecond

    @property
    def known(self) -> bool:
        """Whether anything is known of the model; only then may its miners be controlled."""
        return bool(self.curve.points)

    @property
    def boards(self) -> int:
        return len(self.positions)

    @property
    def full_frequency(self) -> Megahertz:
        """Return the frequency of full power, 0 where it is not known."""
        return self.frequencies[-1] if self.frequencies else Megahertz(0)

    @property
    def rated_power(self) -> Watts:
        """Return the power of a whole machine, 0 where it is not known."""
        return self.curve.power_at(self.full_frequency)

    @property
    def chips(self) -> int:
        return self.boards * self.chips_per_board

    def drawn_at(self, frequency: Megahertz, rated: Watts) -> Watts:
        """Return what a miner of that rating draws: by the curve, and where there is none, the rating."""
        if not self.known:
            return rated
        return Watts(self.curve.power_at(frequency) * rated / self.rated_power)


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
    positions=(6, 7, 8),
    chips_per_board=63,
    transition_limit=Seconds(240.0),  # hashing was seen after 60-130 s, after a mass wake up to 180 s
    most_power=Watts(2700.0),  # the highest preset of the firmware has 2,410 W
    most_hashrate=GigahashPerSecond(27_000),  # 189 chips at 1,175 MHz give 25,300
)

# The S9i and S9j are the same boards of 63 chips with the same firmware, selected for a little less power.
MODELS: dict[str, MinerModel] = {
    model.name: model
    for model in (
        ANTMINER_S9,
        replace(ANTMINER_S9, name="Antminer S9i", short_name="S9i"),
        replace(ANTMINER_S9, name="Antminer S9j", short_name="S9j"),
    )
}


@lru_cache(maxsize=1024)
def model_named(name: str) -> MinerModel:
    """Return the model of that name; of one that is not listed nothing is known but the name."""
    return MODELS.get(name) or MinerModel(
        name=name,
        short_name=name.removeprefix("Antminer "),
        curve=PowerCurve(()),
        frequencies=(),
        settable=(Megahertz(0), Megahertz(0)),
        idle_power=Watts(0.0),
        positions=(),
        chips_per_board=0,
        transition_limit=ANTMINER_S9.transition_limit,
        most_power=Watts(12_000.0),  # beyond the largest machines on the market
        most_hashrate=GigahashPerSecond(1_500_000),
    )
