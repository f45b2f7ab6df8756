"""Exchanges with peers on loopback that do with a connection whatever can be done with one."""

import asyncio
import errno
import gc
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue

import pytest
from waiting import PATIENCE, running_time, wait_until

from netstab.devices.exchange import line
from netstab.devices.port import Endpoint, Reading
from netstab.devices.runner import DeviceRunner
from netstab.devices.transport import ask_api
from netstab.errors import ConnectionLost, DeviceError, MalformedAnswer, TimedOut, Unreachable
from netstab.units import MinerId
from netstab.wire.bounds import LARGEST_ANSWER, after

REQUEST = b'{"command":"stats"}'
ANSWER = b'{"STATS":[' + b"1," * 2000 + b"1]}\0"

Behaviour = Callable[[socket.socket, threading.Event], None]


@contextmanager
def peer(behaviour: Behaviour) -> Iterator[Endpoint]:
    """Serve every connection with that behaviour, on a thread of its own, until the block ends."""
    ending = threading.Event()
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            behaviour(connection, ending)

    def accept(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                threads.append(threading.Thread(target=serve, args=(connection,)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0), backlog=512) as server:
        accepting = threading.Thread(target=accept, args=(server,))
        accepting.start()
        try:
            yield Endpoint(MinerId("127.0.0.1"), server.getsockname()[1], 1)
        finally:
            ending.set()
            server.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *threads):
                thread.join()


def answers(connection: socket.socket, _ending: threading.Event) -> None:
    assert connection.recv(8191) == REQUEST  # a miner takes one segment and no more
    connection.sendall(ANSWER)


def tears(connection: socket.socket, _ending: threading.Event) -> None:
    connection.recv(8191)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for place in range(0, len(ANSWER), 500):
        connection.sendall(ANSWER[place : place + 500])


def hangs(_connection: socket.socket, ending: threading.Event) -> None:
    ending.wait(PATIENCE)


def drips(connection: socket.socket, ending: threading.Event) -> None:
    while not ending.wait(0.02):
        connection.sendall(b"x")


def floods(connection: socket.socket, ending: threading.Event) -> None:
    while not ending.is_set():
        connection.sendall(b"x" * LARGEST_ANSWER)


def closes(_connection: socket.socket, _ending: threading.Event) -> None:
    """End with the block: the connection is closed by whoever called."""


def resets(connection: socket.socket, _ending: threading.Event) -> None:
    connection.recv(8191)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def breaks_off(connection: socket.socket, ending: threading.Event) -> None:
    connection.sendall(ANSWER[:100])
    resets(connection, ending)


def half_closes(connection: socket.socket, ending: threading.Event) -> None:
    connection.recv(8191)
    connection.sendall(ANSWER.rstrip(b"\0"))
    connection.shutdown(socket.SHUT_WR)
    ending.wait(PATIENCE)


def ask(endpoint: Endpoint, within: float = PATIENCE) -> bytes:
    return asyncio.run(ask_api(endpoint, REQUEST, after(within)))


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("behaviour", [answers, tears])
def test_an_answer_is_whole_however_it_comes(behaviour: Behaviour) -> None:
    with peer(behaviour) as endpoint:
        assert ask(endpoint) == ANSWER


def test_an_answer_ends_where_the_miner_stops_to_send_though_it_keeps_the_connection() -> None:
    with peer(half_closes) as endpoint:
        assert ask(endpoint) == ANSWER.rstrip(b"\0")


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (hangs, TimedOut),
        (drips, TimedOut),
        (floods, MalformedAnswer),
        (closes, ConnectionLost),
        (resets, ConnectionLost),
        (breaks_off, ConnectionLost),
    ],
)
def test_each_trouble_with_a_connection_has_its_own_name(
    behaviour: Behaviour, error: type[DeviceError]
) -> None:
    with peer(behaviour) as endpoint, pytest.raises(error) as caught:
        ask(endpoint, within=0.5 if error is TimedOut else PATIENCE)
    assert type(caught.value) is error


def test_an_answer_that_comes_by_the_byte_is_not_taken_in_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netstab.devices.exchange.MOST_PIECES", 3)
    with peer(drips) as endpoint, pytest.raises(MalformedAnswer):
        ask(endpoint)


def test_a_connection_that_never_stands_ends_with_its_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as stack:
        address, port = full.getsockname()
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((address, port))
        with pytest.raises(TimedOut):
            ask(Endpoint(MinerId(address), port, 1), within=0.2)


def test_nothing_is_sent_once_the_time_is_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address, port = server.getsockname()
        with pytest.raises(TimedOut):
            ask(Endpoint(MinerId(address), port, 1), within=0.0)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_miner_is_not_silent_because_this_host_is_late() -> None:
    taken, late, sent = (threading.Event() for _ in range(3))

    def answers_late(connection: socket.socket, _ending: threading.Event) -> None:
        connection.recv(8191)
        taken.set()
        late.wait(PATIENCE)
        connection.sendall(ANSWER)
        sent.set()

    async def asked(endpoint: Endpoint) -> bytes:
        def stand_still() -> None:
            late.set()
            sent.wait(PATIENCE)

        loop, expires = asyncio.get_running_loop(), after(2 * PATIENCE)
        asking = asyncio.create_task(ask_api(endpoint, REQUEST, expires))
        await asyncio.to_thread(taken.wait, PATIENCE)
        loop.call_at(expires - 1.0, stand_still)
        loop.time = lambda: expires + 1.0  # type: ignore[method-assign]
        return await asking

    with peer(answers_late) as endpoint:
        assert asyncio.run(asked(endpoint)) == ANSWER


def test_a_request_is_sent_to_its_end_as_fast_as_it_is_taken() -> None:
    request = b"x" * 8_000_000
    taken: list[int] = []

    def takes(connection: socket.socket, _ending: threading.Event) -> None:
        while sum(taken) < len(request):
            taken.append(len(connection.recv(100_000)))
        connection.sendall(b"{}\0")

    with peer(takes) as endpoint:
        assert asyncio.run(ask_api(endpoint, request, after(PATIENCE))) == b"{}\0"
    assert sum(taken) == len(request)


def test_each_ends_at_its_own_deadline_and_nobody_waits_for_another() -> None:
    async def asked(hanging: Endpoint, answering: Endpoint) -> list[object]:
        ended: list[object] = []

        began = time.monotonic()

        async def one(endpoint: Endpoint, within: float) -> None:
            try:
                await ask_api(endpoint, REQUEST, began + within)
                ended.append("answered")
            except TimedOut:
                ended.append(within)

        late = [asyncio.create_task(one(hanging, PATIENCE)) for _ in range(50)]
        await asyncio.gather(
            one(hanging, 2.0), one(hanging, 0.2), one(hanging, 1.0), one(answering, PATIENCE)
        )
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return ended

    with peer(hangs) as hanging, peer(answers) as answering:
        started = running_time()
        ended = asyncio.run(asked(hanging, answering))
    assert [each for each in ended if each != "answered"] == [0.2, 1.0, 2.0]
    assert "answered" in ended
    assert running_time() - started < PATIENCE / 2


def test_asking_leaves_no_descriptor_behind() -> None:
    with peer(answers) as endpoint:
        ask(endpoint)
        before = descriptors()
        for _ in range(20):
            ask(endpoint)
    with peer(hangs) as endpoint:
        for _ in range(5):
            with pytest.raises(TimedOut):
                ask(endpoint, within=0.05)
    assert descriptors() < before + 5


def test_a_stop_closes_what_is_connected() -> None:
    before = descriptors()
    outcomes: list[object] = []
    with peer(hangs) as endpoint:
        runner = DeviceRunner()
        runner.start()
        for _ in range(40):
            runner.submit_coroutine(ask_api(endpoint, REQUEST, after(PATIENCE)), outcomes.append)
        started = running_time()
        runner.stop(PATIENCE)
        assert running_time() - started < PATIENCE / 2
    assert [type(outcome) for outcome in outcomes] == [DeviceError] * 40
    assert descriptors() < before + 10


def test_without_descriptors_to_spare_a_poll_fails_by_name_and_the_next_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def exhausted(*_: object, **__: object) -> socket.socket:
        raise OSError(errno.EMFILE, "Too many open files")

    async def asked(endpoint: Endpoint) -> bytes:
        with line(asyncio.get_running_loop()):
            with monkeypatch.context() as patched:
                patched.setattr("netstab.devices.exchange.socket.socket", exhausted)
                with pytest.raises(Unreachable, match="Too many open files"):
                    await ask_api(endpoint, REQUEST, after(PATIENCE))
            return await ask_api(endpoint, REQUEST, after(PATIENCE))

    with peer(answers) as endpoint:
        assert asyncio.run(asked(endpoint)) == ANSWER


class Asking:
    """A driver that asks for one answer."""

    async def poll(self, endpoint: Endpoint) -> Reading:
        raise AssertionError(await ask_api(endpoint, REQUEST, after(PATIENCE)))


def errors_kept() -> list[ConnectionResetError]:
    return [each for each in gc.get_objects() if isinstance(each, ConnectionResetError)]


def test_a_connection_that_breaks_leaves_nothing_behind_for_a_rare_collection() -> None:
    outcomes, runner = SimpleQueue[object](), DeviceRunner()
    runner.start()
    before = errors_kept()
    gc.disable()
    try:
        with peer(breaks_off) as endpoint:
            for _ in range(5):
                runner.poll(Asking(), endpoint, outcomes.put)  # type: ignore[arg-type]
                assert isinstance(outcomes.get(timeout=PATIENCE), ConnectionLost)
        # The loop may be about to leave the frames that the last one was raised in.
        wait_until(lambda: all(any(each is old for old in before) for each in errors_kept()))
    finally:
        gc.enable()
        runner.stop(PATIENCE)
