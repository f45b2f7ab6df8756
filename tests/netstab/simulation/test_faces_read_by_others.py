"""What a program of others reads from the simulated devices: a check that shares no line with our drivers.

It asks at fixed ports, 80, 4028 and 4433, which devices on loopback addresses of their own may have.
"""

import asyncio
import socket
import time
from typing import Any

import pytest
from own_address import own_address
from waiting import PATIENCE

from netstab.simulation.faces.build import build_faces
from netstab.simulation.faces.fleet import FaceFleet
from netstab.simulation.faces.kinds import FACES
from netstab.simulation.faces.whatsminer import EPOCH

pyasic_rs = pytest.importorskip("pyasic_rs", reason="pyasic-rs is not here; it has no wheel for each Python")

READ_AS = {  # the firmware that it names, by the kind of device
    "s21": "AntMiner Stock",
    "s19": "AntMiner Stock",
    "braiins": "Braiins",
    "luxos": "LuxOS",
    "luxos_atm": "LuxOS",
    "vnish": "VNish",
    "vnish_1_2": "VNish",
    "vnish_switcher": "VNish",
    "whatsminer": "WhatsMiner Stock",
    "whatsminer_2": "WhatsMiner Stock",
}
TELL_NO_WATTS = ("s21", "s19")
AT = own_address(77)


def require_port(number: int) -> None:
    try:
        socket.create_server((AT, number)).close()
    except PermissionError:
        pytest.skip(f"this user may not listen at port {number}, where pyasic-rs asks")


async def read() -> Any:
    return await (await found()).get_data()


async def paused() -> Any:
    return await (await found()).pause()


async def found() -> Any:
    seconds = int(PATIENCE)
    finder = pyasic_rs.MinerFactory().with_identification_timeout_secs(seconds)
    miner = await finder.with_connectivity_timeout_secs(seconds).get_miner(AT)
    assert miner is not None, "it knows no miner there"
    return miner


@pytest.mark.parametrize("name", READ_AS)
def test_a_program_of_others_reads_the_face_as_what_it_is(name: str) -> None:
    require_port(80)
    site = build_faces([(FACES[name], 1)], AT)
    for face in site.values():
        setattr(face, "password", "root")  # noqa: B010 - of those that have one: what it shows to anybody
    with FaceFleet(site, clock=lambda: 0.0, api_port=4028, http_port=80, framed_port=4433) as fleet:
        (at,) = fleet.miners
        said = asyncio.run(read())
        machine = fleet.tamper(at, lambda face: face.machine)
        assert said.device_info.firmware == READ_AS[name]
        assert is_model(said.device_info.model, machine.build.model)
        assert said.mac == machine.build.mac
        assert said.is_mining is True
        watts = None if name in TELL_NO_WATTS else pytest.approx(machine.told_power, rel=0.02)
        assert said.wattage == watts
        assert said.hashrate.as_unit(pyasic_rs.data.HashRateUnit.GigaHash).value == pytest.approx(
            machine.hashrate, rel=0.05
        )
        assert not machine.writes


@pytest.mark.parametrize("name", ["whatsminer", "whatsminer_2"])
def test_a_command_that_a_program_of_others_has_signed_is_taken(name: str) -> None:
    require_port(80)
    site = build_faces([(FACES[name], 1)], AT)
    with FaceFleet(site, clock=lambda: 0.0, api_port=4028, http_port=80, framed_port=4433) as fleet:
        (at,) = fleet.miners
        fleet.tamper(
            at, lambda face: setattr(face, "clock_off", time.time() - EPOCH)
        )  # it goes by the host's
        assert asyncio.run(paused()) is True
        assert fleet.tamper(at, lambda face: face.machine.asleep)


def is_model(told: str, model: str) -> bool:
    """Whether that is the model, with the names of its boards or without."""
    return squeezed(told) in squeezed(model) or squeezed(told).startswith(squeezed(model.partition(" ")[2]))


def squeezed(model: str) -> str:
    """Return a model's name as one word, however it is written."""
    return "".join(model.split()).casefold()
