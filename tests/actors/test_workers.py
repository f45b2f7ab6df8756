"""What is done and told on a pool is gathered, in order; nobody waits for one who is held up."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from queue import Queue
from typing import Any

import pykka
import pytest
from waiting import wait_until

from actors.workers import Together, WorkerPool
from netstab.units import Seconds

TIMEOUT = 60


class Listener(pykka.ThreadingActor):
    """Keeps what it is told; told `wait`, it waits for the gate."""

    def __init__(self, heard: list[object], gate: threading.Event) -> None:
        super().__init__()
        self._heard, self._gate = heard, gate

    def on_receive(self, message: Any) -> None:
        if message == "wait":
            self._gate.wait(TIMEOUT)
        else:
            self._heard.append(message)


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(4)
    pool.start()
    yield pool
    assert pool.stop(Seconds(TIMEOUT))


@pytest.fixture
def lone() -> Iterator[WorkerPool]:
    """Start one worker: of several each has an order of its own."""
    pool = WorkerPool(1)
    pool.start()
    yield pool
    assert pool.stop(Seconds(TIMEOUT))


@pytest.fixture
def heard() -> list[object]:
    return []


@pytest.fixture
def listener(heard: list[object]) -> Iterator[pykka.ActorRef[Listener]]:
    ref = Listener.start(heard, threading.Event())
    yield ref
    ref.stop(timeout=TIMEOUT)


def told(heard: list[object]) -> list[object]:
    """Return what was heard, one by one."""
    return [each for item in heard for each in (item.messages if isinstance(item, Together) else [item])]


def test_what_is_submitted_together_is_begun_at_the_end_in_order(lone: WorkerPool) -> None:
    done: Queue[int] = Queue()
    with lone.together():
        for number in range(100):
            lone.submit(lambda number=number: done.put(number))  # type: ignore[misc]
        with lone.together():
            lone.submit(lambda: done.put(100))
        other = threading.Thread(target=lone.submit, args=(lambda: done.put(-1),))
        other.start()
        assert done.get(timeout=TIMEOUT) == -1  # what another thread submits waits for nothing
        other.join()
    assert [done.get(timeout=TIMEOUT) for _ in range(101)] == list(range(101))


def test_who_is_held_up_holds_up_neither_what_was_submitted_last_nor_what_was_told_before(
    pool: WorkerPool, listener: pykka.ActorRef[Listener], heard: list[object]
) -> None:
    begun, gate, done = threading.Event(), threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        gate.wait(TIMEOUT)

    with pool.together():
        pool.submit(lambda: pool.tell(listener, "before"))
        pool.submit(hang)
    try:
        assert begun.wait(TIMEOUT)
        pool.submit(done.set)
        assert done.wait(TIMEOUT / 2)
        wait_until(lambda: told(heard) == ["before"])
    finally:
        gate.set()


def test_what_was_submitted_together_is_begun_even_if_the_one_who_gathers_fails(pool: WorkerPool) -> None:
    done = threading.Event()
    with suppress(ZeroDivisionError), pool.together():
        pool.submit(done.set)
        raise ZeroDivisionError
    assert done.wait(TIMEOUT)
    done.clear()
    pool.submit(done.set)
    assert done.wait(TIMEOUT)


def test_three_workers_that_are_held_up_hold_up_nobody_else(pool: WorkerPool) -> None:
    gate, held, done = threading.Event(), threading.Semaphore(0), threading.Semaphore(0)

    def hold() -> None:
        held.release()
        gate.wait(TIMEOUT)

    for _ in range(3):
        pool.submit(hold)
        pool.submit(done.release)

    def all_but_them_is_done() -> bool:
        pool.submit(do_nothing)  # who is held up begins nothing from one submission to the next
        return (held._value, done._value) == (3, 3)

    wait_until(all_but_them_is_done)
    gate.set()


def do_nothing() -> None:
    """Be done at once."""


def test_all_that_is_told_by_work_of_a_pool_is_heard_in_order_and_mostly_together(
    lone: WorkerPool, listener: pykka.ActorRef[Listener], heard: list[object]
) -> None:
    with lone.together():
        for number in range(1000):
            lone.submit(lambda number=number: lone.tell(listener, number))  # type: ignore[misc]
    wait_until(lambda: len(told(heard)) == 1000)
    assert told(heard) == list(range(1000))
    assert len(heard) <= 1000 // 64 + 1


def test_one_message_is_heard_as_it_is(
    pool: WorkerPool, listener: pykka.ActorRef[Listener], heard: list[object]
) -> None:
    pool.submit(lambda: pool.tell(listener, "alone"))
    wait_until(lambda: heard == ["alone"])


def test_who_is_dead_keeps_no_other_from_being_told(
    pool: WorkerPool, listener: pykka.ActorRef[Listener], heard: list[object]
) -> None:
    dead = Listener.start([], threading.Event())
    dead.stop(timeout=TIMEOUT)

    def tell_both() -> None:
        pool.tell(dead, "lost")
        pool.tell(listener, "heard")

    pool.submit(tell_both)
    wait_until(lambda: heard == ["heard"])


def test_what_was_told_before_a_stop_is_heard(
    listener: pykka.ActorRef[Listener], heard: list[object]
) -> None:
    pool = WorkerPool(1)
    pool.start()
    for number in range(10):
        pool.submit(lambda number=number: pool.tell(listener, number))  # type: ignore[misc]
    wait_until(lambda: bool(heard))
    assert pool.stop(Seconds(TIMEOUT))
    left = told(heard)
    pool.start()
    wait_until(lambda: told(heard) == list(range(10)))
    assert told(heard)[: len(left)] == left
    assert pool.stop(Seconds(TIMEOUT))
