"""The simulated meter's web server: one JSON document, whatever is asked for."""

import asyncio
import json
from typing import cast

from netstab.simulation.closing import close_server
from netstab.simulation.instrument import Instrument
from netstab.units import kilowatts

__all__ = ["HttpSide"]


class HttpSide:
    """Serves on a port of 127.0.0.1."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._server: asyncio.Server | None = None
        self.connections: set[asyncio.Transport] = set()

    async def start(self, port: int) -> int:
        """Listen; gives the port. Raises `OSError` if it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", port)
        listening: int = self._server.sockets[0].getsockname()[1]
        return listening

    async def stop(self) -> None:
        if self._server is not None:
            await close_server(self._server)
        for connection in tuple(self.connections):
            connection.abort()
        await asyncio.sleep(0)  # they end at the loop's next turn

    def answer(self) -> bytes | None:
        """Return what is answered now, None for silence."""
        faults = self._instrument.faults
        if faults.silent:
            return None
        if faults.http is not None:
            return faults.http
        if faults.refusing:
            return _response("503 Service Unavailable", {"error": "busy"})
        power = kilowatts(self._instrument.shown())
        return _response("200 OK", {"site": {"power_kw": power}, "power": power})


class _Connection(asyncio.Protocol):
    """Answers once, when the request's head has come, and closes."""

    def __init__(self, side: HttpSide) -> None:
        self._side = side
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._side.connections.add(self._transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._side.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._head = (self._head + data)[-4096:]
        answer = self._side.answer() if self._head.endswith(b"\r\n\r\n") else None
        if answer is not None:
            self._transport.write(answer)
            self._transport.close()


def _response(status: str, document: object) -> bytes:
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body
