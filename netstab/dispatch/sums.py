"""Sums over a fleet that are kept up unit by unit: what does not change costs nothing. Pure.

They are exact, so that no sum depends on the order of changes: whole numbers, of powers in parts of a watt.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import Any, Self, TypeVar

from netstab.units import MinerId, Watts

__all__ = ["Share", "Sums", "SumsOver", "parts"]

Share = tuple[tuple[Hashable, int], ...]
"""What one unit adds to which sums: counts, or powers in `parts`."""

_PARTS = 1 << 20  # of a watt

_NOTHING: Any = object()

T = TypeVar("T")


def parts(power: float) -> int:
    """Return a power as a whole number."""
    return round(power * _PARTS)


class Sums:
    """The totals of all shares, by their names. For one thread."""

    def __init__(self) -> None:
        self._shares: dict[MinerId, Share] = {}
        self._totals: dict[Hashable, int] = defaultdict(int)

    @classmethod
    def of(cls, shares: Iterable[tuple[MinerId, Share]]) -> Self:
        sums = cls()
        for unit_id, share in shares:
            sums.put(unit_id, share)
        return sums

    def put(self, unit_id: MinerId, share: Share) -> None:
        """Count a unit's share in place of the one before."""
        before = self._shares.get(unit_id, ())
        if share == before:
            return
        self._shares[unit_id] = share
        for name, amount in before:
            left = self._totals[name] - amount
            if left:
                self._totals[name] = left
            else:  # else each power that a unit was ever found to gain would be kept
                del self._totals[name]
        for name, amount in share:
            self._totals[name] += amount

    def keep(self, members: Collection[MinerId]) -> None:
        """Leave out all units but these."""
        for unit_id in [each for each in self._shares if each not in members]:
            self.put(unit_id, ())
            del self._shares[unit_id]

    def count(self, name: Hashable) -> int:
        return self._totals.get(name, 0)

    def power(self, name: Hashable) -> Watts:
        return Watts(self.count(name) / _PARTS)

    @property
    def totals(self) -> dict[Hashable, int]:
        """All that are not zero."""
        return {name: total for name, total in self._totals.items() if total}


class SumsOver:
    """Sums of a share of each item: of those that have `changed`, or of all when what is `common` has."""

    def __init__(self) -> None:
        self._sums, self._common = Sums(), _NOTHING
        self.changed = set[MinerId]()

    def over(self, items: Mapping[MinerId, T], common: object, share: Callable[[T], Share]) -> Sums:
        """Return the sums over all items as they are now."""
        anew = self.changed & items.keys() if common is self._common else items.keys()
        for unit_id in anew:
            self._sums.put(unit_id, share(items[unit_id]))
        if not self.changed <= items.keys():
            self._sums.keep(items)
        self._common = common
        self.changed.clear()
        return self._sums
