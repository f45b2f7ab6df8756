"""The fence that nothing outdated can cross: the FleetActor raises it, device calls look before they send."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

__all__ = ["FenceLevel", "WakeFence"]


class FenceLevel(NamedTuple):
    """Wakes ordered at or below `standby_version` are not sent; `closed` lets nothing through."""

    standby_version: int = 0
    closed: bool = False

    def allows(self, order: int) -> bool:
        return order > self.standby_version and not self.closed


class WakeFence:
    """Wakes ordered by a version at or below `standby_version` are not sent any more.

    Raised when a standby order, or a limit of 0 W, is being recorded, before it is answered. One int,
    replaced atomically.
    """

    def __init__(self) -> None:
        self.standby_version = 0
        self.closed = False

    def close(self) -> None:
        """Let nothing through any more, not even a sleep: another server leads the fleet now."""
        self.closed = True

    @property
    def level(self) -> FenceLevel:
        """Where it stands now, as a value."""
        return FenceLevel(self.standby_version, self.closed)

    def allows(self, order: int) -> bool:
        return self.level.allows(order)

    @contextmanager
    def raised(self, version: int) -> Iterator[None]:
        """Stand at `version` from here on; back where it was if the block fails: then nothing was ordered."""
        before, self.standby_version = self.standby_version, version
        try:
            yield
        except BaseException:
            self.standby_version = before
            raise
