"""Which addresses the server may talk to: the configured network, and what was allowed besides it.

It asks nobody: link-local, loopback and private ranges are no more allowed than any other unless configured.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network

__all__ = ["RESERVED_BELOW", "Network", "Reach"]

Network = IPv4Network

RESERVED_BELOW = 1024
"""Ports below are other services'; of these only the one that miners are configured to have is a miner's."""

_WEB = 80

_SPECIAL = tuple(map(IPv4Network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")))


@dataclass(frozen=True, slots=True)
class Reach:
    """Address blocks; the ports are those that are usual for miners here."""

    networks: tuple[IPv4Network, ...]
    api_port: int
    http_port: int = _WEB

    def covers(self, block: IPv4Network | str) -> bool:
        """Whether an address, or all of a block, may be talked to.

        What is this host, its link, or no host at all is not allowed by a wider block that holds it too, and
        what is no address is never.
        """
        try:
            asked = IPv4Network(block)
        except ValueError:
            return False
        special = [one for one in _SPECIAL if one.overlaps(asked)]
        within = [network for network in self.networks if asked.subnet_of(network)]
        return any(all(network.subnet_of(one) for one in special) for network in within)

    def takes(self, address: str, api_port: int, http_port: int) -> bool:
        """Whether a miner at this address, with its API and its web server there, may be talked to."""
        web = http_port in (self.http_port, _WEB) or _is_nobodys(http_port)
        return self.covers(address) and self.takes_port(api_port) and web

    def takes_port(self, port: int) -> bool:
        """Whether a miner may have its API at this port."""
        return port == self.api_port or _is_nobodys(port)

    def __str__(self) -> str:
        return ", ".join(map(str, self.networks))


def _is_nobodys(port: int) -> bool:
    return RESERVED_BELOW <= port <= 65535
