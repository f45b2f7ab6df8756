"""Firm service level: power drops to a limit, and stays below it. Pure: only what was metered counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from netstab.qualification.explained import Moment

__all__ = ["ServiceLevel", "service_level"]


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """How a limit in W was kept from the order on.

    `seconds_to_below` is None if power never came below it. `highest_after` is the most that was drawn from
    then on, `seconds_above` how long it was above it again.
    """

    limit: float
    seconds_to_below: float | None
    highest_after: float
    seconds_above: float

    @property
    def room(self) -> float:
        """What was left to the limit at the highest, in W; negative: so much it was exceeded."""
        return self.limit - self.highest_after

    def kept(self, within: float) -> bool:
        """Whether it came below in so many seconds, and was never above afterwards."""
        return self.seconds_to_below is not None and self.seconds_to_below <= within and self.room >= 0


def service_level(power: Sequence[Moment], limit: float, ordered_at: float) -> ServiceLevel:
    """Judge what was drawn from the order on. The samples are in the order of time, until the limit ends.

    Without any sample it never came below.
    """
    since = [(at - ordered_at, drawn) for at, drawn in power if at >= ordered_at]
    first = next((place for place, (_, drawn) in enumerate(since) if drawn <= limit), None)
    if first is None:
        return ServiceLevel(limit, None, max((drawn for _, drawn in since), default=float("inf")), 0.0)
    after = since[first:]
    above = sum(later - at for (at, drawn), (later, _) in pairwise(after) if drawn > limit)
    return ServiceLevel(limit, after[0][0], max(drawn for _, drawn in after), above)
