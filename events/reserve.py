"""The last reserve: a file that keeps what was carried out while the log could not be written.

Its room is taken at the start, so that a full disk does not matter to it, and no write to it is waited for
long. What it cannot take is remembered all the same: a load is shed whether anybody writes it down or not.
"""

import fcntl
import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from events.pen import DirectPen, Pen, ThreadedPen
from events.reserve_format import BANK, FILE, SLOT, Entry, Found, Kept, merged, read, slot, slots
from netstab.errors import LogUnavailable

__all__ = ["Reserve", "Unrecorded"]

logger = logging.getLogger(__name__)

_LOOKS = 5
_CLOSED_WITHIN = 1.0


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """How many commands were carried out that the log does not have yet.

    `trouble` says why some of them are in no file either, "" if all are. `faults` are what is wrong with the
    reserve file itself.
    """

    count: int = 0
    trouble: str = ""
    faults: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        if not self.count:
            return ""
        what = "1 command that sheds was" if self.count == 1 else f"{self.count} commands that shed were"
        where = "a restart would forget it: " + self.trouble if self.trouble else "the reserve file keeps it"
        return f"{what} carried out and not yet recorded; {where}."


class Reserve:
    """`kept` is what is to be recorded first, in order. Without a path it is kept in memory alone.

    For one thread at a time. `damage` says what of the file could not be read when it was opened.
    """

    def __init__(self, path: Path | None = None, pen: Pen | None = None) -> None:
        self.kept: tuple[Kept, ...] = ()
        self.damage = ""
        self._path, self._file = path, -1
        self._trouble = "" if path else "there is no reserve file"
        self._place = Found()
        self._stale = False
        self._pen = pen or DirectPen()
        if path is not None:
            self._open(path)

    @classmethod
    def at(cls, path: Path) -> "Reserve":
        """Open the file at a path, or make it; what cannot be opened is told and done without."""
        return cls(path, ThreadedPen("reserve"))

    @property
    def unrecorded(self) -> Unrecorded:
        entries = sum(1 for each in self.kept if isinstance(each, Entry))
        missing = f"There is no reserve file: {self._trouble}." if self._path and self._file < 0 else ""
        trouble = self._trouble if self._stale or self._file < 0 else ""
        return Unrecorded(entries, trouble, tuple(filter(None, (missing, self.damage))))

    def keep(self, kept: Kept) -> None:
        """Remember, and write down within a quarter of a second, or else as soon as it can be."""
        before, self.kept = self.kept, merged(self.kept, kept)
        if self.kept != (*before, kept) or self._stale:
            self._stale = True
            self.tend()
            return
        place = self._place
        number = len(self.kept)
        checksum, line = slot(kept, place.generation, number, place.previous)
        self._stale = not self._write([(place.bank * BANK + number * SLOT, line)])
        if not self._stale:
            self._place = Found((), "", place.bank, place.generation, checksum)

    def tend(self) -> None:
        """Write down what could not be so far."""
        if self._stale:
            self._rewrite()

    def clear(self) -> None:
        """Forget all: it is recorded."""
        if self.kept:
            self.kept, self._stale = (), True
            self.tend()

    def close(self) -> None:
        """Let go of the file, unless a write to it hangs."""
        if not isinstance(self._pen, ThreadedPen) or self._pen.close(_CLOSED_WITHIN):
            self._let_go()

    def _open(self, path: Path) -> None:
        try:
            self._take(path)
            found = read(os.pread(self._file, FILE + 1, 0))
            if found.damage:
                self._put_aside(path, found.damage)
            self.kept, self._place = found.entries, found
            if found.damage or not found.generation:
                os.pwrite(self._file, b"\0" * FILE, 0)
                self._place = Found(bank=1, generation=found.generation)
                self._stale = True
                self.tend()
        except OSError as error:
            self._let_go()
            self._trouble = f"{path} cannot be used: {error.strerror}"
            logger.warning(
                "No reserve file: %s. What sheds while the log is at fault is not kept.", self._trouble
            )

    def _take(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(0, "another server has it; give each its own by RESERVE_FILE") from None

    def _put_aside(self, path: Path, damage: str) -> None:
        aside = next(
            each
            for number in range(1, 1000)
            if not (each := path.with_name(f"{path.name}.damaged-{number}")).exists()
        )
        self.damage = (
            f"The reserve file was damaged: {damage}. It was put aside as {aside}; see what it says."
        )
        logger.error("%s", self.damage)
        path.rename(aside)
        self._let_go()
        self._take(path)

    def _rewrite(self) -> None:
        """Write all that is kept into the other bank; its beginning, written last, puts it in force."""
        bank, generation = 1 - self._place.bank, self._place.generation + 1
        made = slots(self.kept, generation)
        parts = [(bank * BANK + number * SLOT, line) for number, (_, line) in enumerate(made)]
        end = [(bank * BANK + len(made) * SLOT, b"\0" * SLOT)] if len(made) * SLOT < BANK else []
        self._stale = not self._write([*parts[1:], *end], parts[:1])
        if not self._stale:
            self._place = Found((), "", bank, generation, made[-1][0])

    def _write(self, *groups: list[tuple[int, bytes]]) -> bool:
        """Write lines at their places, each group only when the one before is safe; False if it cannot be."""
        if self._file < 0:
            return False
        try:
            self._pen.settled()
            self._pen.write(lambda: _written(self._file, groups), looks=_LOOKS)
        except LogUnavailable:
            self._trouble = f"{self._path} stands still"
        except OSError as error:
            self._trouble = f"{self._path} cannot be written: {error.strerror}"
        else:
            return True
        return False

    def _let_go(self) -> None:
        if self._file >= 0:
            with suppress(OSError):
                os.close(self._file)
            self._file = -1


def _written(file: int, groups: tuple[list[tuple[int, bytes]], ...]) -> None:
    for group in groups:
        for place, line in group:
            os.pwrite(file, line, place)
        os.fdatasync(file)
