"""Which sockets a round hears: all that have something, and what idles costs nothing until then."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from api.serving.loop import _Watch


@dataclass(eq=False)
class Connection:
    """Counts how often it was asked what it wants."""

    socket: socket.socket
    idles: bool = True
    wants: bool = True
    owes: bool = False
    accepting: bool = False
    asked: int = 0

    def readable(self) -> bool:
        self.asked += 1
        return self.wants

    def writable(self) -> bool:
        return self.owes


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Watch]:
    monkeypatch.setattr("api.serving.loop._WAIT_S", 0)
    watch = _Watch()
    yield watch
    watch.close()


@pytest.fixture
def pairs() -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    with ExitStack() as stack:
        made = [socket.socketpair() for _ in range(5)]
        for pair in made:
            for end in pair:
                stack.enter_context(end)
        yield made


Pairs = list[tuple[socket.socket, socket.socket]]


def test_one_that_idles_is_asked_once_and_heard_when_its_client_speaks(watch: _Watch, pairs: Pairs) -> None:
    clients = [client for client, _ in pairs]
    connections = {ours.fileno(): Connection(ours) for _, ours in pairs}
    for _ in range(20):
        assert watch.ready(connections) == []
    assert {one.asked for one in connections.values()} == {1}
    clients[2].send(b"x")
    third = connections[pairs[2][1].fileno()]
    assert [one for one, _ in watch.ready(connections)] == [third]
    assert third.socket.recv(9) == b"x"
    assert watch.ready(connections) == []
    assert sorted(one.asked for one in connections.values()) == [1, 1, 1, 1, 2]
    clients[4].close()
    assert [one.socket for one, _ in watch.ready(connections)] == [pairs[4][1]]


def test_one_that_is_busy_is_asked_at_every_turn_and_not_heard_meanwhile(watch: _Watch, pairs: Pairs) -> None:
    client, ours = pairs[0]
    busy = Connection(ours, idles=False, wants=False)
    client.send(b"x")
    assert [watch.ready({ours.fileno(): busy}) for _ in range(3)] == [[]] * 3
    busy.owes = True
    assert [one for one, _ in watch.ready({ours.fileno(): busy})] == [busy]
    busy.owes, busy.wants = False, True
    assert [one for one, _ in watch.ready({ours.fileno(): busy})] == [busy]
    assert busy.asked == 5


def test_another_one_at_a_descriptor_that_was_closed_is_heard(watch: _Watch, pairs: Pairs) -> None:
    first = pairs[0][1]
    descriptor = first.fileno()
    assert watch.ready({descriptor: Connection(first)}) == []
    first.close()
    client, ours = socket.socketpair()
    with client, ours:
        later = Connection(ours)
        client.send(b"x")
        assert [one for one, _ in watch.ready({ours.fileno(): later})] == [later]
