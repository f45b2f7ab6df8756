"""Who may write to the log: one process at a time, by a lock that frees itself when its holder dies.

It keeps servers out of each other's way; what makes a second writer harmless is the stream's unique key.
"""

import fcntl
import os
from pathlib import Path
from typing import Protocol

from events.store import postgres_module, sqlite_path
from netstab.errors import LogUnavailable

__all__ = ["FileLock", "LogLock", "lock_for"]


class LogLock(Protocol):
    """For one thread at a time; no call takes much longer than 4 s."""

    def acquire(self) -> bool:
        """Take the lock unless another has it. Raises `LogUnavailable` where that cannot be found out."""
        ...

    def taken(self) -> bool:
        """Whether somebody has it now, found out without taking it. Raises what `acquire` does."""
        ...

    @property
    def uncertain(self) -> bool:
        """Whether it was held, and nobody can tell whose it is: who keeps it does not answer."""
        ...

    def holds(self) -> bool:
        """Whether the lock is still held for certain."""
        ...

    def release(self) -> None:
        """Return the lock back, held or not."""
        ...


def lock_for(url: str) -> LogLock:
    """Return the lock of the log at `url`."""
    if url.startswith("postgresql://"):
        lock: LogLock = postgres_module().AdvisoryLock(url)
        return lock
    path = sqlite_path(url)
    return FileLock(path.with_name(f"{path.name}.lock"))


class FileLock:
    """The kernel's lock on a file beside the database. The file stays; the lock ends with the process."""

    uncertain = False  # who has the file can always be asked

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> bool:
        self.release()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
        except OSError as error:
            self.release()
            raise LogUnavailable(
                f"The command log cannot be locked by {self._path}: {error.strerror}."
            ) from error
        return self.holds()

    def taken(self) -> bool:
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise LogUnavailable(f"{self._path} cannot be looked at: {error.strerror}.") from error
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(file)
        return False

    def holds(self) -> bool:
        """Say no also when the file was replaced: another process may have locked the new one."""
        try:
            return self._file is not None and os.path.samestat(os.fstat(self._file), self._path.stat())
        except OSError:
            return False

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
