"""The Whatsminers in figures, and what a name of theirs says. Data alone.

What a machine tells of its own power limit and hash rate comes before all that is said here.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from netstab.devices.antminer.naming import label
from netstab.units import GigahashPerSecond, Watts

__all__ = ["MAKER", "WHATSMINERS", "Whatsminer", "model_of", "takes_commands", "whatsminer_named"]

MAKER = "Whatsminer"


@dataclass(frozen=True, slots=True)
class Whatsminer:
    """A model as its maker rates it: what a whole machine draws from the socket, and its hash rate then."""

    name: str
    power: Watts
    hashrate: GigahashPerSecond


def _rated(short_name: str, power: float, terahash: float) -> Whatsminer:
    return Whatsminer(f"{MAKER} {short_name}", Watts(power), GigahashPerSecond(terahash * 1000))


# W at the socket and TH/s by the maker's data sheets, which allow 10 % of power and 5 % of hash rate. Each
# model is sold with several hash rates; these are of the common one; its joules per TH hold for all.
WHATSMINERS: tuple[Whatsminer, ...] = (
    _rated("M30S", 3344, 88),
    _rated("M30S+", 3400, 100),
    _rated("M30S++", 3472, 112),
    _rated("M31S", 3220, 70),
    _rated("M31S+", 3360, 80),
    _rated("M50", 3306, 114),
    _rated("M50S", 3276, 126),
    _rated("M50S+", 3312, 138),
    _rated("M50S++", 3300, 150),
    _rated("M60", 3422, 172),
    _rated("M60S", 3441, 186),
    _rated("M60S+", 3434, 202),
    _rated("M60S++", 3503, 226),
)

_NAMED = {model.name: model for model in WHATSMINERS}
_SHORT_NAME = re.compile(r"M\d{1,2}[A-Z]{0,3}\+{0,3}")
_TAKES_COMMANDS = re.compile(MAKER + r" M[3-9]\d[A-Z]{0,3}\+{0,3}")
"""The M30 series and newer; older ones are read, whatever their API says."""


@lru_cache(maxsize=256)
def model_of(type_name: str) -> str:
    """Return the model of a type as `M60S_VK40`, the maker alone where it is none."""
    match = _SHORT_NAME.match(label(type_name).upper())
    return f"{MAKER} {match[0]}" if match else MAKER


def takes_commands(model: str) -> bool:
    """Whether machines of that model take the maker's commands for curtailment."""
    return _TAKES_COMMANDS.fullmatch(model) is not None


def whatsminer_named(model: str) -> Whatsminer | None:
    return _NAMED.get(model)
