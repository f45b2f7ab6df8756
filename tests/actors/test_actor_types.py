"""What holds for Pykka's ThreadingActor holds for the multiplexed type: each test runs against both."""

import threading
import time
from typing import Any

import pykka
import pytest
from actor_types import Recorder, actor_of
from pykka import ActorRef

from actors.multiplexed import inbox_length

TIMEOUT = 60


def test_on_start_comes_once_and_before_the_first_message(recorder: type[Any]) -> None:
    journal: list[Any] = []
    ref = recorder.start(journal)
    assert ref.ask("hello", timeout=TIMEOUT) == "hello"
    assert ref.ask("hello again", timeout=TIMEOUT) == "hello again"
    assert journal == ["on_start", "hello", "hello again"]


def test_no_hook_and_no_handler_runs_in_the_callers_thread(actor_type: type[pykka.Actor]) -> None:
    class Starting(Recorder):
        def on_start(self) -> None:
            self.started_in = threading.get_ident()

    ref = actor_of(Starting, actor_type).start()
    own = threading.get_ident()
    assert ref.ask("thread", timeout=TIMEOUT) != own
    assert ref.proxy().started_in.get(timeout=TIMEOUT) != own


def test_a_message_sent_by_the_constructor_waits_for_on_start(actor_type: type[pykka.Actor]) -> None:
    class Eager(Recorder):
        def __init__(self, journal: list[Any]) -> None:
            super().__init__(journal)
            self.actor_ref.tell("early")

    journal: list[Any] = []
    actor_of(Eager, actor_type).start(journal).ask("late", timeout=TIMEOUT)
    assert journal == ["on_start", "early", "late"]


def test_every_message_is_handled_once_in_its_senders_order_by_one_thread_at_a_time(
    actor_type: type[pykka.Actor],
) -> None:
    class Counter:
        def __init__(self) -> None:
            super().__init__()
            self.busy = threading.Lock()
            self.seen: dict[int, list[int]] = {sender: [] for sender in range(8)}

        def on_receive(self, message: tuple[int, ...]) -> None:
            assert self.busy.acquire(blocking=False)
            sender, number = message
            self.seen[sender].append(number)
            time.sleep(0)
            self.busy.release()

    ref = actor_of(Counter, actor_type).start()

    def send(sender: int) -> None:
        for number in range(500):
            ref.tell((sender, number))

    senders = [threading.Thread(target=send, args=(sender,)) for sender in range(8)]
    for thread in senders:
        thread.start()
    for thread in senders:
        thread.join()
    assert ref.proxy().seen.get(timeout=TIMEOUT) == {sender: list(range(500)) for sender in range(8)}


def test_a_proxy_calls_methods_and_reads_and_writes_attributes(recorder: type[Any]) -> None:
    proxy = recorder.start().proxy()
    assert proxy.double(21).get(timeout=TIMEOUT) == 42
    proxy.attribute = 2
    assert proxy.attribute.get(timeout=TIMEOUT) == 2
    with pytest.raises(TypeError):
        proxy.double().get(timeout=TIMEOUT)


def test_actors_pass_a_message_around_a_ring(actor_type: type[pykka.Actor]) -> None:
    done = threading.Event()

    class Link:
        following: ActorRef[Any]

        def on_receive(self, hops: int) -> None:
            if hops:
                self.following.tell(hops - 1)
            else:
                done.set()

    ring = [actor_of(Link, actor_type).start() for _ in range(10)]
    for ref, following in zip(ring, [*ring[1:], ring[0]], strict=True):
        ref.proxy().following = following
    ring[0].tell(2000)
    assert done.wait(TIMEOUT)


def test_the_length_of_an_inbox_can_be_read(recorder: type[Any]) -> None:
    ref = recorder.start()
    gate, taken = threading.Event(), threading.Event()

    class Taken(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            taken.set()
            return gate.wait(timeout)

    ref.tell(Taken())
    assert taken.wait(TIMEOUT)
    for _ in range(5):
        ref.tell("waiting")
    assert inbox_length(ref) == 5
    gate.set()
    ref.ask("hello", timeout=TIMEOUT)
    assert inbox_length(ref) == 0
