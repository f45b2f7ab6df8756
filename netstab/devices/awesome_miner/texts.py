"""The texts of Awesome Miner, written in the locale of the Windows machine that it runs on. Pure.

A text is parsed with tolerance or is not known; none is ever compared with words, for they are translated.
"""

import math
import re
from datetime import UTC, datetime
from ipaddress import AddressValueError, IPv4Address
from typing import NamedTuple

from netstab.units import GigahashPerSecond

__all__ = ["Rate", "address", "moment", "rate"]

_LONGEST = 64

_BETWEEN_THOUSANDS = "\u00a0\u202f\u2009'\u2019"  # no-break and thin blanks; the Swiss write apostrophes
_RATE = re.compile(r"([0-9][0-9., ]{0,24})\s{0,4}([kKMGTPE]?)(H(?:/s)?)?", re.ASCII)
_FACTORS = {"": 1e-9, "K": 1e-6, "M": 1e-3, "G": 1.0, "T": 1e3, "P": 1e6, "E": 1e9}
_BEYOND_ANY = 1e10  # GH/s, 10 EH/s: a hundred times the largest site

_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d{0,3})?(Z|[+-]\d\d:\d\d)?", re.ASCII | re.IGNORECASE
)
_HOST = re.compile(
    r"(?:[a-z][a-z0-9+.-]{0,15}://)?(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?/?", re.ASCII | re.IGNORECASE
)


class Rate(NamedTuple):
    """The number that a text gives, and what it is in GH/s: None where its unit is another or unknown."""

    number: float
    hashrate: GigahashPerSecond | None


def rate(text: object) -> Rate | None:
    """Read a hash rate such as `27,1 TH/s`, `187 300,1 MH/s` or `1'234.5 GH/s`; None for what is none."""
    if not isinstance(text, str):
        return None
    plain = text[:_LONGEST]
    for blank in _BETWEEN_THOUSANDS:
        plain = plain.replace(blank, " ")
    found = _RATE.match(plain.strip())
    number = _number(found[1]) if found else None
    if found is None or number is None:
        return None
    hashrate = number * _FACTORS[found[2].upper()]
    known = bool(found[3]) and hashrate < _BEYOND_ANY
    return Rate(number, GigahashPerSecond(hashrate) if known else None)


def _number(text: str) -> float | None:
    """Read a number with a comma or a point before its decimals, and whatever between its thousands.

    A mark that comes once and last is taken for that of decimals: a rate has a prefix and few whole digits.
    """
    digits = text.replace(" ", "").rstrip(".,")
    last = max(digits.rfind("."), digits.rfind(","))
    if last >= 0 and digits.count(digits[last]) == 1:
        whole, decimals = digits[:last], digits[last + 1 :]
    else:
        whole, decimals = digits, ""
    try:
        number = float(f"{whole.replace('.', '').replace(',', '')}.{decimals or '0'}")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def moment(text: object) -> float | None:
    """Read `2026-11-26T10:00:00.1234567Z` as seconds since the epoch; what names no zone is UTC."""
    found = _MOMENT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    zone = "+00:00" if found[3] in (None, "Z", "z") else found[3]
    try:
        at = datetime.fromisoformat(f"{found[1].upper()}.{found[2] or '0':0<6}{zone}")
        return at.astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def address(hostname: object) -> str:
    """Return the IPv4 address that a user has typed, with a port or without; "" for a name or nothing."""
    found = _HOST.fullmatch(hostname.strip()) if isinstance(hostname, str) else None
    try:
        return str(IPv4Address(found[1])) if found else ""
    except AddressValueError:
        return ""
