"""Sites for the demonstration: each a simulated fleet and `netstab serve` in a process of its own."""

import subprocess  # nosec B404  # it runs ourselves alone
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from netstab.errors import NetstabError
from netstab.simulation.mixed import MixedSite

__all__ = ["SITES_NETWORK", "site_servers"]

SITES_NETWORK = "127.0.100.0/28"

_STOPS_WITHIN = 10.0  # seconds
_LISTENS = "Listening on http://"


@contextmanager
def site_servers(
    fleets: Mapping[str, MixedSite], dispatched_by: Mapping[str, str], folder: Path
) -> Iterator[int]:
    """Serve fleets, each by its network, at 127.0.100.1 and so on; gives the port of all their servers.

    `dispatched_by` are settings that all of them have.
    """
    port = 0
    with ExitStack() as stack:
        for number, (network, fleet) in enumerate(fleets.items(), start=1):
            settings = {
                "NETSTAB_HOST": f"127.0.100.{number}",
                "NETSTAB_PORT": str(port),
                "MINER_NETWORK_CIDR": network,
                "MINER_API_PORT": str(fleet.api_port),
                "MINER_HTTP_PORT": str(fleet.http_port),
                "WHATSMINER_API_PORT": str(fleet.framed_port),
                "POLL_INTERVAL_SECONDS": "1",
                **dispatched_by,
                "EMS_TIMEOUT_SECONDS": "15",
                "EMS_FAILSAFE": "standby",
                "DATABASE_URL": f"sqlite:///{folder / f'site-{number}.db'}",
            }
            port = stack.enter_context(_server(settings, folder))
        yield port


@contextmanager
def _server(settings: Mapping[str, str], folder: Path) -> Iterator[int]:
    """Run a server in a folder without settings of its own; gives its port."""
    command = (sys.executable, "-m", "netstab", "serve")
    with subprocess.Popen(  # noqa: S603  # nosec B603  # our own command, with nothing of anybody else's in it
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=folder,
        env=settings,
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.startswith(_LISTENS):
                raise NetstabError(
                    f"The server of a site at {settings['NETSTAB_HOST']} could not be started."
                )
            yield int(line.rpartition(":")[2])
        finally:
            process.terminate()
            try:
                process.wait(_STOPS_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
