"""Requests to a Modbus meter and its answers, as bytes."""

import math
import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.errors import MeterMalformed, MeterRefused
from netstab.meters.modbus_frames import figure_of, registers_in, request_for
from netstab.settings import read_settings
from netstab.settings.meter import ModbusSettings, ModbusTable, ModbusType, WordOrder

FLOAT: ModbusSettings = read_settings({}).meter.modbus
WHOLE = {ModbusType.INT16: "h", ModbusType.UINT16: "H", ModbusType.INT32: "i", ModbusType.UINT32: "I"}
FORMATS = {**WHOLE, ModbusType.FLOAT32: "f"}


def answer(*registers: int, function: int = 3, unit: int = 1, transaction: int = 1) -> bytes:
    data = struct.pack(f">BBB{len(registers)}H", unit, function, 2 * len(registers), *registers)
    return struct.pack(">HHH", transaction, 0, len(data)) + data


def test_the_request_is_the_one_that_the_settings_describe() -> None:
    assert request_for(FLOAT).hex(" ") == "00 01 00 00 00 06 01 03 00 00 00 02"
    other = replace(FLOAT, unit_id=7, table=ModbusTable.INPUT, register=40_000, kind=ModbusType.UINT16)
    assert request_for(other).hex(" ") == "00 01 00 00 00 06 07 04 9c 40 00 01"


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.integers(0, 12))
def test_registers_are_read_when_the_answer_is_complete_and_not_before(high: int, low: int, cut: int) -> None:
    whole = answer(high, low)
    assert registers_in(whole, FLOAT) == [high, low]
    assert registers_in(whole[:cut], FLOAT) is None


def test_an_answer_to_something_else_is_passed_over() -> None:
    assert registers_in(answer(1, 2, transaction=9), FLOAT) is None
    assert registers_in(answer(1, 2, transaction=9) + answer(3, 4), FLOAT) == [3, 4]


@given(st.binary(max_size=400))
def test_any_bytes_are_an_answer_an_unfinished_one_or_a_meters_error(received: bytes) -> None:
    try:
        registers = registers_in(received, FLOAT)
    except (MeterMalformed, MeterRefused):
        return
    assert registers is None or len(registers) == 2


@pytest.mark.parametrize(
    "received",
    [
        b"<html>Not found</html>",
        answer(1),
        answer(1, 2, 3),
        answer(1, 2, function=4),
        answer(1, 2, function=1),
        answer(1, 2, function=99),
        bytes(400),
    ],
)
def test_what_does_not_answer_the_request_is_malformed(received: bytes) -> None:
    with pytest.raises(MeterMalformed, match=r"Modbus"):
        registers_in(received, FLOAT)


def test_an_exception_names_the_register_and_what_the_meter_says() -> None:
    said = r"refuses holding register 0 of unit 1: Modbus exception 2 \(illegal address\)"
    with pytest.raises(MeterRefused, match=said):
        registers_in(bytes.fromhex("000100000003018302"), FLOAT)
    with pytest.raises(MeterRefused, match="exception 99"):
        registers_in(bytes.fromhex("000100000003018363"), FLOAT)


@given(st.data(), st.sampled_from(ModbusType), st.sampled_from(WordOrder), st.floats(-1000, 1000))
def test_a_number_comes_back_from_its_registers(
    data: st.DataObject, kind: ModbusType, order: WordOrder, scale: float
) -> None:
    form = f">{FORMATS[kind]}"
    packed = data.draw(st.binary(min_size=struct.calcsize(form), max_size=struct.calcsize(form)))
    words = list(struct.unpack(f">{len(packed) // 2}H", packed))
    if order is WordOrder.LITTLE:
        words.reverse()
    settings = replace(FLOAT, kind=kind, word_order=order, scale=scale)
    expected = struct.unpack(form, packed)[0] * scale
    found = figure_of(words, settings)
    assert found == expected or (math.isnan(found) and math.isnan(expected))
