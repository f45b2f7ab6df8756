"""The way to the port of API 3: one request and one answer, in frames, on a connection of its own.

Whatever goes wrong leaves here as one `DeviceError`. Nothing is sent twice.
"""

import socket

from netstab.devices.port import Endpoint, Permit, always
from netstab.devices.transport import CONNECT, DEVICE_ERRORS
from netstab.devices.whatsminer.frames import framed, unframed
from netstab.errors import DeviceError, Withdrawn
from netstab.wire.bounds import after, left_until
from netstab.wire.connecting import connected
from netstab.wire.failure import named

__all__ = ["exchange"]


def exchange(endpoint: Endpoint, port: int, content: bytes, expires: float, permit: Permit = always) -> bytes:
    """Exchange one request for the answer; all ends by `expires`.

    Raises `Withdrawn` where the permit is gone once the connection stands: then nothing was sent. An error
    after that says by `may_have_acted` that the request had left.
    """
    sent = False
    try:
        with connected(endpoint.miner_id, port, min(expires, after(CONNECT))) as opened:
            if not permit():
                raise Withdrawn("A newer command overtook this one before it was sent.")
            opened.settimeout(left_until(expires))
            sent = True
            opened.sendall(framed(content))
            return unframed(lambda length: _received(opened, length, expires))
    except (OSError, DeviceError) as error:
        failed = named(error, f"{endpoint.miner_id}:{port}", DEVICE_ERRORS)
        if isinstance(failed, DeviceError):
            failed.may_have_acted = sent
        raise failed from error


def _received(opened: socket.socket, length: int, expires: float) -> bytes:
    opened.settimeout(left_until(expires))
    return opened.recv(length)
