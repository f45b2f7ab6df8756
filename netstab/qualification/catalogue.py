"""The tests that there are, by their names."""

from netstab.qualification.base_points import BASE_POINTS
from netstab.qualification.procedure import Procedure

__all__ = ["PROCEDURES"]

PROCEDURES: dict[str, Procedure] = {each.name: each for each in (BASE_POINTS,)}
