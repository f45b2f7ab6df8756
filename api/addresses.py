"""Which addresses the service may reach: it never leaves the ranges of private networks."""

import ipaddress

from api.errors import unknown_miner
from netstab.errors import CommandRejected
from netstab.readers import Network
from netstab.units import MinerId

__all__ = ["miner_at", "reachable_address", "reachable_network", "same_address"]

_LOOPBACK = Network("127.0.0.0/8")
_RANGES = (
    _LOOPBACK,
    Network("169.254.0.0/16"),
    Network("10.0.0.0/8"),
    Network("172.16.0.0/12"),
    Network("192.168.0.0/16"),
)
_SMALLEST_PREFIX = 16


def reachable_network(text: str, own: Network) -> Network:
    """Read an address block that may be scanned by a service whose own network is `own`.

    Raises `CommandRejected` with INVALID_INPUT.
    """
    try:
        network = Network(text, strict=False)
    except ValueError:
        raise _refused("network_cidr must be an IPv4 block such as 192.168.1.0/24", text) from None
    if network.prefixlen < _SMALLEST_PREFIX:
        raise _refused(f"network_cidr must be no larger than a /{_SMALLEST_PREFIX}", text)
    _require_range("network_cidr", text, network, own)
    return network


def reachable_address(text: str, own: Network) -> str:
    """Read the address of a miner; raises `CommandRejected` with INVALID_INPUT."""
    address = same_address("ip", text)
    _require_range("ip", address, Network(address), own)
    return address


def same_address(field: str, text: str) -> str:
    """Check that a field holds an IPv4 address; raises `CommandRejected` with INVALID_INPUT."""
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise _refused(f"{field} must be an IPv4 address", text) from None


def miner_at(text: str) -> MinerId:
    """Read a miner's id from a path; what is no address is refused with UNKNOWN_MINER and never a command."""
    try:
        return MinerId(same_address("miner_id", text))
    except CommandRejected:
        raise unknown_miner(text) from None


def _require_range(field: str, text: str, network: Network, own: Network) -> None:
    """A service on loopback, as in a demonstration, stays there."""
    if own.is_loopback and not network.subnet_of(_LOOPBACK):
        raise _refused(f"{field} must lie inside loopback, as this service's own network does", text)
    if not any(network.subnet_of(allowed) for allowed in (*_RANGES, own)):
        raise _refused(f"{field} must lie inside loopback, link-local or private ranges", text)


def _refused(rule: str, value: str) -> CommandRejected:
    return CommandRejected("INVALID_INPUT", f"{rule}, got {value[:60]!r}.")
