"""Makes of miners beside the S9 that a plant in virtual time can be built of, as data; no protocol is theirs.

Figures are those of miners with a power limit: a change of the share is followed in about a second within 3 %
(vendor), a fast boot takes a minute, what is drawn and told is off by some percent.
"""

from dataclasses import dataclass, replace
from random import Random

from netstab.power.unit import Capabilities, PowerRange, PowerSource
from netstab.simulation.profiles import Range
from netstab.simulation.tunable import Law
from netstab.units import GigahashPerSecond, Seconds, Watts

__all__ = ["PERCENT", "POWER_LIMIT", "Make"]


@dataclass(frozen=True, slots=True)
class Make:
    """What all units of a make have in common, and between what bounds they differ.

    Powers in W, times in s. `share` is what a unit draws of what it is set to, `told` what it tells of what
    it draws; for the rest see `Law`.
    """

    name: str
    capabilities: Capabilities
    rated_power: Watts
    idle: Range
    start: Range
    rises: float
    falls: float
    share: Range
    scatter: float
    ripple: float
    told: Range
    climb: Range = (0.0, 0.0)

    def law(self, rng: Random) -> Law:
        """Draw one unit."""
        idle, share = rng.uniform(*self.idle), rng.uniform(*self.share)
        return Law(idle, self.start, self.rises, self.falls, share, self.scatter, self.ripple, self.climb)


_PERCENTS = PowerRange(Watts(1020.0), Watts(3400.0), Watts(34.0), GigahashPerSecond(184_000.0))

_DOCUMENT = Make(
    name="power limit",
    capabilities=Capabilities(
        switchable=True,
        range=_PERCENTS,
        restarts_on_change=False,
        settles_within=Seconds(5.0),
        power_source=PowerSource.MEASURED,
        asleep=Watts(15.0),
    ),
    rated_power=_PERCENTS.highest,
    idle=(12, 18),
    start=(50, 70),
    rises=0.5,
    falls=0.5,
    share=(0.98, 1.02),
    scatter=0.03,
    ripple=0.005,
    told=(0.99, 1.01),
)

_FIELD = replace(
    _DOCUMENT,
    start=(60, 130),
    rises=4.0,  # up is slower than down
    falls=1.0,
    share=(0.92, 1.02),
    ripple=0.02,
    told=(0.9, 1.05),
)

PERCENT = replace(
    _FIELD,
    name="percent of a limit",
    capabilities=replace(_DOCUMENT.capabilities, volatile=True),
    start=(20, 60),
    climb=(360, 540),  # to full power, by its clock: only then it takes a percentage
    rises=1.0,
    falls=1.0,
)
"""One that climbs to full power after each start, whatever it is to draw, and is set only then."""

POWER_LIMIT = {"document": _DOCUMENT, "field": _FIELD}
"""The same make by the profile of its site: as its vendor says, and as operators find it."""
