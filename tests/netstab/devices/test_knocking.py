"""Knocking at addresses on loopback: what opens, what refuses, what keeps silent, and what costs nothing."""

import asyncio
import errno
import gc
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from canned_miner import CannedMiner

from netstab.devices.knocking import Door, Knocker
from netstab.devices.port import Endpoint


def knocked(*ports: int, within: float = 1.0) -> Door:
    async def once() -> Door:
        with Knocker() as knocker:
            return await knocker.knock("127.0.0.1", ports, within)

    return asyncio.run(once())


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@contextmanager
def silent_port() -> Iterator[int]:
    """Return a port that drops every connection attempt, as an address without a host does."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as stack:
        port = full.getsockname()[1]
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        yield port


def test_an_open_port_is_told_from_a_closed_and_a_silent_one(closed: Endpoint) -> None:
    shut = (closed.api_port, closed.http_port)
    with CannedMiner() as miner, silent_port() as silent:
        assert knocked(shut[0], miner.endpoint.http_port) is Door.OPEN
        assert knocked(silent, miner.endpoint.http_port, within=60.0) is Door.OPEN
        assert knocked(*shut) is Door.CLOSED
        assert knocked(silent, shut[0], within=0.2) is Door.SILENT


def test_an_address_is_not_silent_because_this_host_is_late() -> None:
    async def late(endpoint: Endpoint) -> Door:
        with Knocker() as knocker:
            asyncio.get_running_loop().call_soon(time.sleep, 0.5)
            return await knocker.knock(endpoint.miner_id, (endpoint.api_port, endpoint.http_port), 0.2)

    with CannedMiner() as miner:
        assert asyncio.run(late(miner.endpoint)) is Door.OPEN


def test_a_host_without_descriptors_to_spare_does_not_take_an_address_for_empty(
    closed: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: object, **__: object) -> socket.socket:
        raise OSError(errno.EMFILE, "Too many open files")

    async def once() -> Door:
        with Knocker() as knocker:
            monkeypatch.setattr("netstab.devices.knocking.socket.socket", exhausted)
            try:
                return await knocker.knock("127.0.0.1", (closed.api_port,), 1.0)
            finally:
                monkeypatch.undo()

    assert asyncio.run(once()) is Door.SILENT


def test_a_thousand_knocks_leave_no_connection_open(closed: Endpoint) -> None:
    async def all_together(ports: tuple[int, ...]) -> list[Door]:
        with Knocker() as knocker:
            return await asyncio.gather(*(knocker.knock("127.0.0.1", ports, 0.2) for _ in range(250)))

    gc.collect()
    before = descriptors()
    with CannedMiner() as miner, silent_port() as silent:
        opened = asyncio.run(all_together((silent, miner.endpoint.http_port, closed.api_port)))
        assert asyncio.run(all_together((closed.api_port,))) == [Door.CLOSED] * 250
        assert asyncio.run(all_together((silent,))) == [Door.SILENT] * 250
    assert Door.CLOSED not in opened
    assert descriptors() <= before


def test_a_knock_that_is_cut_off_closes_its_connections(closed: Endpoint) -> None:
    async def cut_off(silent: int) -> int:
        with Knocker() as knocker:
            before = descriptors()
            waiting = asyncio.ensure_future(knocker.knock("127.0.0.1", (silent,), 60.0))
            await asyncio.sleep(0)
            assert descriptors() == before + 1
            waiting.cancel()
            await asyncio.wait([waiting])
            return descriptors() - before

    with silent_port() as silent:
        assert asyncio.run(cut_off(silent)) == 0
