"""Reading the JSON that miners write: it cures the defects known from the field, and guesses nothing else."""

import json
import math
import re
from typing import Any

from netstab.errors import MalformedAnswer

__all__ = ["has_missing_value", "number", "parse", "plausible"]

_DECODER = json.JSONDecoder(strict=False, parse_constant=lambda _name: None)
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PLACE = "\0"  # stands for a string while the text around the strings is cured
_MISSING_VALUE = re.compile(r":\s*(?=[,}])")
_DEFECTS = (
    (re.compile(r"\}\s*\{"), "},{"),
    (re.compile(r",\s*(?=[}\]])"), ""),
    (re.compile(r"(?<=\[)\s*,"), ""),
    (re.compile(r"[-+]?\b(?:nan|inf(?:inity)?)\b", re.IGNORECASE), "null"),
)


def parse(data: bytes, missing_value: str | None = None) -> dict[str, Any]:
    """Parse an object; `missing_value` is the JSON put where the text has none (`"key" : ,`).

    Raises `MalformedAnswer`; the text is never quoted in it, for it may hold passwords.
    """
    text = _text(data)
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
    """Give a finite number, whether it was written as a number or as a string; None for anything else."""
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return result if math.isfinite(result) and value is not True and value is not False else None


def plausible(value: Any, low: float, high: float) -> float | None:
    """Give the number if it lies within the bounds; None for a broken sensor's figure."""
    result = number(value)
    return result if result is not None and low <= result <= high else None


def _text(data: bytes) -> str:
    return data.replace(b"\0", b"").decode("utf-8", "replace")


def _decode(text: str) -> object:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = error.pos
        if text[place - 1 : place + 1] != "}{":
            raise
        # Nearly every poll meets this one: cured where the decoder stumbled, it costs a tenth of the rest.
        return _DECODER.decode(f"{text[:place]},{text[place:]}")


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
