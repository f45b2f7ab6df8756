"""The tests that there are, by their names."""

from netstab.qualification.base_points import BASE_POINTS
from netstab.qualification.calm_load import DAY_OF_ORDERS, QUIET_DAY
from netstab.qualification.double_hump import DOUBLE_HUMP
from netstab.qualification.emergency import EMERGENCY
from netstab.qualification.firm_level import FIRM_LEVEL
from netstab.qualification.procedure import Procedure
from netstab.qualification.regulation import REGULATION
from netstab.qualification.reserve import RESERVE_10, RESERVE_30

__all__ = ["PROCEDURES"]

PROCEDURES: dict[str, Procedure] = {
    each.name: each
    for each in (
        BASE_POINTS,
        REGULATION,
        RESERVE_10,
        RESERVE_30,
        DOUBLE_HUMP,
        EMERGENCY,
        QUIET_DAY,
        DAY_OF_ORDERS,
        FIRM_LEVEL,  # the last: its dead units stay dead
    )
}
