"""A Modbus master steers the fleet as an EMS does: over real sockets, by a server in a process of its own."""

import signal
import struct
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
import sunspec2.modbus.client as sunspec  # type: ignore[import-untyped]
from harness import Api, NewController, NewFleet, NewProcess, still, wait_until
from own_address import own_address
from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException

from netstab.simulation.fleet import SimulatedFleet

PORT = 1502


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


class Master:
    """Reads and writes the plain map."""

    def __init__(self, host: str) -> None:
        self._client = ModbusTcpClient(host, port=PORT, timeout=5)

    def number(self, address: int, form: str = ">f") -> Any:
        count = struct.calcsize(form) // 2
        answer = self._client.read_holding_registers(address, count=count)
        assert not answer.isError(), answer
        return struct.unpack(form, struct.pack(f">{count}H", *answer.registers))[0]

    def write(self, address: int, value: int, form: str = ">i") -> int:
        """Write; gives the exception that it is answered by, 0 if it is taken."""
        data = struct.pack(form, value)
        answer = self._client.write_registers(address, list(struct.unpack(f">{len(data) // 2}H", data)))
        return answer.exception_code if answer.isError() else 0

    def is_served(self) -> bool:
        self._client.close()
        try:
            return bool(self._client.connect()) and self.number(0, ">H") == 1
        except ModbusException:
            return False

    def close(self) -> None:
        self._client.close()


def said(api: Api) -> list[tuple[str, bool]]:
    """Return what was recorded of Modbus, the oldest first, and whether it was accepted."""
    by_modbus = [entry for entry in reversed(api.history()) if entry["source"] == "modbus"]
    return [(entry["command"], entry["success"]) for entry in by_modbus]


def test_a_master_reads_commands_is_refused_falls_silent_and_finds_the_server_again(
    new_fleet: NewFleet, new_process: NewProcess, stack: ExitStack
) -> None:
    host = own_address()
    process = new_process(
        new_fleet(2),
        MODBUS_LISTEN=f"{host}:{PORT}",
        EMS_TIMEOUT_SECONDS="300",
        EMS_FAILSAFE="standby",
    )
    api = process.start()
    api.wait_for_miners(2)
    master = stack.enter_context(closing(Master(host)))
    wait_until(master.is_served)

    seen = api.read("/api/status")
    assert master.number(4) == seen["ratedPowerInKw"] * 1000
    assert (master.number(1, ">H"), master.number(2, ">H")) == (1, int(seen["isAvailableForDispatch"]))
    assert (master.number(20, ">H"), master.number(21, ">H")) == (2, 2)

    assert master.write(102, 1460) == 0
    api.wait_for(target_power_kw=1.46)
    assert master.number(8) == 1460
    for _ in range(5):
        assert master.write(102, 1460) == 0
    assert still(api, lambda: said(api) == [("activate", True)], 0.5)
    newest = api.read("/dashboard/api/history?limit=1&detail=true")["commands"][0]
    assert newest["client"] == "modbus 127.0.0.1"

    assert master.write(102, 1_000_000) == 3
    assert master.number(19, ">H") == 400
    api.tell("/dashboard/api/override", {"enabled": True, "target_power_kw": 2.92})
    assert master.write(102, 1000) == 6
    assert (master.number(19, ">H"), master.number(3, ">H")) == (409, 1)
    api.tell("/dashboard/api/override", {"enabled": False})
    wait_until(lambda: master.write(102, 1460) == 0)
    api.wait_for(target_power_kw=1.46)
    in_turn = (
        True,
        False,
        True,
        False,
        True,
    )  # the third are the repetitions, recorded before what ends them
    assert said(api) == [("activate", accepted) for accepted in in_turn]

    process.end(signal.SIGKILL)
    api = process.start()
    api.wait_for_miners(2)
    wait_until(master.is_served)
    assert master.number(102, ">i") == 1460
    assert master.number(104, ">H") == 1
    assert api.status()["target_power_kw"] == 1.46

    assert master.write(105, 1, ">H") == 0  # a watchdog of 1 s, and then not a word
    api.wait_for(target_power_kw=None, state="standby")
    assert api.history()[0]["command"] == "failsafe"
    assert master.number(104, ">H") == 0
    assert master.write(102, 2920) == 0
    api.wait_for(target_power_kw=2.92)


def test_a_sunspec_client_sets_and_limits_and_what_it_wrote_at_once_is_one_command(
    fleet: SimulatedFleet, new_controller: NewController, stack: ExitStack
) -> None:
    host = own_address()
    api = new_controller(fleet, MODBUS_LISTEN=f"{host}:{PORT}")
    api.wait_for_miners(2)
    wait_until(stack.enter_context(closing(Master(host))).is_served)
    device = sunspec.SunSpecModbusClientDeviceTCP(slave_id=1, ipaddr=host, ipport=PORT, timeout=10)
    stack.enter_context(closing(device)).scan()
    control = device.DERCtlAC[0]
    control.read()
    control.WSet.cvalue, control.WSetEna.value, control.WSetRvrtTms.value = -2920, 1, 60
    control.write()
    api.wait_for(target_power_kw=2.92)
    control.read()
    control.WMaxLimPct.cvalue, control.WMaxLimPctEna.value = 50.0, 1
    control.write()
    wait_until(lambda: [one["power_kw"] for one in api.read("/dashboard/api/dispatch")["limits"]] == [1.46])
    control.read()
    control.WMaxLimPctEna.value, control.WSetRvrtTms.value = 0, 1
    control.write()
    api.wait_for(target_power_kw=None)
    assert said(api)[:2] == [("activate", True), ("set_limit", True)]
    assert sorted(said(api)[2:-1]) == [("activate", True), ("lift_limit", True)]  # it ends sooner now
    assert said(api)[-1] == ("release", True)
