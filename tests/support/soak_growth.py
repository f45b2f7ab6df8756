"""What a server holds of its host, sampled, and by how much it may grow in a day. It starts nothing."""

import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from watch import temporary_bytes

__all__ = ["BOUNDS", "WARM_UP", "Bound", "Sample", "grown", "sampled"]

MIB = 2**20

WARM_UP = 0.3
"""Of a life, not judged: pools of threads fill, caches and the database reach the size that they keep."""

FEWEST = 8
"""Samples in each half, or nothing can be said."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A server at one moment: `at` in s, sizes in bytes. `life` counts its starts."""

    at: float
    life: int
    memory: int
    threads: int
    descriptors: int
    temporary: int
    database: int


@dataclass(frozen=True, slots=True)
class Bound:
    """By how much the median of the second half may lie above that of the first: a share of it and more.

    A database keeps a log and so does grow: there it is what came in each half that is compared.
    """

    what: str
    figure: Callable[[Sample], int]
    share: float
    more: int
    unit: tuple[int, str] = (1, "")
    gathers: bool = False


BOUNDS = (
    Bound("resident memory", lambda sample: sample.memory, 0.02, 3 * MIB, (MIB, " MiB")),
    Bound("threads", lambda sample: sample.threads, 0.05, 4),
    Bound("descriptors", lambda sample: sample.descriptors, 0.05, 8),
    Bound("temporary files", lambda sample: sample.temporary, 0.0, MIB, (MIB, " MiB")),
    Bound("the database", lambda sample: sample.database, 0.5, MIB, (MIB, " MiB"), gathers=True),
)
"""Those of docs/operations.md."""


def sampled(pid: int, at: float, life: int, folder: Path) -> Sample:
    """Look at a running server; `folder` has its database, and under `tmp` what it writes besides."""
    own = Path(f"/proc/{pid}")
    return Sample(
        at=at,
        life=life,
        memory=int((own / "statm").read_text().split()[1]) * resource.getpagesize(),
        threads=len(list((own / "task").iterdir())),
        descriptors=len(list((own / "fd").iterdir())),
        temporary=temporary_bytes(pid) + _bytes(folder / "tmp"),
        database=sum(_size(each) for each in folder.glob("log.db*")),
    )


def grown(samples: Sequence[Sample]) -> list[str]:
    """Say of the longest life what has grown beyond its bound, or that it was too short to say so."""
    lives = [[each for each in samples if each.life == life] for life in {each.life for each in samples}]
    life = max(lives, key=len, default=[])
    steady = life[int(WARM_UP * len(life)) :]
    middle = len(steady) // 2
    if middle < FEWEST:
        return ["The day was too short to say what grows."]
    sentences = (_sentence(bound, steady[:middle], steady[middle:]) for bound in BOUNDS)
    return [sentence for sentence in sentences if sentence]


def _sentence(bound: Bound, first: Sequence[Sample], second: Sequence[Sample]) -> str:
    held = _gathered if bound.gathers else _median
    before, after = held(bound, first), held(bound, second)
    allowed = before * (1 + bound.share) + bound.more
    if after <= allowed:
        return ""
    begun, ended, most = (f"{value / bound.unit[0]:.1f}{bound.unit[1]}" for value in (before, after, allowed))
    how = "gathered" if bound.gathers else "held"
    return f"{bound.what}: the second half of the day {how} {ended}, the first {begun}; {most} are allowed."


def _median(bound: Bound, part: Sequence[Sample]) -> float:
    return median(bound.figure(each) for each in part)


def _gathered(bound: Bound, part: Sequence[Sample]) -> float:
    return max(0, bound.figure(part[-1]) - bound.figure(part[0]))


def _bytes(folder: Path) -> int:
    return sum(_size(each) for each in folder.rglob("*"))


def _size(file: Path) -> int:
    """Return what a file takes on disk, 0 if it has gone meanwhile."""
    try:
        return file.stat().st_size
    except OSError:
        return 0
