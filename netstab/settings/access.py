"""Who may use the server, as the settings say it: networks, tokens, proxies. It judges no request."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from netstab.settings.tokens import NO_TOKENS, Tokens

__all__ = ["PRIVATE", "AccessSettings", "ClientNetwork", "is_private", "readable_by_all"]

ClientNetwork = IPv4Network | IPv6Network

PRIVATE = "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,fc00::/7,fe80::/10"
"""Loopback, and the ranges that no router of the Internet lets through."""


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """The clients of each surface: the EMS's three calls, and all else.

    Without tokens a surface takes none. Viewers' tokens open the dashboard's surface for reading. What
    `proxies` tell of whom they forward for is believed.
    """

    ems_networks: tuple[ClientNetwork, ...]
    dashboard_networks: tuple[ClientNetwork, ...]
    ems_tokens: Tokens = NO_TOKENS
    dashboard_tokens: Tokens = NO_TOKENS
    viewer_tokens: Tokens = NO_TOKENS
    proxies: tuple[ClientNetwork, ...] = ()

    def __str__(self) -> str:
        """Say who is served, for the log."""
        return f"the EMS's calls {_served(self.ems_networks, self.ems_tokens)}; all else " + _served(
            self.dashboard_networks, self.dashboard_tokens
        )

    @property
    def advice(self) -> tuple[str, ...]:
        """Return sentences on what may not be meant so; none shows a token."""
        open_to_all = [
            readable_by_all(name)
            for name, tokens in (
                ("EMS_TOKEN", self.ems_tokens),
                ("DASHBOARD_TOKEN", self.dashboard_tokens),
                ("VIEWER_TOKEN", self.viewer_tokens),
            )
            if tokens.readable_by_all
        ]
        if self.ems_tokens and not self.dashboard_tokens:
            open_to_all.append(
                "EMS_TOKEN is set and DASHBOARD_TOKEN is not: the dashboard's commands steer the fleet too,"
                " and take no token."
            )
        return (*open_to_all, *self._open_to_strangers())

    def _open_to_strangers(self) -> Iterator[str]:
        for surface, networks, tokens in (
            ("EMS", self.ems_networks, self.ems_tokens),
            ("DASHBOARD", self.dashboard_networks, self.dashboard_tokens),
        ):
            others = ", ".join(str(block) for block in networks if not is_private(block))
            if others and not tokens:
                yield (
                    f"{surface}_ALLOWED_NETWORKS lets in clients of {others}, which is not private, and"
                    f" {surface}_TOKEN is not set: whoever is there may command."
                )


def is_private(block: ClientNetwork) -> bool:
    """Whether all of a block is loopback or in a range that no router of the Internet lets through."""
    return any(block[0] in own and block[-1] in own for own in map(ip_network, PRIVATE.split(",")))


def readable_by_all(name: str) -> str:
    """Say that a setting's file is."""
    return f"The file that holds {name} can be read by every user of this host; chmod 0600 is enough."


def _served(networks: tuple[ClientNetwork, ...], tokens: Tokens) -> str:
    blocks = ",".join(map(str, networks))
    where = "loopback and private networks" if blocks == PRIVATE else blocks
    return f"to {where}, {'with' if tokens else 'without'} a token"
