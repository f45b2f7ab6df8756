"""When what is read from a socket had come: a server that was held up finds it there, and old.

It reads nothing and decides nothing.
"""

import socket
import struct
import time

__all__ = ["came_by"]

_INFO_BYTES = 104
_LAST_DATA_RECEIVED = struct.Struct("@I")
_AT = 52
"""Where Linux's `tcp_info` has the milliseconds since the last data came."""


def came_by(connection: socket.socket) -> float:
    """Return when the newest of what waits in a socket came, on the monotonic clock; now if nobody knows."""
    now = time.monotonic()
    try:
        told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
        [milliseconds] = _LAST_DATA_RECEIVED.unpack_from(told, _AT)
    except (OSError, struct.error):
        return now
    return now - float(milliseconds) / 1000
