"""Port 4028 of one simulated miner, with bare sockets: ten thousand of them wait in one process."""

import asyncio
import contextlib
import socket
from collections.abc import Callable

from netstab.simulation import api
from netstab.simulation.device import Device, Port

__all__ = ["ApiPort"]

_BACKLOG = 100  # as the mining process's own
_REQUEST_LIMIT = 8191  # bytes that it reads, once
_NO_DESCRIPTORS_PAUSE = 1.0


class ApiPort:
    """One client at a time: who connects and sends nothing keeps all others waiting, as on the real port.

    `settle` brings the device up to date; it ends in `follow`.
    """

    __slots__ = ("_address", "_client", "_device", "_listener", "_loop", "_settle", "_watched")

    def __init__(self, device: Device, port: int, settle: Callable[[Device], None]) -> None:
        self._device, self._settle = device, settle
        self._address = (device.miner_id, port)
        self._loop = asyncio.get_running_loop()
        self._listener: socket.socket | None = None
        self._client: socket.socket | None = None
        self._watched: socket.socket | None = None

    def follow(self) -> None:
        """Open, silence or close the port as the device's condition asks."""
        state = self._device.api_port
        if state is Port.CLOSED:
            self.close()
            return
        if self._listener is None:
            self._listener = _listen(self._address)
        self._watch((self._client or self._listener) if state is Port.OPEN else None)

    def close(self) -> None:
        self._watch(None)
        for sock in (self._client, self._listener):
            if sock is not None:
                sock.close()
        self._client = self._listener = None

    def _watch(self, sock: socket.socket | None) -> None:
        if sock is self._watched:
            return
        if self._watched is not None:
            self._loop.remove_reader(self._watched)
        if sock is not None:
            self._loop.add_reader(sock, self._accept if sock is self._listener else self._serve, sock)
        self._watched = sock

    def _accept(self, listener: socket.socket) -> None:
        try:
            client, _peer = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError:  # no descriptors left
            self._watch(None)
            self._loop.call_later(_NO_DESCRIPTORS_PAUSE, self.follow)
            return
        client.setblocking(False)
        self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        """Answer a client that has sent its request, else wait for it and for nobody else."""
        try:
            request = client.recv(_REQUEST_LIMIT)
        except BlockingIOError:
            self._client = client
            self._watch(client)
            return
        except OSError:
            request = b""
        with client:
            if self._watched is client:
                self._watch(None)
            self._client = None
            self._settle(self._device)
            if request and self._device.api_port is Port.OPEN:
                with contextlib.suppress(OSError):
                    client.send(self._answer(request))
        self._settle(self._device)

    def _answer(self, request: bytes) -> bytes:
        condition = self._device.condition
        if condition.lost:
            return b""
        return condition.api_answer or api.answer(self._device, request)


def _listen(address: tuple[str, int]) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setblocking(False)
    listener.bind(address)
    listener.listen(_BACKLOG)
    return listener
