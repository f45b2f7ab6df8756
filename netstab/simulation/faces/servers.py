"""The sockets of all simulated devices with faces, on one asyncio loop and on loopback only.

Nothing ticks: a machine is brought up to date when somebody asks, and at its next change.
"""

import asyncio
import math
import socket
from collections.abc import Callable, Mapping

from netstab.simulation.faces.connections import (
    ApiConnection,
    Connection,
    FramedConnection,
    WebConnection,
)
from netstab.simulation.faces.face import Face
from netstab.simulation.faces.machine import Port, Trouble
from netstab.units import MinerId

__all__ = ["FaceServers", "Listener"]

_BACKLOG = 128
_NO_DESCRIPTORS_PAUSE = 1.0  # s of real time
_SPEAKS: Mapping[Port, type[Connection]] = {
    Port.API: ApiConnection,
    Port.WEB: WebConnection,
    Port.FRAMED: FramedConnection,
}


class Listener:
    """One port of one device. `way` is the port's name, of an extra one its number."""

    def __init__(
        self, face: Face, way: Port | int, address: tuple[str, int], settle: Callable[[], None], speed: float
    ) -> None:
        self.face, self.way, self.settle, self.speed = face, way, settle, speed
        self.connections: set[Connection] = set()
        self._address = address
        self._loop = asyncio.get_running_loop()
        self._accepting: set[asyncio.Task[object]] = set()
        self._socket: socket.socket | None = None

    @property
    def trouble(self) -> Trouble | None:
        return self.face.machine.troubles.get(self.way if isinstance(self.way, Port) else Port.WEB)

    @property
    def silent(self) -> bool:
        """Whether nothing is answered; of what has no power silence is the nearest on loopback."""
        return not self.face.machine.powered or self.trouble is Trouble.SILENT

    def follow(self) -> None:
        """Listen, or do not, as the device does. Raises `OSError` where its port is taken."""
        listens = self.way in self.face.ports or self.way in self.face.extra_ports
        if not listens or self.trouble is Trouble.REFUSES:
            self.close()
        elif self._socket is None:
            self._open()

    def _open(self) -> None:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setblocking(False)
        try:
            listening.bind(self._address)
            listening.listen(_BACKLOG)
        except OSError:
            listening.close()
            raise
        self._socket = listening
        self._watch()

    def close(self) -> None:
        """Listen no more, and break off who is connected."""
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        for connection in tuple(self.connections):
            connection.transport.abort()

    async def ended(self) -> None:
        """Wait until nobody is half let in, and close again."""
        await asyncio.gather(*self._accepting, return_exceptions=True)
        self.close()

    def _accept(self, listening: socket.socket) -> None:
        try:
            client, _peer = listening.accept()
        except (BlockingIOError, ConnectionAbortedError):  # gone again
            return
        except OSError:  # no descriptors left: it stays readable, and would be asked without end
            self._loop.remove_reader(listening)
            self._loop.call_later(_NO_DESCRIPTORS_PAUSE, self._watch)
            return
        client.setblocking(False)
        speaks = _SPEAKS[self.way] if isinstance(self.way, Port) else WebConnection
        work = self._loop.create_task(self._loop.connect_accepted_socket(lambda: speaks(self), client))
        self._accepting.add(work)
        work.add_done_callback(self._accepting.discard)

    def _watch(self) -> None:
        """Let clients in, while it listens."""
        if self._socket is not None:
            self._loop.add_reader(self._socket, self._accept, self._socket)


class FaceServers:
    """The ports of all devices. Everything here runs on the loop's thread.

    `now` gives physics time in seconds; `speed` says how much faster than real time it runs.
    """

    def __init__(
        self,
        faces: Mapping[MinerId, Face],
        numbers: Mapping[Port, int],
        now: Callable[[], float],
        speed: float,
    ) -> None:
        self._faces, self._now, self._speed = faces, now, speed
        self._loop = asyncio.get_running_loop()
        self._listeners = {id_: self._listeners_of(id_, face, numbers) for id_, face in faces.items()}
        self._alarms: dict[MinerId, asyncio.TimerHandle] = {}

    def _listeners_of(self, id_: MinerId, face: Face, numbers: Mapping[Port, int]) -> list[Listener]:
        ways: list[tuple[Port | int, int]] = [
            *numbers.items(),
            *((number, number) for number in face.extra_ports),
        ]
        return [
            Listener(face, way, (id_, number), lambda: self.settle(id_), self._speed) for way, number in ways
        ]

    def settle(self, miner_id: MinerId) -> None:
        """Bring a device up to date, its ports in line, and set the alarm for its next change."""
        face = self._faces[miner_id]
        face.settle(self._now())
        for listener in self._listeners[miner_id]:
            listener.follow()
        if alarm := self._alarms.pop(miner_id, None):
            alarm.cancel()
        if not math.isinf(change := face.next_change):
            delay = max(0.0, change - face.machine.now) / self._speed
            self._alarms[miner_id] = self._loop.call_later(delay, self.settle, miner_id)

    def settle_all(self) -> None:
        """Bring all devices up to date, as at the start and after a leap in time."""
        for miner_id in self._faces:
            self.settle(miner_id)

    async def stop(self) -> None:
        """Close everything."""
        for alarm in self._alarms.values():
            alarm.cancel()
        listeners = [listener for group in self._listeners.values() for listener in group]
        for listener in listeners:
            listener.close()
        for listener in listeners:
            await listener.ended()
        await asyncio.sleep(0)  # they end at the loop's next turn
