"""From the text of one setting to its value; what cannot be used raises `ValueError` with the rule it breaks.

It knows no setting by name.
"""

import ipaddress
import re
from collections.abc import Callable
from enum import StrEnum
from math import nan
from typing import TypeVar
from urllib.parse import urlsplit

from netstab.reach import Network
from netstab.units import Watts, watts
from netstab.urls import database_url_fault

__all__ = [
    "boolean",
    "choice",
    "client_networks",
    "credential",
    "database",
    "device_port",
    "fallback",
    "file_name",
    "hosts",
    "meter_url",
    "network",
    "networks",
    "number",
    "port",
    "port_or_none",
    "power_or_none",
    "rated",
    "server_url",
    "some_networks",
    "text",
    "whole_number",
]

Choice = TypeVar("Choice", bound=StrEnum)
V = TypeVar("V")

_MULTICAST = 224  # the first octet from which on there are no hosts

_HOST = re.compile(r"[A-Za-z0-9_.-]+|\[?[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*\]?")
_WORDS = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


def boolean(given: str) -> bool:
    try:
        return _WORDS[given.strip().lower()]
    except KeyError:
        raise ValueError("must be true or false") from None


def network(given: str) -> Network:
    try:
        block = ipaddress.IPv4Network(given.strip(), strict=False)
    except ValueError:
        raise ValueError("must be an IPv4 block such as 192.168.1.0/24") from None
    if block.prefixlen < 16:
        raise ValueError("must be no larger than a /16")
    hosts = 0 < block.network_address.packed[0] < _MULTICAST
    if not hosts or not (block.is_private or block.is_loopback):
        raise ValueError("must lie inside loopback, link-local or private ranges")
    return block


def networks(given: str) -> tuple[Network, ...]:
    """Read address blocks with commas between them; none is a list as well."""
    return tuple(_unicast(part.strip()) for part in given.split(",") if part.strip())


def _unicast(given: str) -> Network:
    try:
        block = ipaddress.IPv4Network(given, strict=False)
    except ValueError:
        raise ValueError("must be IPv4 blocks with commas between them, such as 10.1.0.0/16") from None
    if block.prefixlen < 8 or not 0 < block.network_address.packed[0] < _MULTICAST:
        raise ValueError("must be blocks of hosts, each no larger than a /8")
    return block


def client_networks(given: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Read address blocks of either kind with commas between them; none is a list as well."""
    try:
        return tuple(_either_kind(part.strip()) for part in given.split(",") if part.strip())
    except ValueError:
        raise ValueError("must be address blocks with commas between them, such as 10.1.0.0/16") from None


def _either_kind(given: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    block = ipaddress.ip_network(given, strict=False)
    mapped = isinstance(block, ipaddress.IPv6Network) and block.network_address.ipv4_mapped
    return ipaddress.ip_network(f"{mapped}/{block.prefixlen - 96}") if mapped else block


def some_networks(given: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """The same, but at least one."""
    blocks = client_networks(given)
    if not blocks:
        raise ValueError("must be at least one address block, such as 10.1.0.0/16")
    return blocks


def hosts(given: str) -> tuple[str, ...]:
    """Read names or addresses with commas between them, without ports; none is a list as well."""
    names = tuple(part.strip() for part in given.split(",") if part.strip())
    if not all(_HOST.fullmatch(name) for name in names):
        raise ValueError("must be names or addresses with commas between them, without ports")
    return names


def number(low: float, high: float) -> Callable[[str], float]:
    def read(given: str) -> float:
        try:
            value = float(given)
        except ValueError:
            value = nan
        if not low <= value <= high:
            raise ValueError(f"must be a number from {low:,} to {high:,}")
        return value

    return read


def whole_number(low: int, high: int) -> Callable[[str], int]:
    def read(given: str) -> int:
        if not re.fullmatch(r"\d{1,9}", given.strip()) or not low <= int(given) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(given)

    return read


def port(given: str) -> int:
    if not given.strip().isdecimal() or not 0 <= int(given) <= 65535:
        raise ValueError("must be a port from 0 to 65535")
    return int(given)


def device_port(given: str) -> int:
    """Read a port that devices are asked at; 0, which lets the system choose where one listens, is none."""
    if port(given) == 0:
        raise ValueError("must be a port from 1 to 65535")
    return port(given)


def port_or_none(given: str) -> int | None:
    return port(given) if given.strip() else None


def choice(kind: type[Choice]) -> Callable[[str], Choice]:
    """Read one of an enumeration's words, in any case."""

    def read(given: str) -> Choice:
        for word in kind:
            if word.value.lower() == given.strip().lower():
                return word
        raise ValueError(f"must be {' or '.join(kind)}")

    return read


def rated(given: str) -> Watts | None:
    if given.strip().lower() in ("", "auto"):
        return None
    return watts(number(0.001, 1_000_000)(given))


def or_auto(reader: Callable[[str], V]) -> Callable[[str], V | None]:
    """Read what a reader does, or `auto`: by the preset."""

    def read(given: str) -> V | None:
        if given.strip().lower() in ("", "auto"):
            return None
        try:
            return reader(given)
        except ValueError as error:
            raise ValueError(f"{error}, or auto") from error

    return read


def power_or_none(given: str) -> Watts | None:
    """Read a power in kW; none is one as well."""
    return watts(number(0.001, 1_000_000)(given)) if given.strip() else None


def fallback(given: str) -> Watts | str:
    """Read what becomes of the power when the EMS is silent: `hold`, `standby`, or a power in kW."""
    word = given.strip().lower()
    if word in ("hold", "standby"):
        return word
    try:
        return watts(number(0.0, 1_000_000)(given))
    except ValueError:
        raise ValueError("must be hold, standby, or a power from 0 to 1,000,000 kW") from None


def text(given: str) -> str:
    if not given.strip():
        raise ValueError("must not be empty")
    return given.strip()


def credential(given: str) -> str:
    """Read what is shown to devices: a line of its own in a request, so it must be one."""
    if not given.strip().isprintable():
        raise ValueError("must not hold control characters")
    return given.strip()


def file_name(given: str) -> str:
    """Read the name of a file; none is one as well."""
    if "\0" in given:
        raise ValueError("must be the name of a file")
    return given.strip()


def database(given: str) -> str:
    fault = database_url_fault(given)
    if fault:
        raise ValueError(fault)
    return given


def meter_url(given: str) -> str:
    url = given.strip()
    usable = re.fullmatch(r"https?://[^\s/?#]+\S*|modbus://[^\s/?#:]+(:\d{1,5})?", url) and _has_port(url)
    if url and not usable:
        raise ValueError("must be http://… or modbus://host:port, or empty without a meter")
    return url


def server_url(given: str) -> str:
    """Read where a server is, whose paths are known; none is one as well."""
    url = given.strip()
    if url and not (re.fullmatch(r"https?://[^\s/?#]+(/api)?/?", url) and _has_port(url)):
        raise ValueError("must be http://host:port, or empty without one")
    return url


def _has_port(url: str) -> bool:
    """Whether a URL's port, if it names one, is one."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False
