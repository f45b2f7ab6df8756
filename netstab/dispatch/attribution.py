"""What changes of a fleet's power are put down to, and how those of many units are summed up. Pure.

Large loads are asked of each reduction whether it was ordered, local or a fault.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from netstab.units import MinerId, WallTime, Watts

__all__ = ["MOST_NAMED", "Kind", "PowerCause", "PowerChange", "PowerRecord", "UnitChange", "summed"]

MOST_NAMED = 20
"""So many units of a change are named; of all others the number is known."""


class PowerCause(StrEnum):
    """Who changed the power."""

    ORDERED = "ordered"  # a command that is in the log: of the EMS, an operator, a limit, the failsafe
    LOCAL = "local"  # somebody or something at the unit: its page, its agent, its own scaling
    FAULT = "fault"
    UNEXPLAINED = "unexplained"  # the site meter alone shows it


class Kind(StrEnum):
    """What was seen of the units; each belongs to one cause."""

    COMMANDED = "commanded"
    STOPPED_THERE = "stopped_at_the_unit"
    STARTED_THERE = "started_at_the_unit"
    SET_THERE = "set_at_the_unit"
    OWN_SCALING = "own_scaling"
    OUT_OF_REACH = "out_of_reach"  # whether it draws on nobody knows but the meter
    BACK_IN_REACH = "back_in_reach"
    RESTARTED = "restarted_by_itself"
    THROTTLED = "draws_less"
    RECOVERED = "draws_more"
    METER_ALONE = "seen_by_the_meter_alone"

    @property
    def cause(self) -> PowerCause:
        if self is Kind.COMMANDED:
            return PowerCause.ORDERED
        if self is Kind.METER_ALONE:
            return PowerCause.UNEXPLAINED
        return PowerCause.LOCAL if self in _LOCAL else PowerCause.FAULT


_LOCAL = (Kind.STOPPED_THERE, Kind.STARTED_THERE, Kind.SET_THERE, Kind.OWN_SCALING)


@dataclass(frozen=True, slots=True)
class UnitChange:
    """One unit's step of power in W; `order` is the version of the command that it followed, if any."""

    miner_id: MinerId
    step: Watts
    kind: Kind
    order: int | None = None


@dataclass(frozen=True, slots=True)
class PowerChange:
    """What `units` units did alike within a second, `step` W in all; the first of them are `named`."""

    kind: Kind
    order: int | None
    step: Watts
    units: int
    named: tuple[MinerId, ...]


@dataclass(frozen=True, slots=True)
class PowerRecord:
    """A second of the fleet. `power` is the meter's figure while it counts, None where nobody knows it.

    `reported` is what the units tell, summed up, and the changes are of that: a unit is looked at once in a
    poll interval, so a change is as late as that.
    """

    at: WallTime
    target: Watts | None
    power: Watts | None
    reported: Watts
    changes: tuple[PowerChange, ...] = ()


def summed(changes: Iterable[UnitChange]) -> tuple[PowerChange, ...]:
    """Sum up what units did alike in the same direction, the largest first."""
    alike = defaultdict[tuple[Kind, int | None, bool], list[UnitChange]](list)
    for each in changes:
        alike[each.kind, each.order, each.step > 0].append(each)
    found = [
        PowerChange(
            kind,
            order,
            step=Watts(sum(each.step for each in units)),
            units=len(units),
            named=tuple(each.miner_id for each in units[:MOST_NAMED]),
        )
        for (kind, order, _), units in alike.items()
    ]
    return tuple(sorted(found, key=lambda change: -abs(change.step)))
