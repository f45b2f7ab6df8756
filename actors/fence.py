"""The fence that nothing outdated can cross: the FleetActor raises it, device calls look before they send."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

__all__ = ["FenceLevel", "WakeFence"]


class FenceLevel(NamedTuple):
    """Wakes ordered at or below `standby_version` are not sent; `closed` lets nothing through.

    With `lowers_only` nothing is told that draws more.
    """

    standby_version: int = 0
    closed: bool = False
    lowers_only: bool = False

    def allows(self, order: int) -> bool:
        return order > self.standby_version and not self.closed


class WakeFence:
    """Wakes ordered by a version at or below `standby_version` are not sent any more.

    Raised when a standby order, or a limit of 0 W, is being recorded, before it is answered. One int,
    replaced atomically. `newest` gives the version of the newest order that there can be.
    """

    def __init__(self, newest: Callable[[], int] = lambda: 0) -> None:
        self._newest = newest
        self._raised = 0
        self._floor = 0
        self.closed = False
        self.lowers_only = False

    @property
    def standby_version(self) -> int:
        return max(self._raised, self._floor)

    @standby_version.setter
    def standby_version(self, version: int) -> None:
        self._raised = version

    def lower_only(self) -> None:
        """Let nothing through that was ordered before, and nothing that draws more: others may lead now."""
        self._floor = self._newest()
        self.lowers_only = True

    def close(self) -> None:
        """Let nothing through any more, not even a sleep: another server leads the fleet now."""
        self.closed = True

    @property
    def level(self) -> FenceLevel:
        """Where it stands now, as a value."""
        return FenceLevel(self.standby_version, self.closed, self.lowers_only)

    def allows(self, order: int) -> bool:
        return self.level.allows(order)

    @contextmanager
    def raised(self, version: int) -> Iterator[None]:
        """Stand at `version` from here on; back where it was if the block fails: then nothing was ordered."""
        before, self._raised = self._raised, version
        try:
            yield
        except BaseException:
            self._raised = before
            raise
