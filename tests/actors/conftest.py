"""Actors of both types for the tests that hold them to the same promises."""

from collections.abc import Iterator
from typing import Any

import pykka
import pytest
from actor_types import TIMEOUT, Recorder, actor_of
from pykka import ActorRegistry

from actors.multiplexed import MultiplexedActor
from actors.workers import WorkerPool
from netstab.units import Seconds


@pytest.fixture(params=[0, 1, 4], ids=["threading", "one worker", "four workers"])
def actor_type(request: pytest.FixtureRequest) -> Iterator[type[pykka.Actor]]:
    pool = WorkerPool(request.param)
    if request.param:
        pool.start()
        yield type("Multiplexed", (MultiplexedActor,), {"pool": pool})
    else:
        yield pykka.ThreadingActor
    ActorRegistry.stop_all(timeout=TIMEOUT)
    assert not request.param or pool.stop(Seconds(TIMEOUT))


@pytest.fixture
def recorder(actor_type: type[pykka.Actor]) -> type[Any]:
    return actor_of(Recorder, actor_type)
