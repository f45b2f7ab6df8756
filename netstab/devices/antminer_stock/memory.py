"""The work mode that a device had before it was put to sleep, as it is kept in the log. Pure.

Sleep is a work mode itself, so that the device forgets the one before. 0, normal, needs no memory.
"""

from netstab.devices.antminer_stock.document import WorkMode
from netstab.power.tuning import Tuning

__all__ = ["kept_mode", "memory_of"]

_KEY = "work-mode"


def memory_of(mode: WorkMode) -> Tuning:
    """Return what is kept of a mode; never `plain`, so that it takes the place of what was kept before."""
    return Tuning(f"work mode {int(mode)}", plain=False, settings=((_KEY, str(int(mode))),))


def kept_mode(own: Tuning | None) -> WorkMode:
    """Return the mode to be woken into: the one that was kept, if that is one to run in, else normal."""
    told = dict(own.settings).get(_KEY, "") if own is not None else ""
    modes = (mode for mode in WorkMode if str(int(mode)) == told and mode is not WorkMode.ASLEEP)
    return next(modes, WorkMode.NORMAL)
