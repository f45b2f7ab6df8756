"""How many addresses are knocked at together: as many as leave the host what everybody else needs of it."""

import resource
import socket
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from netstab.units import MinerId

__all__ = ["MOST_AT_ONCE", "knocks_at_once", "on_link"]

MOST_AT_ONCE = 4096
"""A /16 in which nobody answers is through in half a minute then."""

_ROUTES = Path("/proc/net/route")
_NEIGHBOURS = Path("/proc/sys/net/ipv4/neigh/default/gc_thresh3")
_USUAL_NEIGHBOURS = 1024
_UP = 1


def knocks_at_once(block: Collection[MinerId]) -> int:
    """Return at how many addresses of a block it may be knocked at two ports each.

    Half of the descriptors are left to others. Where the block is on this host's own link, an address without
    a host holds an entry of the kernel's table of neighbours for 3 s, twice as long as it is waited for: a
    quarter of that table is left to the miners that are polled.
    """
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = min(MOST_AT_ONCE, descriptors // 4)
    if on_link(block, _read(_ROUTES)):
        most = min(most, _neighbours() * 3 // 8)
    return max(1, most)


def on_link(block: Collection[MinerId], routes: str) -> bool:
    """Tell from the host's routes whether one end of a block at least is reached without a gateway."""
    addresses = list(block)
    ends = {_number(socket.inet_aton(address)) for address in (*addresses[:1], *addresses[-1:])}
    return any(end & mask == network for network, mask in _links(routes) for end in ends)


def _links(routes: str) -> Iterator[tuple[int, int]]:
    """Yield network and mask of each route without a gateway, as the kernel lists them."""
    for line in routes.splitlines()[1:]:
        _, network, gateway, flags, *_, mask, _, _, _ = line.split()
        if int(gateway, 16) == 0 and int(flags, 16) & _UP:
            yield int(network, 16), int(mask, 16)


def _number(packed: bytes) -> int:
    return int.from_bytes(packed, sys.byteorder)  # as the kernel prints them


def _neighbours() -> int:
    text = _read(_NEIGHBOURS).strip()
    return int(text) if text.isdecimal() else _USUAL_NEIGHBOURS


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # another system, or a container that shows none
        return ""
