"""A simulated fleet in a thread of its own, which tests and the demo look into and tamper with."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

from netstab.server.process import allow_descriptors
from netstab.simulation.build import build_devices
from netstab.simulation.device import Device, Request
from netstab.simulation.faults import Fault
from netstab.simulation.loop import LoopThread, PhysicsTime
from netstab.simulation.meter import SimulatedMeter
from netstab.simulation.physics import Stage
from netstab.simulation.population import Unit
from netstab.simulation.profiles import DOCUMENT, Profile
from netstab.simulation.served import Metered
from netstab.simulation.servers import Servers, bound_everywhere
from netstab.units import GigahashPerSecond, MinerId, Watts

__all__ = ["SimulatedFleet", "Snapshot"]

_T = TypeVar("_T")


class Snapshot(NamedTuple):
    """The truth about one miner at a moment; `power` is that at the plug, `frequency` in MHz.

    `dead`: its mining process will not start again before its power is cut.
    """

    stage: Stage
    power: Watts
    hashrate: GigahashPerSecond
    frequency: float
    dead: bool
    boots: int
    find_mode: bool
    conf: str
    unit: Unit


class SimulatedFleet(Metered):
    """Miners on loopback addresses, as a context manager. Safe to use from any thread while it runs.

    `speed` is how many seconds of physics pass in one; port 0 takes a free one, the same for all miners.
    `clock` gives the seconds by which physics goes on; one that stands still leaves it to `skip`.
    `beside` is how many miners other processes simulate on the same ports: a web server then listens at its
    miner's address alone, and no MAC is given twice.
    With `meter` the site has a meter on 127.0.0.1 that shows the true power.
    `start` raises `OSError` when a port is taken.
    """

    def __init__(
        self,
        count: int,
        *,
        first_address: str = "127.0.1.1",
        profile: Profile = DOCUMENT,
        seed: int = 0,
        speed: float = 1.0,
        api_port: int = 0,
        http_port: int = 0,
        asleep: bool = False,
        faults: Sequence[Fault] = (),
        meter: bool = False,
        meter_http_port: int = 0,
        meter_modbus_port: int = 0,
        beside: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._devices = build_devices(count, first_address, profile, seed, asleep=asleep, faults=faults)
        for device in self._devices.values():
            device.index += beside or 0
        self.miners = tuple(self._devices)
        self._shares_ports = beside is not None
        self.api_port, self.http_port = api_port, http_port
        self._meter = SimulatedMeter(self._site_power, meter_http_port, meter_modbus_port) if meter else None
        self._thread = LoopThread("simulated-fleet")
        self._time = PhysicsTime(clock, speed)

    def start(self) -> None:
        """Open all ports; their numbers are known afterwards."""
        allow_descriptors()
        self._reservation = bound_everywhere(0)
        self._thread.start()
        try:
            self._thread.run(self._open())
        except BaseException:
            self._end()
            raise

    def stop(self) -> None:
        """Close everything; the miners keep their state and are not to be used again."""
        self._thread.run(self._close())
        self._end()

    async def _open(self) -> None:
        self.api_port = self.api_port or self._reservation.getsockname()[1]
        self._servers = Servers(self._devices, self.api_port, self.now, self._time.speed)
        try:
            self.http_port = await self._servers.start(self.http_port, shared=self._shares_ports)
            if self._meter:
                await self._meter.start()
        except BaseException:
            await self._close()
            raise

    async def _close(self) -> None:
        if self._meter:
            await self._meter.stop()
        await self._servers.stop()

    def _end(self) -> None:
        self._thread.end()
        self._reservation.close()

    # Looking

    def now(self) -> float:
        """Return the physics' time, in seconds since the fleet was built."""
        return self._time.now()

    def true_power(self) -> Watts:
        """Return what a meter of the whole site shows."""

        async def measure() -> Watts:
            return self._site_power()

        return self._thread.run(measure())

    def struck(self) -> Counter[str]:
        """Count the miners that each fault has struck."""
        return Counter(name for device in self._devices.values() for name in device.unit.defects.faults)

    def _site_power(self) -> Watts:
        return Watts(sum(self._at_present(miner_id).miner.power for miner_id in self.miners))

    def inspect(self, miner_id: MinerId) -> Snapshot:
        """Look into one miner."""
        return self.tamper(miner_id, _snapshot)

    def requests(self, miner_id: MinerId) -> tuple[Request, ...]:
        """Return the newest requests that a miner let in, reads included, the oldest first."""
        return self.tamper(miner_id, lambda device: tuple(device.requests))

    def commands(self, miner_id: MinerId) -> tuple[Request, ...]:
        """Return the newest requests that were to change something, the oldest first."""
        return self.tamper(miner_id, lambda device: tuple(device.commands))

    def _at_present(self, miner_id: MinerId) -> Device:
        device = self._devices[miner_id]
        device.miner.advance(self.now())
        return device

    # Tampering

    def tamper(self, miner_id: MinerId, action: Callable[[Device], _T]) -> _T:
        """Do anything to one miner, on the thread that serves it; its ports follow at once."""

        async def act() -> _T:
            result = action(self._at_present(miner_id))
            self._servers.settle(self._devices[miner_id])
            return result

        return self._thread.run(act())

    def skip(self, seconds: float) -> None:
        """Let physics time pass at once, nonces included; the network's own timers stay real."""

        async def leap() -> None:
            self._time.skipped += seconds
            self._servers.settle_all()

        self._thread.run(leap())

    def hang(self, miner_id: MinerId, *, api: bool = True, web: bool = True) -> None:
        """Make ports accept and stay silent; False lets them answer again."""

        def act(device: Device) -> None:
            device.tampering = replace(device.tampering, hang_api=api, hang_web=web)

        self.tamper(miner_id, act)

    def answer_instead(
        self, miner_id: MinerId, *, api: bytes | None = None, web: bytes | None = None
    ) -> None:
        """Have a port answer everything with these bytes, the web server as HTML with 200; None ends it."""

        def act(device: Device) -> None:
            device.tampering = replace(device.tampering, api_answer=api, web_answer=web)

        self.tamper(miner_id, act)

    def cut_power(self, miner_id: MinerId) -> None:
        self.tamper(miner_id, lambda device: device.miner.cut_power())

    def return_power(self, miner_id: MinerId) -> None:
        self.tamper(miner_id, lambda device: device.miner.return_power())

    def change_password(self, miner_id: MinerId, password: str) -> None:
        self.tamper(miner_id, lambda device: setattr(device, "password", password))


def _snapshot(device: Device) -> Snapshot:
    miner = device.miner
    return Snapshot(
        stage=miner.stage,
        power=Watts(miner.power),
        hashrate=GigahashPerSecond(miner.hashrate),
        frequency=miner.running.frequency,
        dead=miner.dead,
        boots=miner.boots,
        find_mode=device.find_mode,
        conf=device.conf,
        unit=device.unit,
    )
