import threading

from waiting import PATIENCE

from netstab.devices.owed import Owed
from netstab.wire.bounds import after


def test_whoever_waits_for_all_answers_waits_for_those_who_are_just_being_told() -> None:
    owed, telling, going_on, told = Owed(10), threading.Event(), threading.Event(), list[object]()

    def listener(outcome: object) -> None:
        telling.set()
        going_on.wait(PATIENCE)
        told.append(outcome)

    owed.open()
    assert owed.take("call", listener)
    answering = threading.Thread(target=owed.answer, args=("call", "outcome"))
    answering.start()
    assert telling.wait(PATIENCE)
    settling = threading.Thread(target=owed.settle, args=(after(PATIENCE),))
    settling.start()
    settling.join(0.1)
    assert settling.is_alive()
    going_on.set()
    settling.join(PATIENCE)
    assert not settling.is_alive()
    assert told == ["outcome"]
    answering.join()


def test_nobody_waits_past_his_time_for_a_listener_that_does_not_come_to_an_end() -> None:
    owed, telling, going_on = Owed(10), threading.Event(), threading.Event()

    def listener(_outcome: object) -> None:
        telling.set()
        going_on.wait(PATIENCE)

    owed.open()
    assert owed.take("call", listener)
    answering = threading.Thread(target=owed.answer, args=("call", "outcome"))
    answering.start()
    assert telling.wait(PATIENCE)
    owed.settle(after(0.05))
    assert answering.is_alive()
    going_on.set()
    answering.join()
