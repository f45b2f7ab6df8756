"""Awesome Miner is asked again and again, one poll at a time, and ever more rarely while it fails."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pykka
import pytest
from waiting import wait_until

from actors.awesome_miner import AwesomeMinerActor, AwesomeMinerParts, interval_of, pause_after
from actors.directory import Directory
from netstab.clock import steady_clock
from netstab.devices.runner import DeviceRunner
from netstab.errors import DeviceError, MalformedAnswer, PortClosed, Unauthorized
from netstab.units import Seconds

INTERVAL = Seconds(5.0)


@pytest.mark.parametrize(("polled", "asked"), [(0.2, 5.0), (5.0, 5.0), (7.0, 7.0), (60.0, 10.0)])
def test_it_is_asked_as_often_as_miners_but_never_more_often_than_its_other_clients_do(
    polled: float, asked: float
) -> None:
    assert interval_of(Seconds(polled)) == asked


def pauses(error: DeviceError | None) -> list[float]:
    return [pause_after(error, failures, INTERVAL) for failures in range(1, 7)]


def test_a_failure_is_asked_again_later_each_time() -> None:
    assert pauses(None) == [5.0] * 6
    assert pauses(PortClosed("gone")) == [5.0, 10.0, 15.0, 15.0, 15.0, 15.0]
    for error in (Unauthorized("key"), MalformedAnswer("no list")):
        assert pauses(error) == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


@contextmanager
def polling(poll: Callable[[], None]) -> Iterator[pykka.ActorRef[Any]]:
    runner = DeviceRunner()
    runner.start()
    parts = AwesomeMinerParts(Directory(), runner, poll, Seconds(0.01), steady_clock())
    ref = AwesomeMinerActor.start(parts)
    try:
        yield ref
    finally:
        ref.stop()
        runner.stop(60.0)


def test_while_one_poll_hangs_no_other_is_begun_and_its_failure_ends_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun: list[int] = []
    release = threading.Event()

    def poll() -> None:
        begun.append(len(begun))
        if len(begun) == 1:
            release.wait(60)
            raise PortClosed("It is gone.")

    with polling(poll) as ref:
        wait_until(lambda: begun)
        ref.ask("are you there?")
        ref.ask("and still?")
        assert begun == [0]
        release.set()
        wait_until(lambda: len(begun) >= 3)
        assert ref.is_alive()
    assert "Awesome Miner is not read: It is gone." in caplog.text
