"""The signals that are followed: hours of CAISO's and PJM's regulation, in per unit; see benchmarks/signals.

Ten days are the benchmark's. The other ninety are for tuning: what is tuned is then
proved on days that it never saw.
"""

import csv
import gzip
import io
import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

from benchmarks.dispatch.regd import DAY, regd
from benchmarks.dispatch.scoring import HOUR_NEEDS

__all__ = [
    "caiso_day",
    "caiso_days",
    "days_by_mileage",
    "is_day",
    "other_days",
    "rega",
    "regd_like",
    "typical_day",
]

_SIGNALS = Path(__file__).parent.parent / "signals"
_CAISO_BEGINS = 3600  # the second hour of each day: the first is often at the signal's limit
_REGA_BEGINS = 3600  # the sample of 18:00: before, the signal is long at its limit
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@cache
def caiso_days() -> dict[str, list[float]]:
    """Return an hour of each of the ten days, in per unit every 4 s, and the minutes that its score needs."""
    head, *rows = csv.reader(io.StringIO((_SIGNALS / "caiso_agc_2016_4s.csv").read_text()))
    return _columns(head, rows[_CAISO_BEGINS // 4 :])


@cache
def _others() -> dict[str, list[float]]:
    """Return the same of the days that are none of the ten; their file begins with the second hour."""
    packed = (_SIGNALS / "caiso_agc_2016_others_4s.csv.gz").read_bytes()
    head, *rows = csv.reader(io.StringIO(gzip.decompress(packed).decode()))
    return _columns(head, rows)


def _columns(head: list[str], rows: Iterable[list[str]]) -> dict[str, list[float]]:
    columns = [
        [float(value) / 100 for value in column][: HOUR_NEEDS // 4] for column in zip(*rows, strict=True)
    ]
    return dict(zip(head[1:], columns[1:], strict=True))


def other_days(count: int, seed: int) -> list[str]:
    """Draw days that are none of the ten, in the order of the calendar; all of them at most."""
    names = sorted(_others())
    return sorted(Random(seed).sample(names, min(count, len(names))))


def caiso_day(name: str) -> list[float]:
    """Return a day's hour. Raises `KeyError` where there is no such day."""
    return caiso_days().get(name) or _others()[name]


def is_day(signal: str) -> bool:
    """Whether a signal of that name is a day of CAISO."""
    return _DAY.fullmatch(signal) is not None


def days_by_mileage() -> list[str]:
    """Name the ten days, the calmest hour first."""

    def mileage(values: list[float]) -> float:
        return sum(abs(after - before) for before, after in pairwise(values))

    days = caiso_days()
    return sorted(days, key=lambda day: mileage(days[day]))


def typical_day() -> str:
    """Name the day that every fleet has: one about the middle."""
    return days_by_mileage()[5]


def rega(hours: int) -> list[float]:
    """Return some hours of RegA from 18:00 on, in per unit every 2 s."""
    with (_SIGNALS / "pjm_rega_2017-08-01_2s.csv").open() as file:
        rows = list(csv.reader(file))[1:]
    return [float(row[1]) for row in rows[_REGA_BEGINS:][: (hours * 3600 + HOUR_NEEDS - 3600) // 2]]


@cache
def regd_like() -> list[float]:
    """Return an hour's score of a signal like RegD, in per unit every 2 s."""
    head, *rows = csv.reader(io.StringIO((_SIGNALS / "caiso_agc_2016_4s.csv").read_text()))
    column = head.index(DAY)
    return regd([float(row[column]) / 100 for row in rows], _CAISO_BEGINS)
