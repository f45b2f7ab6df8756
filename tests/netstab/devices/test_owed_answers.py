import threading
from collections.abc import Iterator
from contextlib import contextmanager

from waiting import PATIENCE

from netstab.devices.owed import Owed
from netstab.wire.bounds import after


class SlowListener:
    """Is told, and ends no sooner than it is let."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.telling, self.going_on = threading.Event(), threading.Event()

    def __call__(self, outcome: object) -> None:
        self.telling.set()
        self.going_on.wait(PATIENCE)
        self.told.append(outcome)


@contextmanager
def being_told(owed: Owed) -> Iterator[SlowListener]:
    """Have a listener be told of the end of its call just now."""
    listener = SlowListener()
    owed.open()
    assert owed.take("call", listener)
    answering = threading.Thread(target=owed.answer, args=("call", "outcome"))
    answering.start()
    try:
        assert listener.telling.wait(PATIENCE)
        yield listener
    finally:
        listener.going_on.set()
        answering.join()


def test_whoever_waits_for_all_answers_waits_for_those_who_are_just_being_told() -> None:
    owed = Owed(10)
    with being_told(owed) as listener:
        settling = threading.Thread(target=owed.settle, args=(after(PATIENCE),))
        settling.start()
        settling.join(0.1)
        assert settling.is_alive()
        listener.going_on.set()
        settling.join(PATIENCE)
        assert not settling.is_alive()
        assert listener.told == ["outcome"]


def test_nobody_waits_past_his_time_for_a_listener_that_does_not_come_to_an_end() -> None:
    owed = Owed(10)
    with being_told(owed) as listener:
        owed.settle(after(0.05))
        assert listener.told == []
