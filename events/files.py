"""The files of an SQLite database: whether what is written to them is what others find under their names.

SQLite itself goes on writing to a file that was deleted or replaced, as if all were well.
"""

import os
from pathlib import Path

from eventsourcing.persistence import DatabaseError

__all__ = ["DatabaseFiles"]

Identity = tuple[int, int]

_BESIDE = ("-wal", "-shm")


class DatabaseFiles:
    """Knows the files at `path` from when it is made: after the database was opened."""

    def __init__(self, path: Path, *, writes: bool) -> None:
        # A reader's companions come and go with the writer's.
        suffixes = ("", *_BESIDE) if writes else ("",)
        self._paths = [path.with_name(path.name + suffix) for suffix in suffixes]
        self._known, self._size = self._look()

    def verify(self) -> None:
        """Raise `DatabaseError` if any is not there any more, is another one now, or was cut short."""
        found, size = self._look()
        if self._known[0] is None:
            self._known = found  # a reader may wait for a log that is to be begun
        if found != self._known:
            raise DatabaseError(
                "its file was deleted, moved or replaced; put the same file back,"
                " or restart the server to go on with what is there"
            )
        if size < self._size:
            raise DatabaseError("its file was cut short; restart the server to go on with what is there")
        self._size = size

    def _look(self) -> tuple[list[Identity | None], int]:
        """Return what tells each file from every other one, and the size of the database's own in bytes."""
        found = [_stat(path) for path in self._paths]
        size = found[0].st_size if found[0] else 0
        return [(each.st_dev, each.st_ino) if each else None for each in found], size


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
