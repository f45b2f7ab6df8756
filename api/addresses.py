"""Which addresses a client may have the service reach: the configured and the allowed networks."""

import ipaddress

from api.errors import unknown_miner
from netstab.devices.awesome_miner.ids import is_by_number
from netstab.errors import CommandRejected, ErrorCode
from netstab.reach import RESERVED_BELOW, Network, Reach
from netstab.units import MinerId

__all__ = ["miner_at", "reachable_address", "reachable_network", "reachable_port", "same_address"]

_SMALLEST_PREFIX = 16


def reachable_network(text: str, reach: Reach) -> Network:
    """Read an address block that may be scanned.

    Raises `CommandRejected` with INVALID_INPUT.
    """
    try:
        network = Network(text, strict=False)
    except ValueError:
        raise _refused("network_cidr must be an IPv4 block such as 192.168.1.0/24", text) from None
    if network.prefixlen < _SMALLEST_PREFIX:
        raise _refused(f"network_cidr must be no larger than a /{_SMALLEST_PREFIX}", text)
    _require("network_cidr", text, network, reach)
    return network


def reachable_address(text: str, reach: Reach) -> str:
    """Read a miner's address, or its number at Awesome Miner; raises `CommandRejected` with INVALID_INPUT."""
    address = same_address("ip", text)
    if is_by_number(address):
        return address
    _require("ip", address, Network(address), reach)
    return address


def reachable_port(port: int, reach: Reach) -> int:
    """Check that a miner may be looked for at a port; raises `CommandRejected` with INVALID_INPUT."""
    if not reach.takes_port(port):
        raise _refused(f"port must be {reach.api_port}, or from {RESERVED_BELOW} to 65535", str(port))
    return port


def same_address(field: str, text: str) -> str:
    """Check that a field holds a miner's id: an IPv4 address, or one that Awesome Miner's number makes.

    Raises `CommandRejected` with INVALID_INPUT.
    """
    if is_by_number(text):
        return text
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise _refused(f"{field} must be an IPv4 address", text) from None


def miner_at(text: str) -> MinerId:
    """Read a miner's id from a path; what is none is refused with UNKNOWN_MINER and never a command."""
    try:
        return MinerId(same_address("miner_id", text))
    except CommandRejected:
        raise unknown_miner(text) from None


def _require(field: str, text: str, network: Network, reach: Reach) -> None:
    if not reach.covers(network):
        raise _refused(f"{field} must lie inside the allowed networks ({reach})", text)


def _refused(rule: str, value: str) -> CommandRejected:
    return CommandRejected(ErrorCode.INVALID_INPUT, f"{rule}, got {value[:60]!r}.")
