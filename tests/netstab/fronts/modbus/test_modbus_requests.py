"""Frames as bytes: pymodbus's requests are read, its client reads the answers, nothing else gets through."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    ReadWriteMultipleRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from netstab.fronts.modbus.frames import (
    HEADER_BYTES,
    Read,
    Request,
    Write,
    answer_to,
    header_in,
    refusal_of,
    request_in,
)
from netstab.fronts.modbus.registers import ExceptionCode, Refused

WORDS = st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=120)
ADDRESSES = st.integers(0, 0xFFFF)


def taken(asked: ModbusPDU) -> tuple[bytes, Request]:
    frame = FramerSocket(DecodePDU(is_server=True)).buildFrame(asked)
    header = header_in(frame[:HEADER_BYTES])
    assert header is not None
    pdu = frame[HEADER_BYTES:]
    assert len(pdu) == header.follow
    return frame, request_in(pdu)


def read_by_client(frame: bytes, pdu: bytes) -> ModbusPDU:
    header = header_in(frame[:HEADER_BYTES])
    assert header is not None
    used, answer = FramerSocket(DecodePDU(is_server=False)).handleFrame(header.before(pdu), 17, 4711)
    assert answer is not None
    assert used == HEADER_BYTES + len(pdu)
    return answer


@given(address=ADDRESSES, words=WORDS)
def test_reads_are_answered_as_the_client_wants_them(address: int, words: list[int]) -> None:
    for kind in (ReadHoldingRegistersRequest, ReadInputRegistersRequest):
        frame, request = taken(kind(dev_id=17, transaction_id=4711, address=address, count=len(words)))
        assert request == Request(kind.function_code, read=Read(address, len(words)))
        assert read_by_client(frame, answer_to(request, words)).registers == words


@given(address=ADDRESSES, words=WORDS)
def test_writes_are_read_and_answered_as_the_client_wants_them(address: int, words: list[int]) -> None:
    several = WriteMultipleRegistersRequest(dev_id=17, transaction_id=4711, address=address, registers=words)
    frame, request = taken(several)
    assert request == Request(16, Write(address, tuple(words)))
    answer = read_by_client(frame, answer_to(request, []))
    assert (answer.address, answer.count) == (address, len(words))
    one = WriteSingleRegisterRequest(dev_id=17, transaction_id=4711, address=address, registers=words[:1])
    frame, request = taken(one)
    assert request == Request(6, Write(address, tuple(words[:1])))
    assert read_by_client(frame, answer_to(request, [])).registers == words[:1]


def test_a_write_and_a_read_in_one_are_both_taken() -> None:
    asked = ReadWriteMultipleRegistersRequest(
        read_address=8,
        read_count=2,
        write_address=102,
        write_registers=[0, 2000],
        dev_id=17,
        transaction_id=4711,
    )
    frame, request = taken(asked)
    assert request == Request(23, Write(102, (0, 2000)), Read(8, 2))
    assert read_by_client(frame, answer_to(request, [1, 2])).registers == [1, 2]


@pytest.mark.parametrize(
    ("pdu", "code"),
    [
        ("03 0000 007e", 3),  # 126 registers
        ("03 0000 0000", 3),
        ("03 0000", 3),
        ("03 0000 0001 00", 3),
        ("10 0064 0002 03 000000", 3),  # three bytes for two registers
        ("10 0064 0002 04 0000", 3),
        ("10 0064 0000 00", 3),
        ("06 0069", 3),
        ("17 0000 0001", 3),
        ("05 0000 ff00", 1),
        ("2b 0e 01 00", 1),
        ("00", 1),
        ("83 02", 1),
    ],
)
def test_what_cannot_be_served_is_answered_by_its_exception(pdu: str, code: int) -> None:
    given_ = bytes.fromhex(pdu)
    with pytest.raises(Refused) as refused:
        request_in(given_)
    assert refused.value.code == code
    assert refusal_of(given_[0], refused.value.code) == bytes((given_[0] | 0x80, code))


def test_a_refusal_is_read_by_the_client_as_the_exception_that_it_is() -> None:
    frame, request = taken(ReadHoldingRegistersRequest(dev_id=17, transaction_id=4711, address=0, count=1))
    answer = read_by_client(frame, refusal_of(request.function, ExceptionCode.DEVICE_BUSY))
    assert isinstance(answer, ExceptionResponse)
    assert (answer.function_code, answer.exception_code) == (0x83, 6)


@given(st.binary(min_size=1, max_size=260))
def test_any_request_is_taken_or_refused(pdu: bytes) -> None:
    with suppress(Refused):
        request = request_in(pdu)
        assert request.function == pdu[0]
        assert request.read or request.write


@given(st.binary(min_size=7, max_size=7))
def test_any_header_is_one_of_modbus_tcp_or_none(received: bytes) -> None:
    header = header_in(received)
    sound = received[2:4] == b"\0\0" and 2 <= int.from_bytes(received[4:6], "big") <= 254
    assert (header is not None) == sound
