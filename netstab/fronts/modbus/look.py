"""Whether the server's address can be listened on, or this product does so already. It changes nothing."""

import errno
import socket
from collections.abc import Iterable

from netstab.errors import CounterpartLost
from netstab.fronts.modbus.frames import HEADER_BYTES, header_in
from netstab.fronts.modbus.values import MANUFACTURER
from netstab.settings.access import ClientNetwork
from netstab.urls import authority

__all__ = ["look"]

_WITHIN = 3.0
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # nosec B104  # it binds nothing: whom to ask
_IDENTITY = bytes.fromhex("0001 0000 0006 01 03 9c40 0014")
"""Reads the SunSpec marker, the head of the first model, and the manufacturer's name."""


def look(listen: tuple[str, int], networks: Iterable[ClientNetwork]) -> str:
    """Say what was found. Raises `CounterpartLost` with what is wrong and what to do."""
    host, port = listen
    where = authority(host, port)
    try:
        _bind(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and _is_ours(_ANY.get(host, host), port):
            return f"At {where} this product listens already."
        remedy = "Allow it ports below 1024" if error.errno == errno.EACCES else "End what has it"
        text = f"{where} cannot be listened on: {error.strerror}. {remedy}, or set MODBUS_LISTEN."
        raise CounterpartLost(text) from error
    served = ", ".join(map(str, networks))
    return f"{where} can be listened on; masters of {served} are served, without a password."


def _bind(host: str, port: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)


def _is_ours(host: str, port: int) -> bool:
    """Whether what listens there answers as a master of this product would be."""
    try:
        with socket.create_connection((host, port), _WITHIN) as connection:
            connection.sendall(_IDENTITY)
            header = header_in(_received(connection, HEADER_BYTES))
            answer = _received(connection, header.follow) if header else b""
    except OSError:
        return False
    return answer[2:6] == b"SunS" and answer[10:].startswith(MANUFACTURER.encode())


def _received(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            raise ConnectionResetError
        received += part
    return received
