"""From the bytes that an HTTP meter answers to the figure in them. Pure."""

import json
import re
from typing import Any

from netstab.errors import MeterFigureUnusable, MeterMalformed

__all__ = ["figure_in"]

_SHOWN = 40  # characters of what is wrong
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


def figure_in(body: bytes, field: str) -> float:
    """Find the figure at a key or dotted path; a number in a path is an index where it meets a list.

    Raises `MeterMalformed` if the answer is no JSON, `MeterFigureUnusable` if there is no number at the path.
    """
    found = _at(_document(body), field)
    if isinstance(found, str) and _NUMBER.fullmatch(found):
        return float(found)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise MeterFigureUnusable(f"The meter's field {field} must hold a number, not {_short(repr(found))}.")
    try:
        return float(found)
    except OverflowError:
        raise MeterFigureUnusable(f"The meter's field {field} holds a number that has no end.") from None


def _document(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        start = _short(body.decode(errors="replace").strip())
        raise MeterMalformed(f"The meter's answer is no JSON; it begins with {start!r}.") from None


def _at(document: Any, field: str) -> Any:
    """Follow the path; a key that has dots itself is taken as it is."""
    if isinstance(document, dict) and field in document:
        return document[field]
    found = document
    for step in field.split("."):
        if isinstance(found, dict) and step in found:
            found = found[step]
        elif isinstance(found, list) and re.fullmatch(r"[0-9]{1,9}", step) and int(step) < len(found):
            found = found[int(step)]
        else:
            raise MeterFigureUnusable(f"The meter's answer has no field {field}: {step} is missing.")
    return found


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
