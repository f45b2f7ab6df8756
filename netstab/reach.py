"""Which addresses the server may talk to: the configured network, and what was allowed besides it.

It asks nobody: link-local, loopback and private ranges are no more allowed than any other unless configured.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network

__all__ = ["RESERVED_BELOW", "Network", "Reach"]

Network = IPv4Network

RESERVED_BELOW = 1024
"""Ports below are other services'; of these only the one that miners are configured to have is a miner's."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Address blocks; `api_port` is the one that is usual for miners here."""

    networks: tuple[IPv4Network, ...]
    api_port: int

    def covers(self, block: IPv4Network | str) -> bool:
        """Whether an address, or all of a block, may be talked to."""
        asked = IPv4Network(block)
        return any(asked.subnet_of(network) for network in self.networks)

    def takes_port(self, port: int) -> bool:
        return port == self.api_port or RESERVED_BELOW <= port <= 65535

    def __str__(self) -> str:
        return ", ".join(map(str, self.networks))
