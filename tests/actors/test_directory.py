"""The address book: who is told, and what happens when nobody is there."""

import sys
import threading
from collections.abc import Iterator
from typing import Any

import pykka
import pytest
from pykka import ActorRef

from actors.directory import Directory
from netstab.units import MinerId

MINER = MinerId("127.0.0.5")
TIMEOUT = 60


class Listener(pykka.ThreadingActor):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []

    def on_receive(self, message: str) -> None:
        self.heard.append(message)


@pytest.fixture
def listener() -> Iterator[ActorRef[Any]]:
    ref = Listener.start()
    yield ref
    ref.stop(timeout=TIMEOUT)


def heard_by(ref: ActorRef[Any]) -> list[str]:
    heard: list[str] = ref.proxy().heard.get(timeout=TIMEOUT)
    return heard


def test_a_known_miner_is_told(listener: ActorRef[Any]) -> None:
    directory = Directory()
    directory.enter(MINER, listener)
    assert directory.tell_miner(MINER, "wake up")
    assert heard_by(listener) == ["wake up"]


def test_telling_an_unknown_or_a_dead_miner_gives_false(listener: ActorRef[Any]) -> None:
    directory = Directory()
    assert not directory.tell_miner(MINER, "wake up")
    directory.enter(MINER, listener)
    listener.stop(timeout=TIMEOUT)
    assert not directory.tell_miner(MINER, "wake up")


def test_a_restarted_miner_takes_its_predecessors_place(listener: ActorRef[Any]) -> None:
    directory = Directory()
    dead = Listener.start()
    directory.enter(MINER, dead)
    dead.stop(timeout=TIMEOUT)
    directory.enter(MINER, listener)
    assert directory.tell_miner(MINER, "wake up")


def test_a_removed_miner_is_unknown_and_may_be_removed_again(listener: ActorRef[Any]) -> None:
    directory = Directory()
    directory.enter(MINER, listener)
    directory.remove(MINER)
    directory.remove(MINER)
    assert directory.miner(MINER) is None
    assert directory.miners() == {}


@pytest.mark.parametrize("role", ["fleet", "supervisor"])
def test_the_others_are_told_while_they_are_there(listener: ActorRef[Any], role: str) -> None:
    directory = Directory()
    tell = getattr(directory, f"tell_{role}")
    assert not tell("news")
    setattr(directory, role, listener)
    assert tell("news")
    assert heard_by(listener) == ["news"]
    listener.stop(timeout=TIMEOUT)
    assert not tell("news")


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_a_copy_of_the_miners_can_be_taken_while_others_come_and_go(
    listener: ActorRef[Any], hasty_threads: None
) -> None:
    directory, done = Directory(), threading.Event()
    for number in range(2000):
        directory.enter(MinerId(str(number)), listener)

    def come_and_go() -> None:
        while not done.is_set():
            directory.enter(MINER, listener)
            directory.remove(MINER)

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        for _ in range(200):
            assert len(directory.miners()) in {2000, 2001}
    finally:
        done.set()
        thread.join(TIMEOUT)


def test_the_copy_belongs_to_its_taker(listener: ActorRef[Any]) -> None:
    directory = Directory()
    directory.enter(MINER, listener)
    directory.miners().clear()
    assert directory.miner(MINER) is listener
