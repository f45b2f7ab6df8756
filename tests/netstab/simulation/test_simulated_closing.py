import asyncio
import gc
import socket

import pytest

from netstab.simulation.closing import close_server
from netstab.simulation.fleet import SimulatedFleet

REQUEST = b"GET / HTTP/1.1\r\n\r\n"


def test_a_connection_that_is_accepted_while_its_server_closes_is_made_and_can_be_ended() -> None:
    made: list[asyncio.BaseTransport] = []

    class Peer(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            made.append(transport)

    async def accept_and_close() -> None:
        server = await asyncio.get_running_loop().create_server(Peer, "127.0.0.1", 0)
        with socket.create_connection(server.sockets[0].getsockname()):
            await asyncio.sleep(0)
            await asyncio.sleep(0)  # the server has accepted, the connection is not made yet
            await close_server(server)
            assert len(made) == 1
            made.pop().close()
            await asyncio.sleep(0)

    asyncio.run(accept_and_close())
    gc.collect()  # a socket that was left open would be told now, and a warning is an error


def test_a_request_that_comes_while_a_fleet_closes_opens_no_port_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def asked_once_more(server: asyncio.Server) -> None:
        client.sendall(REQUEST)
        await close_server(server)

    monkeypatch.setattr("netstab.simulation.servers.close_server", asked_once_more)
    with SimulatedFleet(1) as fleet:
        client = socket.create_connection((fleet.miners[0], fleet.http_port))
        client.sendall(REQUEST)
        assert client.recv(65536).startswith(b"HTTP/1.1 401 ")
    client.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((fleet.miners[0], fleet.api_port))
    gc.collect()
