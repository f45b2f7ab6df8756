"""Restart with back-off in virtual time, real actors as children; stopping many under one deadline."""

import threading
import time
from dataclasses import FrozenInstanceError
from itertools import pairwise

import pykka
import pytest
from pykka import ActorRegistry

from actors.messages import Beat
from actors.multiplexed import MultiplexedActor, WorkerPool
from actors.supervisor import (
    ChildRecord,
    Died,
    Dismiss,
    Employ,
    Supervisor,
    after_death,
    back_off,
    stop_all,
)

TIMEOUT = 10


class Child(pykka.ThreadingActor):
    def on_receive(self, message):
        if isinstance(message, threading.Event):
            message.wait(TIMEOUT)


class Stillborn(pykka.ThreadingActor):
    def on_start(self):
        raise ValueError("no start")


class Nursery:
    """A factory of children that remembers all of them."""

    def __init__(self, child=Child):
        self.child = child
        self.born = []

    def __call__(self):
        self.born.append(self.child.start())
        return self.born[-1]

    def kill(self):
        self.born[-1].stop(timeout=TIMEOUT)


class Setting:
    """A supervisor whose time stands still until a test moves it."""

    def __init__(self):
        self.now = 1000.0
        self.reports = []
        self.ref = Supervisor.start(lambda: self.now, self.reports.append)

    def tell(self, message):
        self.ref.ask(message, timeout=TIMEOUT)

    def beat(self, after=0.0):
        self.now += after
        self.tell(Beat())

    def record(self, name="child"):
        return self.reports[-1].children[name]


@pytest.fixture
def setting():
    yield Setting()
    ActorRegistry.stop_all(timeout=TIMEOUT)


def test_the_delay_doubles_from_one_second_to_a_minute():
    assert [back_off(failures) for failures in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert back_off(100_000) == 60


@pytest.mark.parametrize(("lived", "failures"), [(0.0, 7), (299.9, 7), (300.0, 1)])
def test_five_minutes_of_life_make_up_for_the_failures_before(lived, failures):
    record = after_death(ChildRecord(started_at=100.0, failures=6), "broken", 100.0 + lived)
    assert record.failures == failures
    assert record.next_attempt == 100.0 + lived + back_off(failures)


def test_a_dead_child_is_started_again_after_a_second_and_counted(setting):
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


def test_a_living_child_is_left_alone(setting):
    nursery = Nursery()
    setting.tell(Employ("child", nursery))
    for _ in range(5):
        setting.beat(after=60)
    assert len(nursery.born) == 1
    assert setting.record() == ChildRecord(started_at=1000.0)


def test_a_child_that_fails_in_on_start_is_noticed_and_retried_less_and_less_often(setting):
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


def test_a_factory_that_fails_is_retried_and_its_reason_shown(setting):
    def fail():
        raise OSError("no room")

    setting.tell(Employ("child", fail))
    setting.beat()
    assert "no room" in setting.record().last_reason
    setting.beat(after=1)
    assert setting.record().restarts == 1
    assert setting.record().next_attempt == setting.now + 2


def test_a_death_that_was_told_is_known_with_its_reason_and_counted_once(setting):
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


def test_late_news_of_a_predecessors_death_does_not_touch_the_living_child(setting):
    nursery = Nursery()
    setting.tell(Employ("child", nursery))
    nursery.kill()
    setting.beat()
    setting.beat(after=1)
    setting.tell(Died("child", nursery.born[0].actor_urn, "long ago"))
    setting.beat()
    assert setting.record().next_attempt is None
    assert len(nursery.born) == 2


def test_a_dismissed_child_is_stopped_and_never_started_again(setting):
    nursery = Nursery()
    setting.tell(Employ("child", nursery))
    setting.tell(Dismiss("child"))
    assert nursery.born[0].actor_stopped.wait(TIMEOUT)
    setting.tell(Died("child", nursery.born[0].actor_urn, "dismissed"))
    setting.beat(after=100)
    setting.beat(after=100)
    assert len(nursery.born) == 1
    assert setting.reports[-1].children == {}


def test_dismissing_a_stranger_or_a_child_without_an_actor_is_harmless(setting):
    setting.tell(Dismiss("stranger"))
    setting.tell(Employ("child", lambda: 1 / 0))
    setting.tell(Dismiss("child"))
    setting.beat()
    assert setting.reports[-1].children == {}


def test_a_name_employed_again_keeps_its_actor_and_takes_the_new_factory_later(setting):
    first, second = Nursery(), Nursery()
    setting.tell(Employ("child", first))
    setting.tell(Employ("child", second))
    assert (len(first.born), len(second.born)) == (1, 0)
    first.kill()
    setting.beat()
    setting.beat(after=1)
    assert (len(first.born), len(second.born)) == (1, 1)


def test_reports_are_immutable_and_published_only_when_something_changed(setting):
    setting.tell(Employ("child", Nursery()))
    setting.beat()
    setting.beat()
    assert len(setting.reports) == 1
    with pytest.raises(TypeError):
        setting.reports[0].children["other"] = None
    with pytest.raises(FrozenInstanceError):
        setting.record().restarts = 7


def test_ten_thousand_children_are_employed_and_looked_after_in_seconds(setting):
    pool = WorkerPool(2)
    pool.start()
    child = type("Small", (MultiplexedActor,), {"pool": pool})
    began = time.monotonic()
    for number in range(10_000):
        setting.ref.tell(Employ(str(number), child.start))
    setting.beat()
    assert len(setting.reports[-1].children) == 10_000
    assert time.monotonic() - began < 20
    assert stop_all({str(n): ref for n, ref in enumerate(ActorRegistry.get_by_class(child))}, 30) == ()
    assert pool.stop(TIMEOUT)


def test_stopping_names_those_that_do_not_end_and_waits_once_for_all():
    gate = threading.Event()
    stuck = {f"stuck {number}": Child.start() for number in range(5)}
    fine = Child.start()
    for ref in stuck.values():
        ref.tell(gate)
    began = time.monotonic()
    assert stop_all({**stuck, "fine": fine}, 0.3) == tuple(stuck)
    assert 0.3 <= time.monotonic() - began < 1.5  # five waits, one after the other
    assert not fine.is_alive()
    gate.set()
    assert stop_all(stuck, TIMEOUT) == ()
