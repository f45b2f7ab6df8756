"""How actors end, by stop or by failure: the same for Pykka's ThreadingActor and the multiplexed type."""

import gc
import threading
import weakref
from typing import Any

import pykka
import pytest
from actor_types import Recorder, actor_of
from pykka import ActorDeadError, ActorRegistry
from waiting import wait_until

TIMEOUT = 60


def test_a_failing_ask_fails_at_the_asker_and_the_actor_lives(recorder: type[Any]) -> None:
    ref = recorder.start()
    with pytest.raises(ValueError, match="wrong"):
        ref.ask(ValueError("wrong"), timeout=TIMEOUT)
    assert ref.ask("hello", timeout=TIMEOUT) == "hello"


def test_a_failing_tell_kills_the_actor_and_calls_on_failure_alone(
    recorder: type[Any], caplog: pytest.LogCaptureFixture
) -> None:
    journal: list[Any] = []
    ref = recorder.start(journal)
    gate = threading.Event()
    ref.tell(gate)
    ref.tell(ValueError("wrong"))
    pending = ref.ask("too late", block=False)
    gate.set()
    with pytest.raises(ActorDeadError):
        pending.get(timeout=TIMEOUT)
    assert journal == ["on_start", gate, "on_failure wrong"]
    assert ref not in ActorRegistry.get_all()
    assert "Unhandled exception in Recorder" in caplog.text


def test_a_failing_on_start_kills_the_actor_without_a_hook_and_answers_who_waits(
    actor_type: type[pykka.Actor],
) -> None:
    gate = threading.Event()

    class Stillborn(Recorder):
        def on_start(self) -> None:
            gate.wait(TIMEOUT)
            raise ValueError("no start")

    journal: list[Any] = []
    ref = actor_of(Stillborn, actor_type).start(journal)
    pending = ref.ask("hello", block=False)
    gate.set()
    with pytest.raises(ActorDeadError):
        pending.get(timeout=TIMEOUT)
    assert not ref.is_alive()
    assert ref not in ActorRegistry.get_all()
    assert journal == []


@pytest.mark.parametrize("hook", ["on_stop", "on_failure"])
def test_a_failing_hook_is_logged_and_harms_no_other_actor(
    recorder: type[Any], hook: str, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("the hook is broken")

    broken: type[Any] = type("Broken", (recorder,), {hook: fail})
    ref, other = broken.start(), recorder.start()
    ref.tell("stop" if hook == "on_stop" else ValueError("wrong"))
    wait_until(lambda: "the hook is broken" in caplog.text)
    assert not ref.is_alive()
    assert other.ask("hello", timeout=TIMEOUT) == "hello"


def test_stop_handles_what_came_before_and_answers_what_came_after_with_actor_dead(
    recorder: type[Any],
) -> None:
    journal: list[Any] = []
    ref = recorder.start(journal)
    gate = threading.Event()
    ref.tell(gate)
    before = ref.ask("before", block=False)
    stopped = ref.stop(block=False)
    after = ref.ask("after", block=False)
    second = ref.stop(block=False)
    gate.set()
    assert before.get(timeout=TIMEOUT) == "before"
    assert stopped.get(timeout=TIMEOUT) is True
    with pytest.raises(ActorDeadError):
        after.get(timeout=TIMEOUT)
    assert second.get(timeout=TIMEOUT) is True
    assert journal == ["on_start", gate, "before", "on_stop"]


def test_a_dead_actor_refuses_messages_and_a_second_stop(recorder: type[Any]) -> None:
    ref = recorder.start()
    assert ref.stop(timeout=TIMEOUT) is True
    assert ref.stop(timeout=TIMEOUT) is False
    with pytest.raises(ActorDeadError):
        ref.tell("hello")
    with pytest.raises(ActorDeadError):
        ref.ask("hello", timeout=TIMEOUT)
    assert ref not in ActorRegistry.get_all()


def test_an_actor_can_stop_itself(recorder: type[Any]) -> None:
    journal: list[Any] = []
    ref = recorder.start(journal)
    ref.tell("stop")
    wait_until(lambda: journal == ["on_start", "stop", "on_stop"])
    assert not ref.is_alive()


@pytest.mark.parametrize("culprits", [{7}, {3, 16}], ids=["one", "two at once"])
def test_a_base_exception_stops_all_actors_in_good_order(recorder: type[Any], culprits: set[int]) -> None:
    journals: list[list[Any]] = [[] for _ in range(20)]
    refs = [recorder.start(journal) for journal in journals]
    gate = threading.Event()
    for culprit in culprits:
        refs[culprit].tell(gate)
        refs[culprit].tell(SystemExit())
    gate.set()
    wait_until(lambda: all(journal[-1:] == ["on_stop"] for journal in journals))
    assert all(journal.count("on_stop") == 1 for journal in journals)
    assert ActorRegistry.get_all() == []


def test_a_dead_actor_leaves_no_memory_behind(actor_type: type[pykka.Actor]) -> None:
    class Mortal:
        pass

    ref = actor_of(Mortal, actor_type).start()
    actor = weakref.ref(ref._actor_weakref())
    ref.stop(timeout=TIMEOUT)
    del ref

    def freed() -> bool:
        gc.collect()
        return actor() is None

    wait_until(freed)
