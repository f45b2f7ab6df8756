"""What a simulated site can be made of beside the S9, in one table: a family's author adds a row here."""

from collections.abc import Mapping
from types import MappingProxyType

from netstab.simulation.faces.antminer import S19, S19_OLD, S21
from netstab.simulation.faces.braiins import BRAIINS, BRAIINS_DPS, BRAIINS_OLD
from netstab.simulation.faces.face import Kind
from netstab.simulation.faces.luxos import LUXOS, LUXOS_ATM
from netstab.simulation.faces.vnish import VNISH_1_2, VNISH_1_3, VNISH_SWITCHER
from netstab.simulation.faces.whatsminer_2 import WHATSMINER_2
from netstab.simulation.faces.whatsminer_3 import WHATSMINER_3

__all__ = ["FACES"]

_KINDS: tuple[Kind, ...] = (
    S21,
    S19,
    S19_OLD,
    BRAIINS,
    BRAIINS_DPS,
    BRAIINS_OLD,
    LUXOS,
    LUXOS_ATM,
    VNISH_1_3,
    VNISH_1_2,
    VNISH_SWITCHER,
    WHATSMINER_3,
    WHATSMINER_2,
)

FACES: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _KINDS})
"""By the name in `netstab simulate --mix`."""
