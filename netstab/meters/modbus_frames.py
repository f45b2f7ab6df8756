"""What a Modbus meter is sent, and from the bytes of its answer to a figure. Pure; pymodbus knows the frames.

The socket is not left to pymodbus: its blocking client waits with `select`, which fails in a process that has
more than 1,024 sockets open, and its time-outs add up.
"""

from functools import cache
from typing import Literal, cast

from pymodbus.client.mixin import ModbusClientMixin
from pymodbus.constants import ExcCodes
from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse, ReadHoldingRegistersRequest
from pymodbus.pdu.register_message import ReadInputRegistersRequest

from netstab.errors import MeterMalformed, MeterRefused
from netstab.settings.meter import ModbusSettings, ModbusTable, WordOrder

__all__ = ["LARGEST_ANSWER", "figure_of", "registers_in", "request_for"]

LARGEST_ANSWER = FramerSocket.MAX_SIZE  # bytes

_TRANSACTION = 1  # one for each connection
_REQUESTS = {
    ModbusTable.HOLDING: ReadHoldingRegistersRequest,
    ModbusTable.INPUT: ReadInputRegistersRequest,
}


@cache
def _framer() -> FramerSocket:
    return FramerSocket(DecodePDU(is_server=False))


def _kind(settings: ModbusSettings) -> ModbusClientMixin.DATATYPE:
    return ModbusClientMixin.DATATYPE[settings.kind.name]


def request_for(settings: ModbusSettings) -> bytes:
    """Write the request for the registers that hold the power."""
    request = _REQUESTS[settings.table](
        dev_id=settings.unit_id,
        transaction_id=_TRANSACTION,
        address=settings.register,
        count=_kind(settings).value[1],
    )
    return _framer().buildFrame(request)


def registers_in(received: bytes, settings: ModbusSettings) -> list[int] | None:
    """Read the registers from what has come so far, None while the answer is not complete.

    Raises `MeterRefused` for a Modbus exception, `MeterMalformed` for what is no answer to the request.
    """
    if received[2:4].strip(b"\0") or len(received) > LARGEST_ANSWER:
        raise MeterMalformed("The meter does not answer in Modbus TCP.")
    try:
        _used, answer = _framer().handleFrame(received, settings.unit_id, _TRANSACTION)
    except ModbusException as error:
        raise MeterMalformed("The meter's Modbus answer cannot be decoded.") from error
    if answer is None:
        return None
    if isinstance(answer, ExceptionResponse):
        raise MeterRefused(_exception(answer.exception_code, settings))
    registers, expected = list(answer.registers), _kind(settings).value[1]
    if answer.function_code != _REQUESTS[settings.table].function_code or len(registers) != expected:
        raise MeterMalformed(f"The meter's Modbus answer does not hold the {expected} registers asked for.")
    return registers


def _exception(code: int, settings: ModbusSettings) -> str:
    names = {known.value: known.name.replace("_", " ").lower() for known in ExcCodes}
    where = f"{settings.table} register {settings.register} of unit {settings.unit_id}"
    return f"The meter refuses {where}: Modbus exception {code} ({names.get(code, 'unknown')})."


def figure_of(registers: list[int], settings: ModbusSettings) -> float:
    """Return the number that registers hold, times its scale, in the meter's unit."""
    order: Literal["big", "little"] = "big" if settings.word_order is WordOrder.BIG else "little"
    number = ModbusClientMixin.convert_from_registers(registers, _kind(settings), order)
    return cast("float", number) * settings.scale
