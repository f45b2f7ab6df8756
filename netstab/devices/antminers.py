"""The Antminers after the S9 in figures, one table for every firmware that runs on them. Data alone.

What a machine tells of its own power and bounds comes before all that is said here.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from netstab.units import GigahashPerSecond, Watts

__all__ = ["ANTMINERS", "Antminer", "antminer_named"]


@dataclass(frozen=True, slots=True)
class Antminer:
    """A model as its maker rates it: what a whole machine draws from the socket, and its hash rate then."""

    name: str
    power: Watts
    hashrate: GigahashPerSecond

    @property
    def short_name(self) -> str:
        return self.name.removeprefix("Antminer ")

    def hashrate_at(self, power: Watts) -> GigahashPerSecond:
        """Return the hash rate in proportion to a power: what decides who of several runs first, no more."""
        return GigahashPerSecond(self.hashrate * power / self.power)


def _rated(short_name: str, power: float, terahash: float) -> Antminer:
    return Antminer(f"Antminer {short_name}", Watts(power), GigahashPerSecond(terahash * 1000))


# W at the socket and TH/s at 25 °C by the maker's data sheets, which allow 5 % of power and 3 % of hash rate.
# A model that was sold with several hash rates has one of them; its joules per TH are the same.
ANTMINERS: tuple[Antminer, ...] = (
    _rated("S17", 2520, 56),
    _rated("S17 Pro", 2094, 53),  # in normal mode; 62 TH/s at 2,790 W in turbo mode
    _rated("S17+", 2920, 73),
    _rated("S17e", 2880, 64),
    _rated("T17", 2200, 40),
    _rated("T17+", 3200, 64),
    _rated("T17e", 2915, 53),
    _rated("S19", 3250, 95),
    _rated("S19 Pro", 3250, 110),
    _rated("S19a", 3250, 96),  # not confirmed: 34 J/TH and 34.5 J/TH are both said of it
    _rated("S19a Pro", 3245, 110),
    _rated("S19j", 3100, 90),  # not confirmed: 3,250 W is said of it as well
    _rated("S19j Pro", 3068, 104),  # 2,950 W of those with 100 TH/s
    _rated("S19j Pro+", 3355, 122),
    _rated("S19j XP", 3247, 151),
    _rated("S19k Pro", 2760, 120),
    _rated("S19 XP", 3010, 140),
    _rated("T19", 3150, 84),
    _rated("S19 Hyd.", 5451, 158),
    _rated("S19 Pro Hyd.", 5428, 184),
    _rated("S19 Pro+ Hyd.", 5445, 198),
    _rated("S19 XP Hyd.", 5304, 255),
    _rated("T19 Hyd.", 5438, 145),
    _rated("S21", 3500, 200),
    _rated("S21+", 3564, 216),
    _rated("S21 Pro", 3510, 234),
    _rated("S21 XP", 3645, 270),
    _rated("T21", 3610, 190),
    _rated("S21 Hyd.", 5360, 335),
    _rated("S21+ Hyd.", 4785, 319),  # 5,925 W of those with 395 TH/s
    _rated("S21 XP Hyd.", 5676, 473),
    _rated("S21e XP Hyd.", 5590, 430),
    _rated("S21 Imm.", 5569, 301),
    _rated("S21 XP Imm.", 4050, 300),
    _rated("S23", 3498, 318),
    _rated("S23 Hyd.", 5510, 580),
)
"""In the order of their generations."""

_LONGEST = 64
_NO_PART_OF_A_NAME = re.compile(r"bitmain|antminer|\([^()]*\)|[\s._-]")
_SPELLINGS = (("hydro", "hyd"), ("immersion", "imm"), ("plus", "+"))


@lru_cache(maxsize=256)
def antminer_named(name: str) -> Antminer | None:
    """Return the model that a machine names, however its firmware spells it; None where it is none of these.

    `Antminer S19J PRO`, `S19j Pro (Vnish 1.2.7)` and `Bitmain Antminer S19j Pro` are one and the same; what
    a name has beyond that makes it another model.
    """
    return _BY_SPELLING.get(_plain(name))


def _plain(name: str) -> str:
    plain = _NO_PART_OF_A_NAME.sub("", name[:_LONGEST].casefold())
    for spelling, meant in _SPELLINGS:
        plain = plain.replace(spelling, meant)
    return plain


_BY_SPELLING = {_plain(model.name): model for model in ANTMINERS}
