"""What only the composition can get wrong; that all works together is shown by the stories of the system."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Network
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any, cast

import pykka
import pytest
from pykka import ActorRef
from values import registered

from actors.directory import Directory
from actors.fence import WakeFence
from actors.messages import MinerStarted
from actors.miner.actor import MinerParts
from actors.multiplexed import MultiplexedActor
from netstab.devices.lanes import THREADS
from netstab.devices.out_of_reach import OutOfReachDriver
from netstab.devices.runner import DeviceRunner, Lane
from netstab.devices.web import Web
from netstab.errors import DeviceError
from netstab.reach import Reach
from netstab.server.staff import _drivers, _start_miner, _stop_actors
from netstab.units import Seconds, Timestamp

TIMEOUT = 60
LOOPBACK = Reach((IPv4Network("127.0.0.0/8"),), 4028)
MINER = registered("127.0.0.9", mac="")


class Listener:
    """In the fleet's place: notes who is in the directory when it hears of a start."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.heard: list[tuple[MinerStarted, object]] = []

    def tell(self, message: MinerStarted) -> None:
        self.heard.append((message, self.directory.miner(MINER.miner_id)))


@pytest.fixture
def pool() -> Iterator[None]:
    MultiplexedActor.pool.start()
    yield
    pykka.ActorRegistry.stop_all(timeout=TIMEOUT)
    assert MultiplexedActor.pool.stop(Seconds(TIMEOUT))


@pytest.mark.parametrize("changed", [{"miner_id": "10.0.0.9"}, {"api_port": 22}, {"http_port": 22}])
def test_what_is_registered_outside_of_the_allowed_addresses_and_ports_is_not_talked_to(
    changed: dict[str, Any],
) -> None:
    shared: Any = SimpleNamespace(settings=SimpleNamespace(reach=LOOPBACK), web=Web())
    driver = _drivers(shared)
    assert not isinstance(driver(MINER), OutOfReachDriver)
    assert isinstance(driver(replace(MINER, **changed)), OutOfReachDriver)


@pytest.mark.usefixtures("pool")
def test_the_fleet_hears_of_a_miners_actor_when_it_can_be_reached_and_not_before() -> None:
    directory = Directory()
    listener = Listener(directory)
    directory.fleet = cast("ActorRef[Any]", listener)
    shared: Any = SimpleNamespace(settings=SimpleNamespace(reach=LOOPBACK), web=Web())
    runner: Any = None
    parts = MinerParts(directory, runner, WakeFence(), lambda: Timestamp(1000.0))
    start = partial(_start_miner, parts, Seconds(5.0), _drivers(shared), MINER, 0.0)
    first, second = start(), start()
    assert listener.heard == [(MinerStarted(MINER.miner_id), ref) for ref in (first, second)]


class Last(pykka.ThreadingActor):
    """Does something as the last that it does."""

    def __init__(self, at_last: Callable[[], None]) -> None:
        super().__init__()
        self.on_stop = at_last  # type: ignore[method-assign]


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> Iterator[DeviceRunner]:
    """Return one that tells one miner at a time."""
    monkeypatch.setitem(THREADS, Lane.SHED, 1)
    runner = DeviceRunner()
    runner.start()
    yield runner
    runner.stop(TIMEOUT)


def test_who_has_not_begun_to_be_told_when_a_term_ends_is_not_told_any_more(runner: DeviceRunner) -> None:
    begun, going_on = threading.Event(), threading.Event()
    told, outcomes = list[str](), SimpleQueue[object]()

    def tell(what: str) -> None:
        told.append(what)
        begun.set()
        going_on.wait(TIMEOUT)

    for number in range(20):
        runner.call(partial(tell, f"miner {number}"), outcomes.put, lane=Lane.SHED)
    assert begun.wait(TIMEOUT)
    late = partial(runner.call, partial(tell, "late"), outcomes.put, lane=Lane.COMMAND)
    staff = {"supervisor": Last.start(lambda: None), "fleet": Last.start(late)}
    _stop_actors(Directory(), runner, staff)
    going_on.set()
    ends = [outcomes.get(timeout=TIMEOUT) for _ in range(21)]
    assert told == ["miner 0"]
    assert [end for end in ends if not isinstance(end, DeviceError)] == [None]
    runner.call(partial(tell, "the next term's"), outcomes.put, lane=Lane.SHED)
    assert outcomes.get(timeout=TIMEOUT) is None
    assert told == ["miner 0", "the next term's"]
