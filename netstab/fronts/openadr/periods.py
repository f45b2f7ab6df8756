"""Reads ISO 8601 durations and moments as OpenADR 3 writes them, traps included. Pure.

All is in ms, whole ones or infinite: sums and remainders are exact, so that a boundary is never missed.
"""

import math
import re
from datetime import UTC, datetime

__all__ = ["NOW", "SECOND", "duration_in", "moment_in"]

SECOND = 1000.0
NOW = -math.inf
"""A start in the year 1: OpenADR's word for `now`."""

_LONGEST_TEXT = 64  # characters; a sensible one has half as many
_ENDLESS = 9999  # years
_YEAR, _MONTH = 365, 30  # days: the specification discourages both
_DURATION = re.compile(
    r"(-?)P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)([DW]))?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def duration_in(text: str) -> float:
    """Return the ms of a duration, infinite from 9,999 years on (`P9999Y`); raises `ValueError`.

    A year counts as 365 days and a month as 30. The pattern is that of the specification's document.
    """
    found = _DURATION.fullmatch(text) if len(text) <= _LONGEST_TEXT else None
    if found is None:
        raise ValueError(f"{text[:_LONGEST_TEXT]!r} is no ISO 8601 duration")
    sign, years, months, days, kind, hours, minutes, seconds = found.groups()
    whole = _YEAR * float(years or 0) + _MONTH * float(months or 0)
    whole += float(days or 0) * (7 if kind == "W" else 1)
    total = whole * 86_400 + float(hours or 0) * 3600 + float(minutes or 0) * 60 + float(seconds or 0)
    if float(years or 0) >= _ENDLESS or total >= _ENDLESS * _YEAR * 86_400:
        total = math.inf
    signed = -total if sign else total
    return signed if math.isinf(signed) else float(round(signed * SECOND))


def moment_in(text: str) -> float:
    """Return the ms since 1970 of a moment, `NOW` in the year 1; raises `ValueError`.

    Without an offset it is UTC. More than six digits of a second are cut.
    """
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"{text[:_LONGEST_TEXT]!r} is no date and time")
    try:
        read = datetime.fromisoformat(text.upper())
    except ValueError:
        raise ValueError(f"{text!r} is no date and time") from None
    if read.year == 1:
        return NOW
    if read.tzinfo is None:
        read = read.replace(tzinfo=UTC)
    return float(round((read - _EPOCH).total_seconds() * SECOND))
