"""A server in this process whose units answer at their web port alone: no API port is open."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import Controller

from netstab.server.wiring import running
from netstab.settings import read_settings

__all__ = ["server_over_web"]


@contextmanager
def server_over_web(block: str, port: int, folder: Path, changes: dict[str, str]) -> Iterator[Controller]:
    """Run it over a block such as 127.99.15., where the units' web port is `port`."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        settings = {
            "NETSTAB_HOST": "127.0.0.1",
            "NETSTAB_PORT": "0",
            "MINER_NETWORK_CIDR": f"{block}0/29",
            "MINER_API_PORT": str(nobody.getsockname()[1]),
            "MINER_HTTP_PORT": str(port),
            "DATABASE_URL": f"sqlite:///{folder / 'log.db'}",
        }
        with running(read_settings(settings | changes)) as system, Controller(system) as controller:
            yield controller
