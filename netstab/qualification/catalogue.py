"""The tests that there are, by their names."""

from netstab.qualification.base_points import BASE_POINTS
from netstab.qualification.calm_load import DAY_OF_ORDERS, QUIET_DAY
from netstab.qualification.cut_off import cut_off
from netstab.qualification.double_hump import DOUBLE_HUMP
from netstab.qualification.emergency import EMERGENCY
from netstab.qualification.firm_level import FIRM_LEVEL
from netstab.qualification.procedure import Procedure
from netstab.qualification.regulation import REGULATION
from netstab.qualification.reserve import RESERVE_10, RESERVE_30

__all__ = ["PROCEDURES"]

_PLAIN = (BASE_POINTS, REGULATION, RESERVE_10, RESERVE_30, DOUBLE_HUMP, EMERGENCY)

PROCEDURES: dict[str, Procedure] = {
    each.name: each
    for each in (
        *_PLAIN,
        QUIET_DAY,
        DAY_OF_ORDERS,
        FIRM_LEVEL,  # after the others: its dead units stay dead
        *cut_off((*_PLAIN, FIRM_LEVEL)),
    )
}
