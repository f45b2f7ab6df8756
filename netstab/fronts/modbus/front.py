"""The way in itself: answers requests from the published snapshot, and says to the fleet what has settled.

The shell of what is pure beside it; all of it runs on the fronts' loop, and nothing here waits for the fleet
but on a thread of the link.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_address

from actors.ems import fleet_capacity
from actors.snapshot import FleetPhase, FleetSnapshot
from events.commands import Command
from events.refusal import Facts, refusal
from events.state import Source
from netstab.dispatch.constraints import Constraints
from netstab.errors import CommandRejected, CounterpartLost
from netstab.fronts.link import Link
from netstab.fronts.modbus.controls import Controls, commands, due, reconciled
from netstab.fronts.modbus.fleet import Fleet, Room, fleet_in
from netstab.fronts.modbus.frames import Request, Write
from netstab.fronts.modbus.refusals import as_refused
from netstab.fronts.modbus.registers import Refused, Registers, Values, Written, registers_of, writes_in
from netstab.fronts.modbus.server import ModbusServer
from netstab.fronts.modbus.values import power_scale, values_of
from netstab.fronts.modbus.writing import accepted, shows_life
from netstab.settings.access import ClientNetwork
from netstab.units import Seconds
from netstab.urls import authority

__all__ = ["Desk", "ModbusFront"]

_EACH = Seconds(0.05)
"""Between two looks whether anything is due."""

_ROOM_EACH = Seconds(10.0)
"""Between two times that it is worked out what can be asked for: it goes through all miners."""


class ModbusFront:
    """Listens while this server leads."""

    name = Source.MODBUS.value

    def __init__(
        self, listen: tuple[str, int], networks: Iterable[ClientNetwork], constraints: Constraints
    ) -> None:
        self._listen = listen
        self._networks = tuple(networks)
        self._constraints = constraints
        self._port = listen[1]
        self._desk: Desk | None = None  # outlives a failure: timers and watchdog run on

    @property
    def counterpart(self) -> str:
        return f"masters at {authority(*self._listen)}"

    async def run(self, link: Link) -> None:
        """Run until cancelled. Raises `CounterpartLost` where nobody can listen."""
        desk = self._desk = self._desk or Desk(link, self._constraints)
        server = ModbusServer(desk.serve, self._admits, lambda count: self._tell(link, count))
        host, port = self._listen
        try:
            self._port = await server.start(host, port)
        except OSError as error:
            reason = error.strerror or error
            raise CounterpartLost(f"{authority(host, port)} cannot be listened on: {reason}.") from error
        self._tell(link, 0)
        try:
            await desk.tend()
        finally:
            await server.close()

    def _tell(self, link: Link, count: int) -> None:
        link.connected(f"masters at {authority(self._listen[0], self._port)}, {count} connected")

    def _admits(self, peer: str) -> bool:
        return bool(peer) and any(ip_address(peer) in network for network in self._networks)


class Desk:
    """Holds the one image that all masters share."""

    def __init__(self, link: Link, constraints: Constraints) -> None:
        self._link = link
        self._constraints = constraints
        self._controls = Controls()
        self._scale = 0
        self._room: Room | None = None
        self._is_read = True  # since the room was worked out
        self._shown: tuple[object, Values, Registers] | None = None

    async def tend(self) -> None:
        """Do what is due, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_up())
            group.create_task(self._work_out())

    async def look_after(self) -> None:
        """Do what is due now. Who wrote it is answered already: a register shows a refusal that comes now."""
        self._controls, what = due(self._controls, self._fleet(), self._link.clock())
        if what.silent:
            self._link.fleet.fell_silent(Source.MODBUS)
        for command in what.commands:
            try:
                await self._link.submit(command, Source.MODBUS, what.client)
            except CommandRejected as rejected:
                self._controls = replace(self._controls, refusal=as_refused(rejected.code).status)
        self._controls = reconciled(self._controls, self._fleet())

    async def serve(self, request: Request, peer: str) -> list[int]:
        """Carry out a request; returns the registers that it reads. Raises `Refused`."""
        if request.write is not None:
            try:
                await self._write(request.write, f"modbus {peer}")
            except Refused as refused:
                if refused.status:
                    self._controls = replace(self._controls, refusal=refused.status)
                raise
        if request.read is None:
            return []
        self._is_read = True
        return list(self._registers()[1].read(request.read.address, request.read.count))

    async def _write(self, write: Write, client: str) -> None:
        values, registers = self._registers()
        written = writes_in(write.address, write.words, registers, values)
        asked = self._accepted(written, client)
        for command in commands(asked, self._fleet()):
            if self._is_refused(command):
                await self._submit_at_once(command, client)
        before, self._controls = self._controls, self._accepted(written, client)
        if shows_life(before, written) and not self._controls.waits:
            self._link.fleet.heard(Source.MODBUS)

    def _accepted(self, written: Written, client: str) -> Controls:
        return accepted(self._controls, written, self._fleet(), self._link.clock(), client)

    def _is_refused(self, command: Command) -> bool:
        """Whether the fleet would refuse a command now: then its answer is waited for."""
        snapshot = self._link.fleet.snapshot
        if not self._link.fleet.leads or snapshot.phase is FleetPhase.FAULT:
            return True
        facts = Facts(
            snapshot.rated_power,
            snapshot.reachable,
            snapshot.phase is FleetPhase.INITIALIZING,
            snapshot.wall(snapshot.at),
        )
        return refusal(snapshot.state, command, facts) is not None

    async def _submit_at_once(self, command: Command, client: str) -> None:
        """Have a refusal recorded. What is accepted after all settles as everything does, as a repetition."""
        try:
            await self._link.submit(command, Source.MODBUS, client)
        except CommandRejected as rejected:
            raise as_refused(rejected.code) from rejected

    def _fleet(self) -> Fleet:
        snapshot = self._link.fleet.snapshot
        return fleet_in(snapshot, self._link.reading().energy_kwh, self._room)

    def _registers(self) -> tuple[Values, Registers]:
        """Return what is shown now, worked out once for all who ask within a second."""
        now, fleet = self._link.clock(), self._fleet()
        key = (int(now), fleet, self._controls)
        if self._shown is None or self._shown[0] != key:
            self._scale = power_scale(fleet.rated, self._scale)
            values = values_of(fleet, self._controls, self._scale, now)
            self._shown = (key, values, registers_of(values))
        return self._shown[1:]

    async def _keep_up(self) -> None:
        while True:
            await self.look_after()
            await asyncio.sleep(_EACH)

    async def _work_out(self) -> None:
        while True:
            if self._is_read:
                self._is_read = False
                self._room = await asyncio.to_thread(_room, self._link.fleet.snapshot, self._constraints)
            await asyncio.sleep(_ROOM_EACH)


def _room(snapshot: FleetSnapshot, constraints: Constraints) -> Room:
    capacity = fleet_capacity(snapshot, constraints)
    return Room(capacity.lowest, capacity.step)
