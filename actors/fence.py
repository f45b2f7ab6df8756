"""The fence that nothing outdated can cross: the FleetActor raises it, device calls look before they send."""

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["WakeFence"]


class WakeFence:
    """Wakes ordered by a version at or below `standby_version` are not sent any more.

    Raised when a standby order is being recorded, before it is answered. One int, replaced atomically.
    """

    def __init__(self) -> None:
        self.standby_version = 0
        self.closed = False

    def close(self) -> None:
        """Let nothing through any more, not even a sleep: another server leads the fleet now."""
        self.closed = True

    def allows(self, order: int) -> bool:
        return order > self.standby_version and not self.closed

    @contextmanager
    def raised(self, version: int) -> Iterator[None]:
        """Stand at `version` from here on; back where it was if the block fails: then nothing was ordered."""
        before, self.standby_version = self.standby_version, version
        try:
            yield
        except BaseException:
            self.standby_version = before
            raise
