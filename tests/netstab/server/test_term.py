"""What only the composition can get wrong; that all works together is shown by the stories of the system."""

from collections.abc import Iterator
from functools import partial
from ipaddress import IPv4Network
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
from netstab.devices.web import Web
from netstab.reach import Reach
from netstab.server.term import _drivers, _start_miner
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
