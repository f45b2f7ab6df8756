"""Independent masters over real sockets: pysunspec2 and pymodbus's client, and a fleet that obeys."""

import asyncio
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sunspec2.modbus.client as sunspec  # type: ignore[import-untyped]
from modbus_masters import ObedientFleet, obedient, serving
from pymodbus.client import AsyncModbusTcpClient, ModbusTcpClient
from pymodbus.pdu import ModbusPDU
from waiting import stays, wait_until

from actors.snapshot import FleetPhase
from events.commands import Activate, Deactivate, LiftLimit, Release, SetLimit
from events.state import Override, Source
from netstab.errors import CommandRejected, ErrorCode
from netstab.fronts.modbus.controls import QUIET
from netstab.statuses import STATUSES
from netstab.units import WallTime, Watts

RATED = 2920
SETTLED = 2 * QUIET
"""Seconds after which a write has become a command, if it becomes one."""


@pytest.fixture
def fleet() -> ObedientFleet:
    return obedient()


@pytest.fixture
def port(fleet: ObedientFleet) -> Iterator[int]:
    with serving(fleet) as port:
        yield port


@pytest.fixture
def master(port: int) -> Iterator[ModbusTcpClient]:
    client = ModbusTcpClient("127.0.0.1", port=port, timeout=10)
    assert client.connect()
    yield client
    client.close()


@pytest.fixture
def device(port: int) -> Iterator[Any]:
    device = sunspec.SunSpecModbusClientDeviceTCP(slave_id=7, ipaddr="127.0.0.1", ipport=port, timeout=10)
    device.scan()
    yield device
    device.close()


def overridden(fleet: ObedientFleet, target: float | None = None) -> None:
    override = Override(None if target is None else Watts(target), "id", WallTime(0.0))
    fleet.snapshot = replace(fleet.snapshot, state=replace(fleet.snapshot.state, override=override))


def number(answer: ModbusPDU, form: str = ">f") -> Any:
    assert not answer.isError(), answer
    return struct.unpack(form, struct.pack(f">{len(answer.registers)}H", *answer.registers))[0]


def words(value: float, form: str = ">f") -> list[int]:
    data = struct.pack(form, value)
    return list(struct.unpack(f">{len(data) // 2}H", data))


def refused_with(answer: ModbusPDU) -> int:
    assert answer.isError()
    return answer.exception_code


def last_refusal(master: ModbusTcpClient) -> int:
    return master.read_holding_registers(19).registers[0]


def test_a_sunspec_client_finds_the_chain_and_reads_every_model(device: Any) -> None:
    models = {key for key in device.models if isinstance(key, int)}
    assert models == {1, 701, 702, 704, 715, 203}
    for model in models:
        device.models[model][0].read()
    common, measured, capacity = device.common[0], device.DERMeasureAC[0], device.DERCapacity[0]
    assert common.Mn.value == "Net Stabilization"
    assert (measured.W.cvalue, measured.ConnSt.value, measured.InvSt.value) == (-2920, 1, 3)
    assert measured.TotWhAbs.cvalue == 12345
    assert measured.LLV.value is measured.Hz.value is None
    assert (capacity.WMaxRtg.cvalue, capacity.WChaRteMaxRtg.cvalue, capacity.WMax.cvalue) == (RATED,) * 3
    assert (capacity.WDisChaRteMaxRtg.cvalue, capacity.CtrlModes.value) == (0, 3)
    assert (device.ac_meter_abcn[0].W.cvalue, device.ac_meter_abcn[0].TotWhImp.cvalue) == (2920, 12345)
    assert (device.DERCtl[0].LocRemCtl.value, device.DERCtl[0].OpCtl.value) == (0, 2)


def test_what_a_sunspec_client_writes_at_once_is_one_command(fleet: ObedientFleet, device: Any) -> None:
    control = device.DERCtlAC[0]
    control.read()
    control.WSet.cvalue, control.WSetEna.value, control.WSetRvrtTms.value = -2000, 1, 60
    control.write()
    wait_until(lambda: fleet.given)
    [(command, *by)] = fleet.given
    assert (command.power, *by) == (2000.0, Source.MODBUS, "modbus 127.0.0.1")
    control.read()
    assert (control.WSet.cvalue, control.WSetEna.value) == (-2000, 1)
    assert 50 < control.WSetRvrtRem.value <= 60
    control.WSetEna.value = 0
    control.write()
    wait_until(lambda: fleet.commands[1:] == [Release()])


def test_a_sunspec_client_limits_by_percent_and_lifts_it(fleet: ObedientFleet, device: Any) -> None:
    control = device.DERCtlAC[0]
    control.read()
    control.WMaxLimPctEna.value, control.WMaxLimPct.cvalue = 1, 50.0
    control.write()
    wait_until(lambda: fleet.commands == [SetLimit("modbus", Watts(1460.0))])
    control.WMaxLimPctEna.value = 0
    control.write()
    wait_until(lambda: fleet.commands[1:] == [LiftLimit("modbus")])


def test_a_timer_that_runs_out_lets_go_of_the_setpoint(fleet: ObedientFleet, device: Any) -> None:
    control = device.DERCtlAC[0]
    control.read()
    control.WSet.cvalue, control.WSetEna.value, control.WSetRvrtTms.value = -2000, 1, 1
    control.write()
    wait_until(lambda: [type(command) for command in fleet.commands] == [Activate, Release])
    assert fleet.given[1][2] == "modbus reversion timer"


def test_a_block_that_is_read_and_written_back_changes_nothing(
    fleet: ObedientFleet, master: ModbusTcpClient
) -> None:
    for address, count in ((40251, 19), (40279, 4), (40291, 6), (40299, 11), (40312, 12), (40349, 4)):
        shown = master.read_holding_registers(address, count=count).registers
        assert not master.write_registers(address, shown).isError(), address
    assert last_refusal(master) == 0
    assert stays(lambda: not fleet.given, SETTLED)


@pytest.mark.parametrize("unit", [0, 1, 247, 255])
def test_any_unit_id_is_answered_in_holding_and_in_input_registers(
    master: ModbusTcpClient, unit: int
) -> None:
    assert number(master.read_holding_registers(4, count=2, device_id=unit)) == RATED
    assert number(master.read_input_registers(6, count=2, device_id=unit)) == RATED


@pytest.mark.parametrize(("address", "form"), [(100, ">f"), (102, ">i")])
def test_a_plc_writes_a_target_in_either_form(
    fleet: ObedientFleet, master: ModbusTcpClient, address: int, form: str
) -> None:
    assert not master.write_registers(address, words(2000, form)).isError()
    wait_until(lambda: fleet.commands == [Activate(Watts(2000.0))])
    assert number(master.read_holding_registers(8, count=2)) == 2000
    assert number(master.read_holding_registers(100, count=2)) == 2000
    assert number(master.read_holding_registers(102, count=2), ">i") == 2000
    assert not master.write_register(104, 0).isError()
    wait_until(lambda: fleet.commands[1:] == [Deactivate()])
    assert number(master.read_holding_registers(8, count=2)) == 0
    assert not master.write_register(104, 1).isError()
    wait_until(lambda: fleet.commands[2:] == [Activate(Watts(2000.0))])


def test_a_write_and_the_answer_to_it_go_in_one_request(
    fleet: ObedientFleet, master: ModbusTcpClient
) -> None:
    answer = master.readwrite_registers(
        read_address=102, read_count=2, write_address=102, values=words(1500, ">i")
    )
    assert number(answer, ">i") == 1500
    wait_until(lambda: fleet.commands == [Activate(Watts(1500.0))])


UNWRITABLE = (
    (100, [0x4500], 2),
    (101, [0], 2),
    (102, [0], 2),
    (40301, [0xFFFF], 2),
    (40308, [60], 2),
    (8, [0, 0], 2),
    (40080, [0], 2),
    (40251, [1], 2),
    (40326, [1], 2),
    (107, [1], 2),
    (40301, [0, 2000], 3),
    (102, [0xFFFF, 0xFFFF], 3),
    (100, [0x7FC0, 0], 3),
    (104, [9], 3),
)


def test_what_cannot_be_written_is_an_exception_and_no_command(
    fleet: ObedientFleet, master: ModbusTcpClient
) -> None:
    for address, registers, code in UNWRITABLE:
        assert refused_with(master.write_registers(address, registers)) == code, address
        assert last_refusal(master) == (400 if code == 3 else 0), address
    assert stays(lambda: not fleet.given, SETTLED)


def test_above_the_rating_is_refused_at_once_and_shown_until_a_write_is_taken(
    fleet: ObedientFleet, master: ModbusTcpClient
) -> None:
    assert refused_with(master.write_registers(102, words(RATED + 1, ">i"))) == 3
    assert last_refusal(master) == 400
    assert not master.write_registers(102, words(RATED, ">i")).isError()
    assert last_refusal(master) == 0
    wait_until(lambda: fleet.commands == [Activate(Watts(RATED))])


def test_an_override_makes_the_device_busy_and_local(
    fleet: ObedientFleet, master: ModbusTcpClient, device: Any
) -> None:
    overridden(fleet, 1000.0)
    assert refused_with(master.write_registers(102, words(2000, ">i"))) == 6
    assert refused_with(master.write_register(40299, 1)) == 6
    assert last_refusal(master) == 409
    assert master.read_holding_registers(3).registers == [1]
    device.DERCtl[0].read()
    assert device.DERCtl[0].LocRemCtl.value == 1
    assert not fleet.given
    assert not master.write_register(105, 60).isError()


@pytest.mark.parametrize(
    ("code", "exception"), [(ErrorCode.FAULT_STATE, 4), (ErrorCode.LOG_UNAVAILABLE, 4), (ErrorCode.BUSY, 6)]
)
def test_a_refusal_of_a_fleet_at_fault_is_the_answer(
    fleet: ObedientFleet, master: ModbusTcpClient, code: ErrorCode, exception: int
) -> None:
    fleet.snapshot = replace(fleet.snapshot, phase=FleetPhase.FAULT)
    fleet.refuse_with = CommandRejected(code, "It cannot be.")
    assert refused_with(master.write_registers(102, words(2000, ">i"))) == exception
    assert last_refusal(master) == STATUSES[code]


def test_a_refusal_that_comes_late_is_shown_and_the_image_falls_back(
    fleet: ObedientFleet, master: ModbusTcpClient
) -> None:
    fleet.refuse_with = CommandRejected(ErrorCode.LOG_UNAVAILABLE, "The log cannot be written.")
    assert not master.write_registers(102, words(2000, ">i")).isError()
    assert number(master.read_holding_registers(102, count=2), ">i") == 2000
    wait_until(lambda: last_refusal(master) == 503)
    wait_until(lambda: master.read_holding_registers(104).registers == [0])


def test_the_watchdog_tells_the_fleet_that_masters_are_silent(
    fleet: ObedientFleet, master: ModbusTcpClient
) -> None:
    assert not master.write_register(105, 1).isError()
    assert not master.write_register(106, 7).isError()
    assert fleet.signs == [Source.MODBUS] * 2
    assert not master.write_register(106, 7).isError()
    assert fleet.signs == [Source.MODBUS] * 2
    wait_until(lambda: fleet.silenced == [Source.MODBUS])


def test_the_room_for_setpoints_is_shown_once_it_is_worked_out(master: ModbusTcpClient) -> None:
    wait_until(lambda: number(master.read_holding_registers(10, count=2)) > 0)
    assert number(master.read_holding_registers(12, count=2)) > 0


def test_fifty_masters_at_once_are_all_answered(port: int) -> None:
    async def read_and_write(index: int) -> int:
        client = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=30)
        assert await client.connect()
        for _ in range(5):
            await client.read_holding_registers(40000, count=125)
            await client.write_register(106, index)
        answer = await client.read_holding_registers(0)
        client.close()
        return answer.registers[0]

    async def all_at_once() -> list[int]:
        return await asyncio.gather(*map(read_and_write, range(50)))

    assert asyncio.run(all_at_once()) == [1] * 50
