"""The other end of `NOTIFY_SOCKET`, as systemd listens there."""

import socket
from typing import Self

from waiting import PATIENCE, stays

__all__ = ["NotifySocket"]


class NotifySocket:
    """Hears what a service says of itself. The kernel names it where no path does: those have a bound."""

    def __init__(self, path: str = "") -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(path)
        self.name = path or "@" + self._socket.getsockname()[1:].decode()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    def next(self, within: float = PATIENCE) -> list[str]:
        """Return the lines of the next datagram."""
        self._socket.settimeout(within)
        return self._socket.recv(4096).decode().split("\n")

    def is_silent(self, during: float) -> bool:
        """Say whether nothing comes while the host runs for so long; what came before is forgotten."""
        while self._came():
            pass
        return stays(lambda: not self._came(), during)

    def _came(self) -> bool:
        self._socket.settimeout(0)
        try:
            self._socket.recv(4096)
        except BlockingIOError:
            return False
        return True
