"""Makes the texts in a device's answer valid and short. Pure: whatever is parsed goes through here once."""

import re
from typing import Any

from netstab.errors import MalformedAnswer

__all__ = ["LONGEST_SETTING", "LONGEST_TEXT", "are_harmless", "cleaned"]

LONGEST_TEXT = 256
"""Characters; the longest that anything reads has 152, a board's marks of its chips."""

LONGEST_SETTING = 1024
"""A configuration names a frequency for each of 189 chips in one text."""

_DEEPEST = 12
_LARGEST_NUMBER = 2**63
_LARGE = b"0" * len(str(_LARGEST_NUMBER))
_ALL_DIGITS_ALIKE = bytes.maketrans(b"123456789", b"000000000")
_BRACKETS = b"[{"
_PLAIN = bytes(set(range(ord(" "), ord("~") + 1)) - {ord("\\"), *_BRACKETS})
_MOST_BRACKETS = 63
_INVALID = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")


def are_harmless(text: str, longest: int) -> bool:
    """Tell of an undecoded answer, cheaply, that nothing in it can need cleaning; most are of that kind."""
    if not text.isascii():
        return False
    data = text.encode()
    unusual = data.translate(None, delete=_PLAIN)
    return (
        len(unusual) <= _MOST_BRACKETS
        and not unusual.strip(_BRACKETS)
        and _LARGE not in data.translate(_ALL_DIGITS_ALIKE)
        and _quotes_often(text, longest)
    )


def _quotes_often(text: str, longest: int) -> bool:
    """Whether no more than `longest` characters stand between one quote and the next."""
    at = 0
    while at + longest < len(text):
        quote = text.rfind('"', at, at + longest + 1)
        if quote < 0:
            return False
        at = quote + 1
    return True


def cleaned(value: Any, longest: int, depth: int = 0) -> Any:
    """Return a decoded answer with its texts cut, in one line, and valid; numbers beyond 63 bits are dropped.

    Raises `MalformedAnswer` for one that is nested deeper than any miner's.
    """
    if isinstance(value, str):
        return _valid(value, longest)
    if isinstance(value, int):
        return value if abs(value) < _LARGEST_NUMBER else None
    if not isinstance(value, dict | list):
        return value
    if depth > _DEEPEST:
        raise MalformedAnswer("The miner's answer is nested deeper than any miner's.")
    if isinstance(value, list):
        return [cleaned(each, longest, depth + 1) for each in value]
    return {_valid(key, longest): cleaned(each, longest, depth + 1) for key, each in value.items()}


def _valid(text: str, longest: int) -> str:
    if len(text) <= longest and text.isprintable():
        return text
    return _INVALID.sub(" ", text[:longest])
