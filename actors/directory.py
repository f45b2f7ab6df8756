"""The address book: who is reached where, for any thread. It starts and stops nobody."""

from typing import Any

from pykka import ActorDeadError, ActorRef

from netstab.units import MinerId

__all__ = ["Directory"]


class Directory:
    """The present actors of the fleet; a restarted one takes its predecessor's place.

    Every access is one operation on a dict with string keys, which the interpreter never interrupts: no lock.
    """

    def __init__(self) -> None:
        self.fleet: ActorRef[Any] | None = None
        self.discovery: ActorRef[Any] | None = None
        self.supervisor: ActorRef[Any] | None = None
        self._miners: dict[MinerId, ActorRef[Any]] = {}

    def enter(self, miner_id: MinerId, ref: ActorRef[Any]) -> None:
        self._miners[miner_id] = ref

    def remove(self, miner_id: MinerId) -> None:
        self._miners.pop(miner_id, None)

    def clear(self) -> None:
        """Forget everybody: they were stopped."""
        self.fleet = self.discovery = self.supervisor = None
        self._miners.clear()

    def miner(self, miner_id: MinerId) -> ActorRef[Any] | None:
        return self._miners.get(miner_id)

    def miners(self) -> dict[MinerId, ActorRef[Any]]:
        """Return a copy, which is the caller's own."""
        return self._miners.copy()

    def tell_miner(self, miner_id: MinerId, message: object) -> bool:
        """Tell a miner; False if it is unknown or dead."""
        return _tell(self._miners.get(miner_id), message)

    def tell_fleet(self, message: object) -> bool:
        """Tell the FleetActor; False while there is none."""
        return _tell(self.fleet, message)

    def tell_supervisor(self, message: object) -> bool:
        """Tell the supervisor; False while there is none."""
        return _tell(self.supervisor, message)

    def tell_discovery(self, message: object) -> bool:
        """Tell discovery; False while there is none."""
        return _tell(self.discovery, message)


def _tell(ref: ActorRef[Any] | None, message: object) -> bool:
    if ref is None:
        return False
    try:
        ref.tell(message)
    except ActorDeadError:
        return False
    return True
