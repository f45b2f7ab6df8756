"""What a simulated fleet is made of: the differences from unit to unit, drawn from a seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from netstab.power.models import ANTMINER_S9
from netstab.simulation.profiles import Profile, Range

__all__ = ["Unit", "draw_units", "random_of"]

_CHIPS = ANTMINER_S9.chips_per_board


@dataclass(frozen=True, slots=True)
class Unit:
    """One machine as it was built and set up. `chips` counts the live ones of each board, 0 for a dead board.

    `power_factor` and `hashrate_factor` multiply the model's curve, `idle_power` is in W, `ambient` in °C.
    A `locked` unit has a password that nobody told us.
    """

    stock: bool
    name: str
    locked: bool
    chips: tuple[int, int, int]
    frequency: int
    asicboost: bool
    power_factor: float
    hashrate_factor: float
    idle_power: float
    ambient: float


class _Marks(NamedTuple):
    """What is special about a unit."""

    stock: bool
    locked: bool
    plain: bool
    partial: bool
    chipped: bool


def random_of(seed: int, *purpose: object) -> Random:
    """Give a source of its own for one purpose, so that no unit's luck depends on another's."""
    return Random("/".join(map(str, (seed, *purpose))))  # noqa: S311 - physics, not secrets


def draw_units(profile: Profile, count: int, seed: int) -> list[Unit]:
    """Draw `count` units. Shares are met as exactly as whole units allow; who gets what is drawn."""
    stock = _marks(profile.stock_share, count, random_of(seed, "stock"))
    locked = _marks(profile.locked_share, count, random_of(seed, "locked"))
    plain = _marks(profile.plain_name_share, count, random_of(seed, "plain"))
    partial = _marks(profile.partial_share, count, random_of(seed, "partial"))
    chipped = _marks(profile.missing_chips_share, count, random_of(seed, "chips"))
    return [
        _unit(profile, random_of(seed, "unit", index), _Marks(*marks))
        for index, marks in enumerate(zip(stock, locked, plain, partial, chipped, strict=True))
    ]


def _marks(share: float, count: int, random: Random) -> Iterator[bool]:
    chosen = set(random.sample(range(count), round(share * count)))
    return (index in chosen for index in range(count))


def _unit(profile: Profile, random: Random, marks: _Marks) -> Unit:
    def draw(bounds: Range) -> float:
        return random.uniform(*bounds)

    return Unit(
        stock=marks.stock,
        name="Antminer S9" if marks.stock or marks.plain else "Antminer S9 (vnish 3.9.0)",
        locked=marks.locked,
        chips=_chips(random, marks),
        frequency=random.choice(profile.frequencies),
        asicboost=not marks.stock and random.random() < profile.asicboost_share,
        power_factor=draw(profile.power_spread),
        hashrate_factor=draw(profile.hashrate_spread),
        idle_power=draw(profile.idle_power),
        ambient=draw((20, 32)),
    )


def _chips(random: Random, marks: _Marks) -> tuple[int, int, int]:
    chips = [_CHIPS] * ANTMINER_S9.boards
    if marks.chipped:
        chips[random.randrange(3)] = random.randint(46, 58)
    if marks.partial:
        for board in random.sample(range(3), random.randint(1, 2)):
            chips[board] = 0
    return chips[0], chips[1], chips[2]
