"""Actors of both types for the tests that hold them to the same promises."""

import threading

import pykka
import pytest
from pykka import ActorRegistry

from actors.multiplexed import MultiplexedActor, WorkerPool

TIMEOUT = 10


class Recorder:
    """Does what its messages say and keeps a journal, which outlives it."""

    def __init__(self, journal=None):
        super().__init__()
        self.journal = [] if journal is None else journal
        self.attribute = 1

    def on_start(self):
        self.journal.append("on_start")

    def on_stop(self):
        self.journal.append("on_stop")

    def on_failure(self, exception_type, exception_value, traceback):
        self.journal.append(f"on_failure {exception_value}")

    def on_receive(self, message):
        match message:
            case threading.Event():
                message.wait(TIMEOUT)
            case BaseException():
                raise message
            case "stop":
                self.stop()
            case "thread":
                return threading.current_thread().ident
        self.journal.append(message)
        return message

    def double(self, number):
        return 2 * number


@pytest.fixture(params=[0, 1, 4], ids=["threading", "one worker", "four workers"])
def actor_type(request):
    if request.param:
        pool = WorkerPool(request.param)
        pool.start()
        yield type("Multiplexed", (MultiplexedActor,), {"pool": pool})
    else:
        yield pykka.ThreadingActor
    ActorRegistry.stop_all(timeout=TIMEOUT)
    assert not request.param or pool.stop(TIMEOUT)


@pytest.fixture
def recorder(actor_type):
    return type("RecorderActor", (Recorder, actor_type), {})
