"""What a program of others reads from the simulated devices: a check that shares no line with our drivers.

It asks at fixed ports, 80, 4028 and 4433, which devices on loopback addresses of their own may have.
"""

import asyncio
import socket
from typing import Any

import pytest
from own_address import own_address
from waiting import PATIENCE

from netstab.simulation.faces.build import build_faces
from netstab.simulation.faces.fleet import FaceFleet
from netstab.simulation.faces.kinds import FACES

pyasic_rs = pytest.importorskip("pyasic_rs", reason="pyasic-rs is not here; it has no wheel for each Python")

READ_AS = {  # the firmware that it names, by the kind of device
    "luxos": "LuxOS",
    "luxos_atm": "LuxOS",
}
AT = own_address(77)


def require_port(number: int) -> None:
    try:
        socket.create_server((AT, number)).close()
    except PermissionError:
        pytest.skip(f"this user may not listen at port {number}, where pyasic-rs asks")


async def read() -> Any:
    seconds = int(PATIENCE)
    finder = pyasic_rs.MinerFactory().with_identification_timeout_secs(seconds)
    miner = await finder.with_connectivity_timeout_secs(seconds).get_miner(AT)
    assert miner is not None, "it knows no miner there"
    return await miner.get_data()


@pytest.mark.parametrize("name", READ_AS)
def test_a_program_of_others_reads_the_face_as_what_it_is(name: str) -> None:
    require_port(80)
    site = build_faces([(FACES[name], 1)], AT)
    with FaceFleet(site, clock=lambda: 0.0, api_port=4028, http_port=80, framed_port=4433) as fleet:
        (at,) = fleet.miners
        said = asyncio.run(read())
        machine = fleet.tamper(at, lambda face: face.machine)
        assert said.device_info.firmware == READ_AS[name]
        assert squeezed(said.device_info.model) in squeezed(machine.build.model)
        assert said.mac == machine.build.mac
        assert said.is_mining is True
        assert said.wattage == pytest.approx(machine.told_power, rel=0.02)
        assert said.hashrate.as_unit(pyasic_rs.data.HashRateUnit.GigaHash).value == pytest.approx(
            machine.hashrate, rel=0.05
        )
        assert not machine.writes


def squeezed(model: str) -> str:
    """Return a model's name as one word, however it is written."""
    return "".join(model.split()).casefold()
