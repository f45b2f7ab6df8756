"""What a simulated site can be made of beside the S9, in one table: a family's author adds a row here."""

from collections.abc import Mapping
from types import MappingProxyType

from netstab.simulation.faces.face import Kind
from netstab.simulation.faces.luxos import LUXOS, LUXOS_ATM
from netstab.simulation.faces.vnish import VNISH_1_2, VNISH_1_3, VNISH_SWITCHER

__all__ = ["FACES"]

_KINDS: tuple[Kind, ...] = (LUXOS, LUXOS_ATM, VNISH_1_3, VNISH_1_2, VNISH_SWITCHER)

FACES: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _KINDS})
"""By the name in `netstab simulate --mix`."""
