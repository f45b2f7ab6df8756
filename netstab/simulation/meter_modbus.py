"""The simulated meter's Modbus TCP server: the same figure in registers of every usual form.

The registers, holding and input alike, for any unit id:

    0  float32, kW           4  int32, W                  8  uint16, hundreds of W
    2  float32, kW, words    6  uint32, W, words          9  int16, hundreds of W
       the lower first          the lower first
"""

import asyncio
import errno
import struct
from typing import cast

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from netstab.simulation.instrument import Instrument
from netstab.units import Watts

__all__ = ["ModbusSide"]

_REGISTERS = 10


class ModbusSide:
    """Serves on a port of 127.0.0.1. To be made on the loop that it serves on."""

    def __init__(self, instrument: Instrument, port: int) -> None:
        self._instrument, self._port = instrument, port
        registers = SimData(0, values=[0] * _REGISTERS, datatype=DataType.REGISTERS, readonly=True)
        self._server = ModbusTcpServer(
            SimDevice(0, simdata=[registers], action=self._refresh),
            address=("127.0.0.1", port),
            trace_packet=self._tamper,
        )

    async def start(self) -> int:
        """Listen; gives the port. Raises `OSError` if it is taken."""
        try:
            await self._server.serve_forever(background=True)
        except RuntimeError as error:
            raise OSError(errno.EADDRINUSE, f"port {self._port} is already in use") from error
        listener = cast("asyncio.Server", self._server.transport)
        port: int = listener.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        await self._server.shutdown()

    async def _refresh(
        self, _function: int, _start: int, _address: int, _count: int, registers: list[int], _values: object
    ) -> ExcCodes | None:
        """Put the present figure into the registers when somebody reads them."""
        registers[:] = _words(self._instrument.shown())
        return ExcCodes.DEVICE_BUSY if self._instrument.faults.refusing else None

    def _tamper(self, sending: bool, data: bytes) -> bytes:
        faults = self._instrument.faults
        if not sending:
            return data
        if faults.silent:
            return b""
        return data if faults.modbus is None else faults.modbus


def _words(power: Watts) -> list[int]:
    whole, hundreds = round(power), round(power / 100)
    high, low = struct.unpack(">HH", struct.pack(">f", power / 1000))
    upper, lower = divmod(whole, 0x10000)
    return [high, low, low, high, upper, lower, lower, upper, min(hundreds, 0xFFFF), min(hundreds, 0x7FFF)]
