"""A meter that is read over Modbus TCP: one connection and one request for each reading.

Gateways have few places for connections, and forget those that are idle.
"""

import socket
from urllib.parse import urlsplit

from netstab.clock import Clock
from netstab.meters.failure import METER_ERRORS, meter_named
from netstab.meters.figure import ZERO_BAND, fleet_power
from netstab.meters.modbus_frames import LARGEST_ANSWER, figure_of, registers_in, request_for
from netstab.meters.port import ANSWER_WITHIN, CONNECT_WITHIN, MeterReading
from netstab.settings.meter import MeterSettings, ModbusSettings
from netstab.units import Watts
from netstab.urls import without_password
from netstab.wire.bounds import after, left_until
from netstab.wire.connecting import connected
from netstab.wire.failure import named

__all__ = ["ModbusMeter"]

_PORT = 502


class ModbusMeter:
    """The figure in one register, or two, of a unit behind `modbus://host:port`."""

    def __init__(self, settings: MeterSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        url = urlsplit(settings.url)
        self._address = (url.hostname or "", url.port or _PORT)
        self._request = request_for(settings.modbus)

    def read(self, zero: Watts = ZERO_BAND) -> MeterReading:
        at, settings = self._clock(), self._settings
        try:
            registers = self._exchange()
        except OSError as error:
            peer = meter_named(without_password(settings.url))
            raise named(error, peer, METER_ERRORS) from error
        figure = figure_of(registers, settings.modbus)
        return MeterReading(fleet_power(figure, settings.unit, settings.base_power_kw, zero), at)

    def _exchange(self) -> list[int]:
        with connected(*self._address, after(CONNECT_WITHIN)) as connection:
            expires = after(ANSWER_WITHIN)
            connection.sendall(self._request)
            return _receive(connection, expires, self._settings.modbus)


def _receive(connection: socket.socket, expires: float, settings: ModbusSettings) -> list[int]:
    received = b""
    while True:
        connection.settimeout(left_until(expires))
        part = connection.recv(LARGEST_ANSWER)
        if not part:
            raise ConnectionResetError
        received += part
        registers = registers_in(received, settings)
        if registers is not None:
            return registers
