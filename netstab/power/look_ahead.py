"""What units are started and kept for beyond a target: a start takes a minute or two, a target goes on."""

from typing import NamedTuple

from netstab.units import Watts

__all__ = ["NO_LOOK_AHEAD", "LookAhead"]


class LookAhead(NamedTuple):
    """Powers in W beyond a target.

    Units are started up to the target and `start`, and those that hash are stopped down to it and `keep`.
    One that was woken is not stopped before it hashes, unless `cancels` says so: what it took is lost then.
    """

    start: Watts = Watts(0.0)
    keep: Watts = Watts(0.0)
    cancels: bool = False


NO_LOOK_AHEAD = LookAhead()
