"""What a connection has yet to send: kept in memory by reference, never copied, never in a file.

So a file that thousands do not read is held once. It knows neither sockets nor threads.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice

from netstab.units import Seconds

__all__ = ["Owed"]

_PIECES = 16
PATIENCE = Seconds(10.0)
LEAST_TAKEN = 64 * 1024
"""Bytes that a reader must take in `PATIENCE`: for one that is slower, or takes none, nothing is kept."""


class Owed:
    """`size` is in bytes; `since` is when it last began to be more than none. Not safe for many threads."""

    def __init__(self) -> None:
        self.size = 0
        self.since = 0.0
        self._pieces: deque[memoryview] = deque()
        self._looked_at = 0.0
        self._taken = 0

    def add(self, data: bytes, now: float) -> None:
        if not self.size:
            self.since = self._looked_at = now
            self._taken = 0
        self._pieces.append(memoryview(data))
        self.size += len(data)

    def first(self) -> Sequence[memoryview]:
        """Return the next pieces to send."""
        return list(islice(self._pieces, _PIECES))

    def take(self, count: int) -> None:
        """Forget the first bytes: they are sent."""
        self.size -= count
        self._taken += count
        while count:
            piece = self._pieces.popleft()
            if len(piece) > count:
                self._pieces.appendleft(piece[count:])
            count -= min(count, len(piece))

    def clear(self) -> None:
        self._pieces.clear()
        self.size = 0

    def stalled(self, now: float) -> bool:
        """Whether its reader took too little of it for too long. To be asked again and again."""
        if not self.size or now - self._looked_at < PATIENCE:
            return False
        taken, self._taken, self._looked_at = self._taken, 0, now
        return taken < LEAST_TAKEN

    def held(self) -> Iterator[tuple[int, int]]:
        """Return the objects that are kept alive, by identity, and their sizes in bytes."""
        return ((id(piece.obj), memoryview(piece.obj).nbytes) for piece in self._pieces)
