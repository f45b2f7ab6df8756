"""Whether a client's address lies in configured networks. It asks nobody: names are not resolved."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from netstab.settings.access import ClientNetwork

__all__ = ["address_of", "within"]

Address = IPv4Address | IPv6Address


def within(networks: Iterable[ClientNetwork]) -> Callable[[str], bool]:
    """Make a judge of addresses; what is none lies in no network."""
    blocks = tuple(networks)

    @lru_cache(maxsize=4096)
    def lies_within(text: str) -> bool:
        address = address_of(text)
        return address is not None and any(address in block for block in blocks)

    return lies_within


def address_of(text: str) -> Address | None:
    """Read an address; one of IPv4 that stands in IPv6 is one of IPv4. None if it is no address."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
