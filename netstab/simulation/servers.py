"""The sockets of all simulated miners, on one asyncio loop and on loopback only.

Nothing ticks: a miner's physics is brought up to date when somebody asks, and at its next change, when
its API port opens or closes.
"""

import asyncio
import contextlib
import math
import socket
from collections.abc import Callable, Mapping

from netstab.simulation.api_port import ApiPort
from netstab.simulation.closing import close_server
from netstab.simulation.device import Device
from netstab.simulation.web import WebConnection, WebSite
from netstab.units import MinerId

__all__ = ["Servers", "bound_everywhere"]

_WEB_BACKLOG = 4096


class Servers:
    """The ports of a fleet. Everything here runs on the loop's thread.

    `now` gives physics time in seconds; `speed` says how much faster than real time it runs.
    """

    def __init__(
        self, devices: Mapping[MinerId, Device], api_port: int, now: Callable[[], float], speed: float
    ) -> None:
        self._now, self._speed = now, speed
        self._loop = asyncio.get_running_loop()
        self._ports = {id_: ApiPort(device, api_port, self.settle) for id_, device in devices.items()}
        self._alarms: dict[MinerId, asyncio.TimerHandle] = {}
        self._site = WebSite(devices, self.settle, speed, set())
        self._web: asyncio.Server | None = None

    async def start(self, http_port: int, *, shared: bool = False) -> int:
        """Open all ports; gives the one on which all web servers listen. Raises `OSError` if one is taken.

        Other processes may have a `shared` one at other addresses.
        """
        self.settle_all()
        if shared:
            addresses = list(self._site.devices)
            self._web = await self._loop.create_server(self._connection, addresses, http_port, backlog=128)
            return http_port
        listener = bound_everywhere(http_port)
        with contextlib.suppress(PermissionError):  # connections are checked in any case
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        self._web = await self._loop.create_server(self._connection, sock=listener, backlog=_WEB_BACKLOG)
        port: int = listener.getsockname()[1]
        return port

    def _connection(self) -> WebConnection:
        return WebConnection(self._site)

    async def stop(self) -> None:
        """Close everything; the ports last, for a request to a web server opens its miner's again."""
        if self._web is not None:
            await close_server(self._web)
        for connection in tuple(self._site.connections):
            connection.reset()
        await asyncio.sleep(0)  # they end at the loop's next turn
        for alarm in self._alarms.values():
            alarm.cancel()
        for port in self._ports.values():
            port.close()

    def settle(self, device: Device) -> None:
        """Bring a miner up to date, its API port in line, and set the alarm for its next change."""
        device.miner.advance(self._now())
        self._ports[device.miner_id].follow()
        if alarm := self._alarms.pop(device.miner_id, None):
            alarm.cancel()
        if not math.isinf(change := device.next_change):
            delay = (change - device.miner.now) / self._speed
            self._alarms[device.miner_id] = self._loop.call_later(delay, self.settle, device)

    def settle_all(self) -> None:
        """Bring all miners up to date after a leap in time."""
        for device in self._site.devices.values():
            self.settle(device)


def bound_everywhere(port: int) -> socket.socket:
    """Bind a port on all addresses, 0 for a free one. Not listening, it merely keeps the number for us."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("", port))
    except OSError:
        sock.close()
        raise
    return sock
