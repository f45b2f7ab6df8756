"""Requests and answers of Modbus TCP as bytes. Pure.

pymodbus's own decoder of requests is not used: it takes writes whose byte count is wrong, answers too many
registers by the function 0x80, and logs each frame that it cannot read. (Modbus Application Protocol 1.1b3,
section 6; Modbus Messaging on TCP/IP 1.0b, section 3.1.3.)
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from netstab.fronts.modbus.registers import ExceptionCode, Refused

__all__ = [
    "HEADER_BYTES",
    "Header",
    "Read",
    "Request",
    "Write",
    "answer_to",
    "header_in",
    "refusal_of",
    "request_in",
]

HEADER_BYTES = 7
"""Transaction, protocol, length, unit; the length counts the unit and what follows."""

_HEADER = struct.Struct(">HHHB")
_MOST_READ, _MOST_WRITTEN, _MOST_WRITTEN_BESIDE = 125, 123, 121
_LONGEST = 254
_WRITE_ONE = 6


@dataclass(frozen=True, slots=True)
class Header:
    """What an answer repeats, and how many bytes of the request follow."""

    transaction: int
    unit: int
    follow: int

    def before(self, pdu: bytes) -> bytes:
        """Return the frame of an answer."""
        return _HEADER.pack(self.transaction, 0, len(pdu) + 1, self.unit) + pdu


def header_in(received: bytes) -> Header | None:
    """Read a header, None if it is of no Modbus TCP: where the next would begin is not known then."""
    transaction, protocol, length, unit = _HEADER.unpack(received)
    if protocol or not 2 <= length <= _LONGEST:
        return None
    return Header(transaction, unit, length - 1)


@dataclass(frozen=True, slots=True)
class Write:
    address: int
    words: Sequence[int]


@dataclass(frozen=True, slots=True)
class Read:
    address: int
    count: int


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for; the write comes before the read."""

    function: int
    write: Write | None = None
    read: Read | None = None


def request_in(pdu: bytes) -> Request:
    """Read a request. Raises `Refused` for a function that is not served, and for one that is malformed."""
    function, body = pdu[0], pdu[1:]
    try:
        match function:
            case 3 | 4:
                return Request(function, read=_read(*struct.unpack(">HH", body)))
            case 6:
                address, word = struct.unpack(">HH", body)
                return Request(function, Write(address, (word,)))
            case 16:
                return Request(function, _write(body, _MOST_WRITTEN))
            case 23:
                read = _read(*struct.unpack_from(">HH", body))
                return Request(function, _write(body[4:], _MOST_WRITTEN_BESIDE), read)
    except struct.error:
        raise Refused(ExceptionCode.ILLEGAL_VALUE) from None
    raise Refused(ExceptionCode.ILLEGAL_FUNCTION)


def _read(address: int, count: int) -> Read:
    if not 1 <= count <= _MOST_READ:
        raise Refused(ExceptionCode.ILLEGAL_VALUE)
    return Read(address, count)


def _write(body: bytes, most: int) -> Write:
    address, count, size = struct.unpack_from(">HHB", body)
    if not 1 <= count <= most or size != 2 * count:
        raise Refused(ExceptionCode.ILLEGAL_VALUE)
    return Write(address, struct.unpack(f">{count}H", body[5:]))


def answer_to(request: Request, registers: Sequence[int]) -> bytes:
    """Return the answer to a request that was granted; `registers` are those that it reads."""
    function, write = request.function, request.write
    if write is None or request.read is not None:
        return struct.pack(f">BB{len(registers)}H", function, 2 * len(registers), *registers)
    told = write.words[0] if function == _WRITE_ONE else len(write.words)
    return struct.pack(">BHH", function, write.address, told)


def refusal_of(function: int, code: ExceptionCode) -> bytes:
    return bytes((function | 0x80, code))
