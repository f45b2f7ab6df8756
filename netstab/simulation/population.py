"""What a simulated fleet is made of: the differences from unit to unit, drawn from a seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.simulation.condition import Trouble
from netstab.simulation.profiles import Profile, Range
from netstab.simulation.window import NEVER, Window

__all__ = ["Chips", "Defects", "Unit", "draw_units", "marked", "random_of", "with_dead_boards"]

_CHIPS = ANTMINER_S9.chips_per_board

Chips = tuple[int, int, int]
"""The live chips of each board, 0 for a dead board."""


@dataclass(frozen=True, slots=True)
class Defects:
    """What faults do to a unit; by default nothing. `faults` are their names.

    `never_boots`: after a start of its system no mining process runs. `sags`: it feels the supply sag when
    many boot. `crash` is the probability that a change of its frequency leaves the process dead until power
    is cut. `deaf_to_sleep`: it answers to sleep mode, and hashes on. `report_factor` multiplies the power
    that it reports. `rogue`: it mines from the start, even in a fleet that sleeps. There is no power in its
    `outages`, and no pool answers in `poolless`. `troubles` are what the network meets there.
    """

    faults: tuple[str, ...] = ()
    never_boots: bool = False
    sags: bool = False
    crash: float = 0.0
    deaf_to_sleep: bool = False
    report_factor: float = 1.0
    rogue: bool = False
    outages: Window = NEVER
    poolless: Window = NEVER
    troubles: tuple[Trouble, ...] = ()


NO_DEFECTS = Defects()


@dataclass(frozen=True, slots=True)
class Unit:
    """One machine as it was built and set up, and what is wrong with it.

    `power_factor` and `hashrate_factor` multiply the model's curve, `idle_power` is in W, `ambient` in °C.
    A `locked` unit has a password that nobody told us.
    """

    stock: bool
    name: str
    locked: bool
    chips: Chips
    frequency: int
    asicboost: bool
    power_factor: float
    hashrate_factor: float
    idle_power: float
    ambient: float
    defects: Defects = NO_DEFECTS


class _Marks(NamedTuple):
    """What is special about a unit."""

    stock: bool
    locked: bool
    plain: bool
    partial: bool
    chipped: bool


def random_of(seed: int, *purpose: object) -> Random:
    """Return a source of its own for one purpose, so that no unit's luck depends on another's."""
    return Random("/".join(map(str, (seed, *purpose))))  # noqa: S311  # nosec B311  # physics, not secrets


def draw_units(profile: Profile, count: int, seed: int) -> list[Unit]:
    """Draw `count` units. Shares are met as exactly as whole units allow; who gets what is drawn."""
    stock = marked(profile.stock_share, count, random_of(seed, "stock"))
    locked = marked(profile.locked_share, count, random_of(seed, "locked"))
    plain = marked(profile.plain_name_share, count, random_of(seed, "plain"))
    partial = marked(profile.partial_share, count, random_of(seed, "partial"))
    chipped = marked(profile.missing_chips_share, count, random_of(seed, "chips"))
    return [
        _unit(profile, random_of(seed, "unit", index), _Marks(*marks))
        for index, marks in enumerate(zip(stock, locked, plain, partial, chipped, strict=True))
    ]


def marked(share: float, count: int, rng: Random) -> Iterator[bool]:
    """Mark a share of `count` units, as exactly as whole units allow; which ones is drawn."""
    chosen = set(rng.sample(range(count), round(share * count)))
    return (index in chosen for index in range(count))


def _unit(profile: Profile, rng: Random, marks: _Marks) -> Unit:
    def draw(bounds: Range) -> float:
        return rng.uniform(*bounds)

    return Unit(
        stock=marks.stock,
        name="Antminer S9" if marks.stock or marks.plain else "Antminer S9 (vnish 3.9.0)",
        locked=marks.locked,
        chips=_chips(rng, marks),
        frequency=rng.choice(profile.frequencies),
        asicboost=not marks.stock and rng.random() < profile.asicboost_share,
        power_factor=draw(profile.power_spread),
        hashrate_factor=draw(profile.hashrate_spread),
        idle_power=draw(profile.idle_power),
        ambient=draw((20, 32)),
    )


def _chips(rng: Random, marks: _Marks) -> Chips:
    chips = [_CHIPS] * ANTMINER_S9.boards
    if marks.chipped:
        chips[rng.randrange(3)] = rng.randint(46, 58)
    full = chips[0], chips[1], chips[2]
    return with_dead_boards(full, rng) if marks.partial else full


def with_dead_boards(chips: Chips, rng: Random) -> Chips:
    """Let one or two of the three boards die."""
    dead = rng.sample(range(3), rng.randint(1, 2))
    first, second, third = (0 if board in dead else count for board, count in enumerate(chips))
    return first, second, third
