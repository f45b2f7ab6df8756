"""Names that a miner gives of itself: its model, its firmware's version. Pure, and of bounded length."""

import re
from functools import lru_cache
from sys import intern

from netstab.devices.models import MODELS, UNKNOWN

__all__ = ["OTHER_FIRMWARE", "firmware_version", "label", "model_name"]

OTHER_FIRMWARE = re.compile(
    r"hiveon|msk|asicseer|braiins|bosminer|\bboser\b|rwglr|luxminer|luxos", re.IGNORECASE
)
"""Firmware for which there is no driver, by the names that it gives itself."""

_LONGEST = 64
_VERSION = re.compile(r"(?<![\d.])\d{1,9}(?:\.\d{1,9}){1,5}")
_VERSION_AT_END = re.compile(r"\sv\d[\d.]*$", re.IGNORECASE)
_MODELS = {name.casefold(): name for name in MODELS}


def label(value: object, longest: int = _LONGEST) -> str:
    """Return a text of a device in one line and of sensible length; "" for what is no text."""
    text = str(value) if isinstance(value, str | int | float) else ""
    text = " ".join(text[: 4 * longest].split())[:longest].strip()
    return intern(text)  # thousands say the same


@lru_cache(maxsize=256)  # most polls of a fleet bring one of a few names
def model_name(type_name: str) -> str:
    """Return the model without what firmware adds: its own name, brackets, a version on a second line."""
    name = label(type_name.strip().partition("\n")[0].partition("(")[0])
    name = " ".join(OTHER_FIRMWARE.sub("", _VERSION_AT_END.sub("", name)).split())
    return _MODELS.get(name.casefold(), name) or UNKNOWN


def firmware_version(type_name: str) -> str:
    match = _VERSION.search(label(type_name))
    return match[0] if match else ""
