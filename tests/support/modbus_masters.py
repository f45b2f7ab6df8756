"""A Modbus front over a fleet that obeys, on a loop in a thread of its own, for masters that block."""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType

import stub_fleet
from waiting import PATIENCE

from actors.energy_board import EnergyBoard
from actors.front_board import FrontBoard
from actors.messages import CommandResult
from actors.port import Sender
from events.commands import Activate, Command, Deactivate, LiftLimit, Release, SetLimit
from events.refusal import Facts, refusal
from events.state import FrontSetpoint, Limit, Order, Source
from netstab.clock import steady_clock, wall_clock
from netstab.dispatch.constraints import Constraints
from netstab.fronts.link import Link
from netstab.fronts.modbus.front import ModbusFront
from netstab.settings.readers import client_networks
from netstab.units import WallTime, Watts

LOOPBACK = client_networks("127.0.0.0/8,::1/128")


@dataclass
class ObedientFleet(stub_fleet.StubFleet):
    """Two miners of 1,460 W that carry out what Modbus says, by the fleet's own rules of refusal."""

    def submit(self, command: Command, source: Source, sender: Sender) -> CommandResult:
        snapshot = self.snapshot
        facts = Facts(snapshot.rated_power, snapshot.reachable, initializing=False, at=WallTime(0.0))
        if (rejected := refusal(snapshot.state, command, facts)) is not None:
            raise rejected
        result = super().submit(command, source, sender)
        self._obey(command)
        return result

    def _obey(self, command: Command) -> None:
        state, at = self.snapshot.state, WallTime(0.0)
        match command:
            case Activate(power) | SetLimit(_, power):
                target: Watts | None = power
            case _:
                target = None
        until = getattr(command, "until", None)
        if isinstance(command, SetLimit | LiftLimit):
            limits = {} if target is None else {"modbus": Limit("modbus", target, until, "id", at, 1)}
            state = replace(state, limits=MappingProxyType(limits))
        if isinstance(command, Activate | Deactivate | Release):
            own = FrontSetpoint(Source.MODBUS, target, until, "id", at, 1, 1)
            setpoints = {} if isinstance(command, Release) else {Source.MODBUS: own}
            order = Order(target, "id", Source.MODBUS, 1, at)
            state = replace(state, setpoints=MappingProxyType(setpoints), order=order)
        self.snapshot = replace(self.snapshot, state=state)

    @property
    def commands(self) -> list[Command]:
        return [command for command, _source, _client in self.given]


def obedient() -> ObedientFleet:
    return ObedientFleet(stub_fleet.two_miners())


@contextmanager
def serving(fleet: stub_fleet.StubFleet, networks: str = "127.0.0.0/8") -> Iterator[int]:
    """Run the front; gives its port."""
    board = FrontBoard(wall_clock)
    board.enter("modbus", "masters")
    energy = EnergyBoard()
    energy.joules = 12_345 * 3600.0
    link = Link("modbus", fleet, board, energy, steady_clock())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    front = ModbusFront(("127.0.0.1", port), client_networks(networks), Constraints())
    listening, ended = threading.Event(), threading.Event()
    told = link.connected

    def connected(counterpart: str = "") -> None:
        told(counterpart)
        listening.set()

    link.connected = connected  # type: ignore[method-assign]
    loop = asyncio.new_event_loop()

    async def run() -> None:
        running = asyncio.create_task(front.run(link))
        while not ended.is_set():
            await asyncio.sleep(0.01)
            if running.done():
                running.result()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
    thread.start()
    try:
        assert listening.wait(PATIENCE)
        yield port
    finally:
        ended.set()
        thread.join(PATIENCE)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        link.close()


def frame(pdu: bytes, transaction: int = 1) -> bytes:
    return struct.pack(">HHHB", transaction, 0, len(pdu) + 1, 1) + pdu


def receive(connection: socket.socket, size: int) -> bytes:
    """Read so many bytes, fewer where the connection ends."""
    received = b""
    while len(received) < size and (part := connection.recv(size - len(received))):
        received += part
    return received
