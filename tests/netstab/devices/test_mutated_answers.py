"""Whatever becomes of what devices were recorded to say, no family crashes, hangs, or takes it for its."""

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

import pytest
from canned_miner import MAKERS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recorded_device import MACHINES, RecordedDevice, answers_of
from waiting import running_time

from netstab.devices.families import FAMILIES, driver_of, family_of, identify
from netstab.devices.port import Identity, Reading
from netstab.devices.web import Web
from netstab.errors import DeviceError
from netstab.wire.login import Digest

T = TypeVar("T")

OF_ITS_FAMILY = {
    "antminer_stock_s19": "antminer",
    "auradine": "auradine",
    "avalon": "avalon",
    "bitaxe": "bitaxe",
    "braiins_24_09_graphql": "braiins",  # read alone: it is too old
    "braiins_25_11": "braiins",
    "braiins_26_04": "braiins",
    "epic_umc": "epic",
    "luxos_2025": "luxos",
    "sealminer": "sealminer",
    "vnish_1_2_7_s21pro": "vnish_rest",
    "whatsminer_v1": "unknown",
    "whatsminer_v2": "whatsminer_2",
    "whatsminer_v3": "whatsminer_3",
}
"""The one family that knows what was recorded."""

ONLY_READ = {"auradine", "avalon", "bitaxe", "epic", "sealminer", "unknown"}

LIMIT_S = 10.0
LARGEST_W, FASTEST_GHS = 20_000.0, 3e6
SIGNS = (
    *(b"null", b"[]", b"{}", b"1e999", b"-1", b"0", b'"', b"\\", b"\\ud800", b"\0", b"true", b"E", b"4.11.1"),
    *(b"Antminer", b"S9", b"vnish", b"LUXminer", b"M60S", b"BOSer", b"netstab", b"Default"),
)


@pytest.fixture(scope="module")
def device() -> Iterator[RecordedDevice]:
    with RecordedDevice() as device:
        yield device


@st.composite
def mutated(draw: st.DrawFn, machine: str) -> dict[str, bytes]:
    """What a machine says, with one answer or two broken at some places."""
    said = answers_of(machine)
    for name in draw(st.lists(st.sampled_from(sorted(said)), min_size=1, max_size=2)):
        for _ in range(draw(st.integers(1, 3))):
            body = said[name]
            start = draw(st.integers(0, len(body)))
            length = draw(st.integers(0, 40) | st.just(len(body)))
            put = draw(st.binary(max_size=6) | st.sampled_from(SIGNS))
            said[name] = body[:start] + put + body[start + length :]
    return said


def in_time(call: Callable[[], T]) -> T | None:
    """Return what a call gives, None for a `DeviceError`; anything else it raises is a crash."""
    began, found = running_time(), None
    with suppress(DeviceError):
        found = call()
    assert running_time() - began < LIMIT_S
    return found


def look_over(device: RecordedDevice, machine: str) -> None:
    """Identify a device as the product does, and have each family look at it and read it."""
    web = Web(login=Digest("root", "root"), whatsminer_api_port=device.port)
    own = OF_ITS_FAMILY[machine]
    judge(in_time(lambda: identify(device.endpoint, web)), own)
    for family in FAMILIES.values():
        judge(in_time(lambda: driver_of(family, web).identify(device.endpoint)), own)  # noqa: B023
        read(in_time(lambda: asyncio.run(driver_of(family, web).poll(device.endpoint))))  # noqa: B023
    web.close()


def judge(found: Identity | None, own: str) -> None:
    """See that nobody but its own family may control it, and within bounds."""
    if found is None or not found.capabilities.controllable:
        return
    assert family_of(found.firmware, found.model, found.firmware_version).key == own
    assert own not in ONLY_READ
    full, lowest = found.capabilities.full_point, found.capabilities.lowest_point
    if full is not None and lowest is not None:
        assert 0 < lowest.power <= full.power <= LARGEST_W


def read(found: Reading | None) -> None:
    if found is not None:
        assert 0 <= found.power <= LARGEST_W
        assert 0 <= found.hashrate <= FASTEST_GHS
        assert found.elapsed is None or math.isfinite(found.elapsed)


@pytest.mark.parametrize("machine", MACHINES)
def test_a_recorded_machine_is_known_to_its_own_family_and_controlled_by_no_other(
    machine: str, device: RecordedDevice
) -> None:
    device.answers = answers_of(machine)
    found = identify(device.endpoint, Web(login=Digest("root", "root"), whatsminer_api_port=device.port))
    family = family_of(found.firmware, found.model, found.firmware_version)
    assert family.key == OF_ITS_FAMILY[machine]
    look_over(device, machine)


@pytest.mark.parametrize("machine", MACHINES)
def test_an_answer_cut_short_crashes_no_family(machine: str, device: RecordedDevice) -> None:
    for name, body in answers_of(machine).items():
        device.answers = {**answers_of(machine), name: body[: len(body) // 2]}
        look_over(device, machine)


@pytest.mark.parametrize("machine", MACHINES)
def test_no_mutated_answer_crashes_a_family_holds_it_or_brings_anything_under_its_control(
    machine: str, device: RecordedDevice
) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(mutated(machine))
    def holds(answers: dict[str, bytes]) -> None:
        device.answers = answers
        look_over(device, machine)

    holds()


def test_every_recorded_answer_is_of_a_machine_that_is_tried() -> None:
    assert len(list(MAKERS.rglob("*.json"))) == 125
    assert set(MACHINES) == {path.name for path in MAKERS.iterdir() if path.is_dir()}
    assert OF_ITS_FAMILY.keys() == set(MACHINES)
