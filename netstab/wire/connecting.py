"""One connection over TCP, bounded as a whole, however many addresses a name has."""

import socket
from contextlib import suppress
from typing import Any

from netstab.reach import Reach
from netstab.wire.bounds import left_until

__all__ = ["connected"]


def connected(host: str, port: int, expires: float, reach: Reach | None = None) -> socket.socket:
    """Connect to the first address that lets us, of those in `reach`; raises `OSError` where none does.

    Only looking up a name is not bounded here.
    """
    failed: OSError = OSError(f"its address is not in {reach}")
    for family, kind, protocol, _, address in _addresses(host, port):
        if reach is not None and not (family == socket.AF_INET and reach.covers(address[0])):
            continue
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(left_until(expires))
            sock.connect(address)
        except OSError as error:
            sock.close()
            failed = error
        else:
            return sock
    raise failed


def _addresses(host: str, port: int) -> list[Any]:
    with suppress(OSError, ValueError):  # a device's own address needs no look-up
        socket.inet_pton(socket.AF_INET, host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (host, port))]
    try:
        return socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError("its name is none") from None
