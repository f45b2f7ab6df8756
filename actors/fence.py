"""The fence that no older wake can cross: the FleetActor raises it, device calls look before they send."""

__all__ = ["WakeFence"]


class WakeFence:
    """Wakes ordered by a version at or below `standby_version` are not sent any more.

    Raised when a standby order is being recorded, before it is answered. One int, replaced atomically.
    """

    def __init__(self) -> None:
        self.standby_version = 0

    def allows(self, order: int) -> bool:
        return order > self.standby_version
