"""Restart with back-off in virtual time, real actors as children; stopping many under one deadline."""

import threading
import time
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from itertools import pairwise
from threading import Event
from types import SimpleNamespace
from typing import Any, cast

import pykka
import pytest
from pykka import ActorRef, ActorRegistry

from actors.messages import Beat
from actors.multiplexed import MultiplexedActor
from actors.supervisor import (
    ChildRecord,
    Died,
    Dismiss,
    Employ,
    Supervisor,
    SupervisorReport,
    after_death,
    back_off,
    stop_all,
)
from actors.workers import WorkerPool
from netstab.units import Seconds, Timestamp

TIMEOUT = 60


class Child(pykka.ThreadingActor):
    def on_receive(self, message: Event) -> None:
        if isinstance(message, threading.Event):
            message.wait(TIMEOUT)


class Stillborn(pykka.ThreadingActor):
    def on_start(self) -> None:
        raise ValueError("no start")


class Nursery:
    """A factory of children that remembers all of them."""

    def __init__(self, child: type[pykka.Actor] = Child) -> None:
        self.child = child
        self.born: list[ActorRef[Any]] = []

    def __call__(self) -> ActorRef[Any]:
        self.born.append(self.child.start())
        return self.born[-1]

    def kill(self) -> None:
        self.born[-1].stop(timeout=TIMEOUT)


class Setting:
    """A supervisor whose time stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.reports: list[SupervisorReport] = []
        self.ref = Supervisor.start(lambda: Timestamp(self.now), self.reports.append)

    def tell(self, message: Any) -> None:
        self.ref.ask(message, timeout=TIMEOUT)

    def beat(self, after: float = 0.0) -> None:
        self.now += after
        self.tell(Beat())

    def record(self, name: str = "child") -> ChildRecord:
        return self.reports[-1].children[name]


@pytest.fixture
def setting() -> Iterator[Setting]:
    yield Setting()
    ActorRegistry.stop_all(timeout=TIMEOUT)


def test_the_delay_doubles_from_one_second_to_a_minute() -> None:
    assert [back_off(failures) for failures in range(1, 9)] == [1, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert back_off(100_000) == 60.0


@pytest.mark.parametrize(("lived", "failures"), [(0.0, 7), (299.9, 7), (300.0, 1)])
def test_five_minutes_of_life_make_up_for_the_failures_before(lived: float, failures: int) -> None:
    record = after_death(
        ChildRecord(started_at=Timestamp(100.0), failures=6), "broken", Timestamp(100.0 + lived)
    )
    assert record.failures == failures
    assert record.next_attempt == 100.0 + lived + back_off(failures)


def test_a_dead_child_is_started_again_after_a_second_and_counted(setting: Setting) -> None:
    nursery = Nursery()
    setting.tell(Employ("child", nursery))
    nursery.kill()
    setting.beat()
    assert setting.record().next_attempt == setting.now + 1
    setting.beat(after=0.9)
    assert len(nursery.born) == 1
    setting.beat(after=0.1)
    assert nursery.born[1].is_alive()
    record = setting.record()
    assert (record.restarts, record.next_attempt, record.started_at) == (1, None, setting.now)


def test_a_living_child_is_left_alone(setting: Setting) -> None:
    nursery = Nursery()
    setting.tell(Employ("child", nursery))
    for _ in range(5):
        setting.beat(after=60)
    assert len(nursery.born) == 1
    assert setting.record() == ChildRecord(started_at=Timestamp(1000.0))


def test_a_child_that_fails_in_on_start_is_noticed_and_retried_less_and_less_often(setting: Setting) -> None:
    nursery = Nursery(Stillborn)
    setting.tell(Employ("child", nursery))
    births = []
    for _ in range(150):
        assert nursery.born[-1].actor_stopped.wait(TIMEOUT)
        known = len(nursery.born)
        setting.beat(after=1)
        if len(nursery.born) > known:
            births.append(setting.now)
    pauses = [later - earlier for earlier, later in pairwise(births)]
    assert pauses == [3, 5, 9, 17, 33, 61]  # the delay, and the beat that notices the death
    assert "on_start" in setting.record().last_reason


def test_a_factory_that_fails_is_retried_and_its_reason_shown(setting: Setting) -> None:
    def fail() -> ActorRef[Any]:
        raise OSError("no room")

    setting.tell(Employ("child", fail))
    setting.beat()
    assert "no room" in setting.record().last_reason
    setting.beat(after=1)
    assert setting.record().restarts == 1
    assert setting.record().next_attempt == setting.now + 2


def test_a_death_that_was_told_is_known_with_its_reason_and_counted_once(setting: Setting) -> None:
    nursery = Nursery()
    setting.tell(Employ("child", nursery))
    nursery.kill()
    urn = nursery.born[0].actor_urn
    setting.tell(Died("child", urn, "ValueError: wrong"))
    setting.beat()
    assert (setting.record().last_reason, setting.record().failures) == ("ValueError: wrong", 1)
    setting.tell(Died("child", urn, "told again"))
    assert setting.now == 1000.0
    setting.beat()
    assert setting.record().failures == 1


def test_late_news_of_a_predecessors_death_does_not_touch_the_living_child(setting: Setting) -> None:
    nursery = Nursery()
    setting.tell(Employ("child", nursery))
    nursery.kill()
    setting.beat()
    setting.beat(after=1)
    setting.tell(Died("child", nursery.born[0].actor_urn, "long ago"))
    setting.beat()
    assert setting.record().next_attempt is None
    assert len(nursery.born) == 2


def test_a_dismissed_child_is_stopped_and_never_started_again(setting: Setting) -> None:
    nursery = Nursery()
    setting.tell(Employ("child", nursery))
    setting.tell(Dismiss("child"))
    assert nursery.born[0].actor_stopped.wait(TIMEOUT)
    setting.tell(Died("child", nursery.born[0].actor_urn, "dismissed"))
    setting.beat(after=100)
    setting.beat(after=100)
    assert len(nursery.born) == 1
    assert setting.reports[-1].children == {}


def stillborn() -> ActorRef[Any]:
    raise OSError("no room")


def test_dismissing_a_stranger_or_a_child_without_an_actor_is_harmless(setting: Setting) -> None:
    setting.tell(Dismiss("stranger"))
    setting.tell(Employ("child", stillborn))
    setting.tell(Dismiss("child"))
    setting.beat()
    assert setting.reports[-1].children == {}


def test_a_name_employed_again_keeps_its_actor_and_takes_the_new_factory_later(setting: Setting) -> None:
    first, second = Nursery(), Nursery()
    setting.tell(Employ("child", first))
    setting.tell(Employ("child", second))
    assert (len(first.born), len(second.born)) == (1, 0)
    first.kill()
    setting.beat()
    setting.beat(after=1)
    assert (len(first.born), len(second.born)) == (1, 1)


def test_reports_are_immutable_and_published_only_when_something_changed(setting: Setting) -> None:
    setting.tell(Employ("child", Nursery()))
    setting.beat()
    setting.beat()
    assert len(setting.reports) == 1
    with pytest.raises(TypeError):
        cast("dict[str, object]", setting.reports[0].children)["other"] = None
    with pytest.raises(FrozenInstanceError):
        setattr(setting.record(), "restarts", 7)  # noqa: B010 - what types would not let pass


def test_ten_thousand_children_are_employed_and_looked_after_in_seconds(setting: Setting) -> None:
    pool = WorkerPool(2)
    pool.start()
    child: type[MultiplexedActor] = type("Small", (MultiplexedActor,), {"pool": pool})
    began = time.process_time()
    for number in range(10_000):
        setting.ref.tell(Employ(str(number), child.start))
    setting.beat()
    assert len(setting.reports[-1].children) == 10_000
    assert time.process_time() - began < 20
    assert (
        stop_all({str(n): ref for n, ref in enumerate(ActorRegistry.get_by_class(child))}, Seconds(TIMEOUT))
        == ()
    )
    assert pool.stop(Seconds(TIMEOUT))


class Ending:
    """An actor that is told to stop, in a time that waiting for it moves."""

    now = 0.0

    def __init__(self, *, stuck: bool) -> None:
        self.stuck = stuck

    def stop(self, *, block: bool) -> "Ending":
        assert not block
        return self

    def get(self, timeout: float) -> bool:
        if self.stuck:
            Ending.now += timeout
            raise pykka.Timeout
        return True


def test_stopping_names_those_that_do_not_end_and_waits_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.supervisor.time", SimpleNamespace(monotonic=lambda: Ending.now))
    refs: dict[str, Any] = {f"stuck {number}": Ending(stuck=True) for number in range(5)}
    refs["fine"] = Ending(stuck=False)
    assert stop_all(refs, Seconds(0.3)) == tuple(refs)[:5]
    assert Ending.now == pytest.approx(0.3)  # not five waits, one after the other


def test_actors_that_hang_are_named_and_those_that_end_are_not() -> None:
    gate = threading.Event()
    stuck, fine = Child.start(), Child.start()
    stuck.tell(gate)
    assert stop_all({"stuck": stuck}, Seconds(0.1)) == ("stuck",)
    assert stop_all({"fine": fine}, Seconds(TIMEOUT)) == ()
    gate.set()
    assert stop_all({"stuck": stuck}, Seconds(TIMEOUT)) == ()
