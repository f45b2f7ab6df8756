"""The Modbus TCP server: bounded connections, requests answered in their order, whatever comes survived.

It knows frames and no fleet. pymodbus's server is not used: it drops requests that come together, takes any
number of connections for any time, and does not tell whose a request is.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import ip_address

from netstab.fronts.modbus.frames import (
    HEADER_BYTES,
    Request,
    answer_to,
    header_in,
    refusal_of,
    request_in,
)
from netstab.fronts.modbus.registers import ExceptionCode, Refused
from netstab.units import Seconds

__all__ = ["MOST_CONNECTIONS", "ModbusServer", "Serve"]

logger = logging.getLogger(__name__)

MOST_CONNECTIONS = 128
"""Beyond it one gives way that has been idle longest, of the peer that has most: the others keep theirs."""

IDLE = Seconds(300.0)
WITHIN = Seconds(5.0)
"""How long the rest of a frame may take, and how long an answer may wait for its reader."""

_BUFFER = 4096
_REMEMBERED = 1000

Serve = Callable[[Request, str], Awaitable[list[int]]]
"""Carries out a request of a peer; returns the registers that it reads, or raises `Refused`."""


@dataclass(eq=False, slots=True)
class _Connection:
    peer: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    heard_at: float = field(default_factory=time.monotonic)


class ModbusServer:
    """From `start` to `close`, on one loop.

    `admits` says of a peer's address whether it is served; `changed` is told how many are connected.
    """

    def __init__(self, serve: Serve, admits: Callable[[str], bool], changed: Callable[[int], None]) -> None:
        self._serve = serve
        self._admits = admits
        self._changed = changed
        self._connections: dict[_Connection, asyncio.Task[None]] = {}
        self._strangers: set[str] = set()
        self._listener: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; gives the port. Raises `OSError`."""
        self._listener = await asyncio.start_server(self._connected, host, port, limit=_BUFFER)
        found: int = self._listener.sockets[0].getsockname()[1]
        return found

    async def close(self) -> None:
        """End all connections and listen no more."""
        if self._listener is not None:
            self._listener.close()
        tasks = list(self._connections.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = _address_of(writer)
        if not self._admits(peer):
            self._turn_away(peer)
            writer.transport.abort()
            return
        writer.transport.set_write_buffer_limits(high=_BUFFER)
        self._make_room()
        connection = _Connection(peer, reader, writer)
        task = self._connections[connection] = asyncio.create_task(self._keep(connection))
        task.add_done_callback(lambda _task: self._gone(connection))
        self._changed(len(self._connections))

    def _gone(self, connection: _Connection) -> None:
        if self._connections.pop(connection, None) is not None:
            self._changed(len(self._connections))

    async def _keep(self, connection: _Connection) -> None:
        try:
            while await self._answered(connection):
                pass
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # a client that is gone, or may as well be
        finally:
            connection.writer.transport.abort()

    async def _answered(self, connection: _Connection) -> bool:
        """Answer the next request; False where what comes is no Modbus TCP."""
        reader = connection.reader
        async with asyncio.timeout(IDLE):
            first = await reader.readexactly(1)
        async with asyncio.timeout(WITHIN):
            header = header_in(first + await reader.readexactly(HEADER_BYTES - 1))
            if header is None:
                return False
            pdu = await reader.readexactly(header.follow)
        connection.heard_at = time.monotonic()
        connection.writer.write(header.before(await self._answer_to(pdu, connection.peer)))
        async with asyncio.timeout(WITHIN):
            await connection.writer.drain()
        await asyncio.sleep(0)  # what has come already is read without a pause
        return True

    async def _answer_to(self, pdu: bytes, peer: str) -> bytes:
        try:
            request = request_in(pdu)
            return answer_to(request, await self._serve(request, peer))
        except Refused as refused:
            return refusal_of(pdu[0], refused.code)
        except Exception:
            logger.exception("A Modbus request failed.")
            return refusal_of(pdu[0], ExceptionCode.DEVICE_FAILURE)

    def _turn_away(self, peer: str) -> None:
        if peer not in self._strangers and len(self._strangers) < _REMEMBERED:
            self._strangers.add(peer)
            logger.warning(
                "Modbus clients at %s are not served: MODBUS_ALLOWED_NETWORKS lists the networks that are.",
                peer,
            )

    def _make_room(self) -> None:
        if len(self._connections) < MOST_CONNECTIONS:
            return
        peers = Counter(connection.peer for connection in self._connections)
        victim = min(self._connections, key=lambda each: (-peers[each.peer], each.heard_at))
        self._connections.pop(victim).cancel()


def _address_of(writer: asyncio.StreamWriter) -> str:
    """Return the peer's address, of IPv4 where it stands in IPv6; "" of one that is gone already."""
    text = str((writer.get_extra_info("peername") or ("",))[0])
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
