"""Simulated devices with faces in a thread of their own, which tests look into and tamper with."""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TypeVar

from netstab.server.process import allow_descriptors
from netstab.simulation.faces.face import Face
from netstab.simulation.faces.machine import Port, Trouble
from netstab.simulation.faces.servers import FaceServers
from netstab.simulation.loop import LoopThread, PhysicsTime
from netstab.simulation.served import Served
from netstab.simulation.servers import bound_everywhere
from netstab.units import MinerId, Watts

__all__ = ["FaceFleet"]

_T = TypeVar("_T")


class FaceFleet(Served):
    """Devices on loopback addresses, as a context manager. Safe to use from any thread while it runs.

    `speed`, `clock` and ports are as those of `SimulatedFleet`: port 0 takes a free number, the same for all.
    `start` raises `OSError` when a port is taken.
    """

    def __init__(
        self,
        faces: Mapping[MinerId, Face],
        *,
        speed: float = 1.0,
        api_port: int = 0,
        http_port: int = 0,
        framed_port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if strangers := [miner_id for miner_id in faces if not miner_id.startswith("127.")]:
            raise ValueError(f"{strangers[0]} is no loopback address.")
        self._faces = dict(faces)
        self.miners = tuple(self._faces)
        self._numbers = {Port.API: api_port, Port.WEB: http_port, Port.FRAMED: framed_port}
        self._thread = LoopThread("simulated-faces")
        self._time = PhysicsTime(clock, speed)
        self._reserved = ExitStack()

    def start(self) -> None:
        """Open all ports; their numbers are known afterwards."""
        allow_descriptors()
        self._numbers = {port: number or self._free() for port, number in self._numbers.items()}
        self._thread.start()
        try:
            self._thread.run(self._open())
        except BaseException:
            self._end()
            raise

    def stop(self) -> None:
        """Close everything; the devices keep their state and are not to be used again."""
        self._thread.run(self._servers.stop())
        self._end()

    def _free(self) -> int:
        """Take a free number and keep it: nobody else is given it while this runs."""
        number: int = self._reserved.enter_context(bound_everywhere(0)).getsockname()[1]
        return number

    async def _open(self) -> None:
        self._servers = FaceServers(self._faces, self._numbers, self.now, self._time.speed)
        try:
            self._servers.settle_all()
        except BaseException:
            await self._servers.stop()
            raise

    def _end(self) -> None:
        self._thread.end()
        self._reserved.close()

    @property
    def api_port(self) -> int:
        return self._numbers[Port.API]

    @property
    def http_port(self) -> int:
        return self._numbers[Port.WEB]

    @property
    def framed_port(self) -> int:
        return self._numbers[Port.FRAMED]

    def now(self) -> float:
        """Return the physics' time, in seconds since the fleet was built."""
        return self._time.now()

    def true_power(self) -> Watts:
        """Return what a meter of all shows."""

        async def measure() -> Watts:
            return Watts(sum(self._at_present(miner_id).machine.power for miner_id in self.miners))

        return self._thread.run(measure())

    def _at_present(self, miner_id: MinerId) -> Face:
        face = self._faces[miner_id]
        face.settle(self.now())
        return face

    def tamper(self, miner_id: MinerId, action: Callable[[Face], _T]) -> _T:
        """Do anything to one device, on the thread that serves it, or look; its ports follow at once."""

        async def act() -> _T:
            result = action(self._at_present(miner_id))
            self._servers.settle(miner_id)
            return result

        return self._thread.run(act())

    def skip(self, seconds: float) -> None:
        """Let physics time pass at once."""

        async def leap() -> None:
            self._time.skipped += seconds
            self._servers.settle_all()

        self._thread.run(leap())

    def trouble(self, miner_id: MinerId, trouble: Trouble | None, *ports: Port) -> None:
        """Have something be wrong with ports, by default with all; None ends it."""

        def act(face: Face) -> None:
            for port in ports or tuple(Port):
                face.machine.troubles.pop(port, None)
                if trouble is not None:
                    face.machine.troubles[port] = trouble

        self.tamper(miner_id, act)
