"""What is sent to a device of any family: once, one request after another, and nothing that was overtaken."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

import pytest
from faces import FACES, Face
from lossy_wire import LossyWire
from made_up import MADE_UP, family
from patience import be_patient
from waiting import wait_until

from netstab.devices import families
from netstab.devices.families import FAMILIES, driver_for, identify
from netstab.devices.offers import restarting, switching, tuning
from netstab.devices.port import Endpoint, Identity, Permit, Readable, Restartable, always
from netstab.devices.web import Web
from netstab.errors import DeviceError, NotControllable, Withdrawn
from netstab.units import MinerId, Setting
from netstab.wire.login import Digest


@dataclass
class Wired:
    """A device of a family, with its driver at the other end of a wire that may lose an answer."""

    face: Face
    wire: LossyWire
    endpoint: Endpoint
    identity: Identity
    driver: Readable

    @property
    def other_setting(self) -> Setting:
        """One that it is not set to."""
        points = self.identity.capabilities.points
        return points[len(points) // 2].setting


@contextmanager
def wired(key: str) -> Iterator[Wired]:
    with FACES[key]() as face, ExitStack() as stack:
        wire = LossyWire(face.told)

        def way(port: int) -> int:
            return stack.enter_context(wire.to(face.endpoint.miner_id, port)) if port else 0

        ports = way(face.endpoint.api_port), way(face.endpoint.http_port)
        web = Web(login=Digest("root", "root"))
        stack.callback(web.close)
        web.whatsminer_api_port = way(face.framed_port) or web.whatsminer_api_port
        endpoint = Endpoint(MinerId("127.0.0.1"), *ports)
        found = identify(endpoint, web)
        driver = driver_for(found.firmware, found.model, found.firmware_version, web)
        yield Wired(face, wire, endpoint, found, driver)


@pytest.fixture(params=FACES, ids=str)
def device(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wired]:
    be_patient(monkeypatch)
    monkeypatch.setattr("netstab.devices.antminer.vnish._RESTART_ANSWER", 0.3)
    monkeypatch.setattr(families, "FAMILIES", {MADE_UP: family(), **FAMILIES})
    with wired(request.param) as device:
        yield device


Command = Callable[[Wired, Permit], object]

COMMANDS: dict[str, Command] = {
    "sleep": lambda it, permit: switching(it.driver).sleep(it.endpoint, permit),
    "wake": lambda it, permit: switching(it.driver).wake(it.endpoint, permit),
    "apply": lambda it, permit: tuning(it.driver).apply(it.endpoint, it.other_setting, permit),
    "restart": lambda it, permit: restarting(it.driver).restart(it.endpoint, permit),
    "reboot": lambda it, permit: restarting(it.driver).reboot(it.endpoint, permit),
    "factory reset": lambda it, permit: restarting(it.driver).factory_reset(it.endpoint, permit),
}


def has(device: Wired, command: str) -> bool:
    """Whether it can be told that."""
    can = device.identity.capabilities
    if command in ("sleep", "wake"):
        return can.switchable
    return can.tunable if command == "apply" else can.controllable and isinstance(device.driver, Restartable)


def test_a_command_that_was_overtaken_tells_the_device_nothing(device: Wired) -> None:
    for command, call in COMMANDS.items():
        if has(device, command):
            with pytest.raises((Withdrawn, NotControllable)):
                call(device, lambda: False)
    assert device.face.told() == []


@pytest.mark.parametrize("lost", [1, 2])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_whose_answer_was_lost_is_not_said_again(device: Wired, command: str, lost: int) -> None:
    if not has(device, command):
        pytest.skip("it cannot be told that")
    device.wire.loses(lost)
    with suppress(DeviceError):
        COMMANDS[command](device, always)
    told = device.face.told()
    wait_until(lambda: device.wire.lost is (len(told) >= lost))
    assert len(set(told)) == len(told)


def test_a_call_asks_one_thing_after_another(device: Wired) -> None:
    asyncio.run(device.driver.poll(device.endpoint))
    with suppress(DeviceError):
        device.driver.details(device.endpoint)
    for command in ("apply", "sleep"):
        if has(device, command):
            with suppress(DeviceError):
                COMMANDS[command](device, always)
    assert device.wire.most_waiting == 1
