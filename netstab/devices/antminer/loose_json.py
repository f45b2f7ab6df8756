"""Reading the JSON that miners write: it cures the defects known from the field, and guesses nothing else.

Every pattern here takes time linear in the text, whatever the text: a device must not hold the interpreter.
"""

import json
import math
import re
from contextlib import suppress
from typing import Any

import msgspec

from netstab.devices.antminer.texts import LONGEST_SETTING, LONGEST_TEXT, are_harmless, cleaned
from netstab.errors import MalformedAnswer

__all__ = ["has_missing_value", "number", "parse", "parse_exactly", "plausible"]

_FAST = msgspec.json.Decoder()  # takes nothing that the other one would not, and in a third of the time
_DECODER = json.JSONDecoder(strict=False, parse_constant=lambda _name: None)
_JOINED = '"}{"STATS"'  # stands in no JSON, neither as the end of a string nor as a whole one
_STRING = re.compile(
    r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL
)  # one that is not closed ends at the text's end
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PLACE = "\0"  # stands for a string while the text around the strings is cured
_MISSING_VALUE = re.compile(r":\s*(?=[,}])")
_DEFECTS = (
    (re.compile(r"\}\s*\{"), "},{"),
    (re.compile(r",\s*(?=[}\]])"), ""),
    (re.compile(r"(?<=\[)\s*,"), ""),
    (re.compile(r"[-+]?\b(?:nan|inf(?:inity)?)\b", re.IGNORECASE), "null"),
)


def parse(data: bytes) -> dict[str, Any]:
    """Parse an object; its texts are cut to a sensible length and made valid.

    Raises `MalformedAnswer`; the text is never quoted in it, for it may hold passwords.
    """
    text = _text(data)
    answer = _parsed(text, None)
    if not are_harmless(text, LONGEST_TEXT):
        answer = cleaned(answer, LONGEST_TEXT)
    return answer


def parse_exactly(data: bytes, missing_value: str) -> dict[str, Any]:
    """Parse an object that is written back one day; `missing_value` is put where it has none (`"key" : ,`).

    Raises `MalformedAnswer`, also for texts that would have to be cut or made valid.
    """
    text = _text(data)
    answer = _parsed(text, missing_value)
    if not are_harmless(text, LONGEST_SETTING) and cleaned(answer, LONGEST_SETTING) != answer:
        raise MalformedAnswer("The miner's answer holds texts that are too long or not valid.")
    return answer


def _parsed(text: str, missing_value: str | None) -> dict[str, Any]:
    try:
        answer = _decode(text)
    except (ValueError, RecursionError):
        answer = _parse_repaired(text, missing_value)
    if not isinstance(answer, dict):
        raise MalformedAnswer("The miner answered JSON, but not an object.")
    return answer


def has_missing_value(data: bytes) -> bool:
    """Tell whether a key stands there without a value, as where a script's source of figures was silent."""
    return bool(_MISSING_VALUE.search(_STRING.sub(_PLACE, _text(data))))


def number(value: Any) -> float | None:
    """Return a finite number, whether it was written as a number or as a string; None for anything else."""
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return result if math.isfinite(result) and value is not True and value is not False else None


def plausible(value: Any, low: float, high: float) -> float | None:
    """Return the number if it lies within the bounds; None for a broken sensor's figure."""
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return result if low <= result <= high and value is not True and value is not False else None


def _text(data: bytes) -> str:
    return data.replace(b"\0", b"").decode("utf-8", "replace")


def _decode(text: str) -> object:
    cured = text.replace("}{", "},{", 1)  # nearly every poll meets this defect, and no other
    for candidate in (cured,) if _JOINED in text else (text, cured):
        with suppress(ValueError, RecursionError):
            return _FAST.decode(candidate)
    return _DECODER.decode(text)


def _parse_repaired(text: str, missing_value: str | None) -> object:
    try:
        return _decode(_repaired(text, missing_value))
    except (ValueError, RecursionError) as error:
        raise MalformedAnswer("The miner's answer is not JSON, or was cut off.") from error


def _repaired(text: str, missing_value: str | None) -> str:
    text = _ESCAPE.sub(_valid_escape, text)
    strings = iter(_STRING.findall(text))
    around = _STRING.sub(_PLACE, text)
    for defect, cure in _DEFECTS:
        around = defect.sub(cure, around)
    if missing_value is not None:
        around = _MISSING_VALUE.sub(":" + missing_value, around)
    first, *others = around.split(_PLACE)
    return first + "".join(next(strings) + other for other in others)


def _valid_escape(match: re.Match[str]) -> str:
    return match[0] if match[1] in '"\\/bfnrtu' else match[1]
