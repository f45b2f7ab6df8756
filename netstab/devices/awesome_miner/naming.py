"""Which model a user's words name: a rating rests on it, so that only a whole model name is one. Pure."""

import re
from functools import lru_cache
from typing import NamedTuple

from netstab.devices.antminers import antminer_named
from netstab.devices.model import UNKNOWN
from netstab.devices.models import MODELS
from netstab.units import GigahashPerSecond, Watts

__all__ = ["UNNAMED", "Named", "named"]

_MAKER = re.compile(r"\b(?:bitmain\s+)?antminer\s+", re.IGNORECASE)
_NUMBERING = re.compile(r"[\s_#-]+\d[\w.]*$|\s*\([^()]*\)$")
_S9 = {model.short_name.casefold(): model for model in MODELS.values()}


class Named(NamedTuple):
    """A model's name, what a whole machine of it draws and gives, and draws asleep."""

    name: str
    power: Watts
    hashrate: GigahashPerSecond
    asleep: Watts


UNNAMED = Named(UNKNOWN, Watts(0.0), GigahashPerSecond(0.0), Watts(0.0))
"""Of it nothing is known, so it counts nothing until an operator rates it."""

_ASLEEP = Watts(30.0)  # of Antminers after the S9


@lru_cache(maxsize=65_536)
def named(name: str, hardware: str) -> Named:
    """Return the model that the hardware's text is, or that a name ends with after its maker's.

    `S9` in a name may be a shelf; with a word more it may be another model: neither is taken for one.
    """
    maker = _MAKER.search(name)
    return _model(hardware) or (_model(name[maker.end() :]) if maker else None) or UNNAMED


def _model(text: str) -> Named | None:
    """Return the model that a whole text names, if need be without a number or brackets at its end."""
    for candidate in (text.strip(), _NUMBERING.sub("", text.strip())):
        plain = _MAKER.sub("", candidate).casefold()
        if (s9 := _S9.get(plain)) is not None and s9.capabilities.full_point is not None:
            return Named(s9.name, s9.rated_power, s9.capabilities.full_point.hashrate, s9.idle_power)
        if plain and (later := antminer_named(candidate)) is not None:
            return Named(later.name, later.power, later.hashrate, _ASLEEP)
    return None
