import asyncio
import select
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from canned_miner import REALM, Behaviour, CannedMiner, babble, cut_off, drip, drop, fixture, flood, hang
from waiting import PATIENCE, running_time

from netstab.devices.antminer import api_protocol
from netstab.devices.port import Endpoint
from netstab.devices.transport import ask_api, exchange_api, heard
from netstab.devices.web import Web
from netstab.errors import (
    CommandRefused,
    ConnectionLost,
    DeviceError,
    MalformedAnswer,
    NotAMiner,
    PortClosed,
    TimedOut,
    Withdrawn,
)
from netstab.units import MinerId
from netstab.wire.bounds import after
from netstab.wire.login import Digest

PAGE = "/cgi-bin/check.cgi"
STATS = fixture("vnish386_s9_stats.raw.txt")


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web(login=Digest("root", "root"))
    yield web
    web.close()


def asked_on_a_loop(endpoint: Endpoint, within: float = PATIENCE) -> bytes:
    return asyncio.run(ask_api(endpoint, api_protocol.STATS, after(within)))


def asked_from_a_thread(endpoint: Endpoint, within: float = PATIENCE) -> bytes:
    return exchange_api(endpoint, api_protocol.STATS, after(within))


either_way = pytest.mark.parametrize("ask", [asked_on_a_loop, asked_from_a_thread])


@either_way
def test_the_api_is_read_to_its_nul_or_to_the_end(ask: Callable[..., bytes]) -> None:
    for ending in (b"\0", b""):
        with CannedMiner(api={b"stats": STATS + ending}) as miner:
            assert ask(miner.endpoint).rstrip(b"\0") == STATS


@either_way
def test_a_nul_ends_the_answer_even_if_the_miner_keeps_the_connection(ask: Callable[..., bytes]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = Endpoint(MinerId("127.0.0.1"), server.getsockname()[1], 1)

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(8191)
                connection.sendall(b"{}\0")
                connection.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        assert ask(endpoint) == b"{}\0"
        thread.join(PATIENCE)
        assert not thread.is_alive()


@either_way
def test_each_trouble_on_the_api_port_has_its_own_name(closed: Endpoint, ask: Callable[..., bytes]) -> None:
    with pytest.raises(PortClosed):
        ask(closed)
    with CannedMiner(api={b"hang": b""}) as miner, pytest.raises(TimedOut):
        ask(miner.endpoint, within=0.2)
    with CannedMiner() as miner, pytest.raises(ConnectionLost):
        ask(miner.endpoint)
    with CannedMiner(api={b"stats": b"x" * 300_000}) as miner, pytest.raises(MalformedAnswer):
        ask(miner.endpoint)


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (hang, TimedOut),
        (drip, TimedOut),
        (drop, ConnectionLost),
        (cut_off, ConnectionLost),
        (babble, MalformedAnswer),
        (flood, MalformedAnswer),
    ],
)
def test_each_trouble_behind_a_challenge_has_its_own_name(
    web: Web, behaviour: Behaviour, error: type[DeviceError]
) -> None:
    within = 0.5 if error is TimedOut else PATIENCE
    started = running_time()
    with CannedMiner(broken={PAGE: behaviour}) as miner:
        with pytest.raises(error) as caught:
            web.ask(miner.endpoint, PAGE, expires=after(within))
        assert type(caught.value) is error
    assert running_time() - started < 5


CHALLENGES = (
    "Digest a=b",
    "Digest",
    'Digest realm="x"',
    'Digest realm="x", nonce=',
    "Digest " + 'a="\\,' * 9000,
)


@pytest.mark.parametrize("challenge", CHALLENGES)
def test_a_challenge_that_cannot_be_understood_is_a_devices_error(web: Web, challenge: str) -> None:
    def challenged(handler: Any) -> None:
        handler.send(401, b"", f"WWW-Authenticate: {challenge}\r\n")

    with CannedMiner(before_auth=challenged) as miner:
        try:
            answer = web.ask(miner.endpoint, PAGE, expires=after(PATIENCE))
        except DeviceError:
            return
        assert answer.status == 401
        assert len(answer.challenge) <= 512


def test_a_closed_web_server_is_a_closed_port(web: Web, closed: Endpoint) -> None:
    with pytest.raises(PortClosed):
        web.ask(closed, PAGE, expires=after(PATIENCE))
    with pytest.raises(PortClosed):
        web.deliver(closed, PAGE, expires=after(PATIENCE))


def test_a_cached_nonce_saves_the_challenge_in_every_thread(web: Web) -> None:
    with CannedMiner({PAGE: b"1"}) as miner:
        for _ in range(3):
            with ThreadPoolExecutor(1) as thread:
                assert (
                    thread.submit(web.ask, miner.endpoint, PAGE, expires=after(PATIENCE)).result().body
                    == b"1"
                )
        assert [asked.authorized for asked in miner.asked] == [False, True, True, True]


def test_a_nonce_that_died_with_a_reboot_is_replaced(web: Web) -> None:
    with CannedMiner({PAGE: b"1"}) as miner:
        web.ask(miner.endpoint, PAGE, expires=after(PATIENCE))
        miner.nonces += 1
        assert web.ask(miner.endpoint, PAGE, expires=after(PATIENCE)).body == b"1"


def test_a_wrong_password_is_tried_once(web: Web) -> None:
    with CannedMiner({PAGE: b"1"}, password="changed") as miner:
        answer = web.ask(miner.endpoint, PAGE, expires=after(PATIENCE))
        assert (answer.status, len(miner.asked)) == (401, 2)
        assert "antMiner Configuration" in answer.challenge


def test_many_threads_may_ask_the_same_miner(web: Web) -> None:
    with CannedMiner({PAGE: b"1"}) as miner, ThreadPoolExecutor(8) as threads:

        def request(_: int) -> bytes:
            try:
                return web.ask(miner.endpoint, PAGE, expires=after(PATIENCE)).body[:1]
            except DeviceError as error:
                return str(error).encode()

        assert set(threads.map(request, range(40))) <= {b"1", b"<"}  # the canned miner honours one nonce only


def test_what_is_withdrawn_does_not_leave_for_the_api_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        endpoint = Endpoint(MinerId("127.0.0.1"), listening.getsockname()[1], 0)
        with pytest.raises(Withdrawn):
            exchange_api(endpoint, b"change", after(PATIENCE), lambda: False)
        connection, _ = listening.accept()
        with connection:
            assert connection.recv(100) == b""


def test_what_goes_wrong_says_that_a_command_had_left_and_a_read_never_acts() -> None:
    with CannedMiner(api={b"stats": b""}) as miner:  # it takes the request, and breaks off
        for permit, left in ((None, False), (lambda: True, True), (lambda: False, False)):
            with pytest.raises(DeviceError) as failed:
                exchange_api(miner.endpoint, api_protocol.STATS, after(PATIENCE), permit)
            assert failed.value.may_have_acted is left
        endpoint = miner.endpoint
    with pytest.raises(PortClosed) as closed:
        exchange_api(endpoint, api_protocol.STATS, after(PATIENCE), lambda: True)
    assert not closed.value.may_have_acted


def test_an_answer_that_nobody_understands_may_have_been_carried_out_and_a_refusal_was_not() -> None:
    for error, acted in ((MalformedAnswer("?"), True), (NotAMiner("?"), True), (CommandRefused("no"), False)):
        with suppress(DeviceError), heard():
            raise error
        assert error.may_have_acted is acted


def test_the_permit_is_asked_before_each_request_leaves(web: Web) -> None:
    answers = [True, False]
    with CannedMiner({PAGE: b"1"}) as miner:
        with pytest.raises(Withdrawn):
            web.ask(miner.endpoint, PAGE, expires=after(PATIENCE), permit=lambda: answers.pop(0))
        assert (answers, [asked.authorized for asked in miner.asked]) == ([], [False])
        with pytest.raises(Withdrawn):
            web.deliver(miner.endpoint, PAGE, expires=after(PATIENCE), permit=lambda: False)
        assert len(miner.asked) == 1


def test_only_what_is_connected_asks_for_its_permit(web: Web) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        endpoint = Endpoint(MinerId("127.0.0.1"), 0, listening.getsockname()[1])

        def connected() -> bool:
            assert select.select([listening], [], [], 0)[0]
            return False

        with pytest.raises(Withdrawn):
            web.deliver(endpoint, PAGE, expires=after(PATIENCE), permit=connected)


@pytest.mark.parametrize("behaviour", [hang, drop, cut_off])
def test_a_command_counts_as_delivered_once_it_was_written_with_credentials(
    web: Web, behaviour: Behaviour
) -> None:
    with CannedMiner(broken={PAGE: behaviour}) as miner:
        assert web.deliver(miner.endpoint, PAGE, expires=after(PATIENCE), answer_within=0.3) is None
        assert len(miner.paths()) == 1


@pytest.mark.parametrize("behaviour", [hang, drop])
def test_a_command_whose_challenge_was_lost_was_not_delivered(web: Web, behaviour: Behaviour) -> None:
    with CannedMiner(before_auth=behaviour) as miner, pytest.raises((TimedOut, ConnectionLost)):
        web.deliver(miner.endpoint, PAGE, expires=after(0.3))


def gives_up_unsaid(handler: Any) -> None:
    """A server that challenges, keeps the connection by what it says, and drops what is written to it."""
    if handler.server.miner.asked[-1].authorized:
        handler.send(200, b"1")
        return
    handler.wfile.write(
        f'HTTP/1.1 401 X\r\nWWW-Authenticate: Digest realm="{REALM}", nonce="5f6f:0", qop="auth"\r\n'
        "Content-Length: 0\r\n\r\n".encode()
    )
    handler.connection.settimeout(0.5)
    with suppress(OSError):
        handler.rfile.readline()


def test_what_a_server_drops_with_the_connection_of_its_challenge_does_not_look_taken(web: Web) -> None:
    permits: list[bool] = []

    def permitted() -> bool:
        permits.append(True)
        return True

    with CannedMiner(before_auth=gives_up_unsaid) as miner:
        answer = web.deliver(miner.endpoint, PAGE, expires=after(PATIENCE), permit=permitted)
        assert answer is not None
        assert answer.body == b"1"
        assert [asked.authorized for asked in miner.asked] == [False, True]
    assert len(permits) == 2


def test_nothing_is_sent_after_the_deadline(web: Web) -> None:
    with CannedMiner({PAGE: b"1"}) as miner:
        with pytest.raises(TimedOut):
            web.ask(miner.endpoint, PAGE, expires=after(0))
        assert miner.asked == []


def test_sessions_are_bounded_in_number_and_given_up_when_idle(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netstab.devices.web._SESSIONS", 2)
    with CannedMiner({PAGE: b"1"}) as a, CannedMiner({PAGE: b"1"}) as b, CannedMiner({PAGE: b"1"}) as c:
        for miner in (a, b, c):
            web.ask(miner.endpoint, PAGE, expires=after(PATIENCE))
        assert web.sessions.endpoints == [b.endpoint, c.endpoint]
        monkeypatch.setattr("netstab.devices.web._SESSION_IDLE", 0.0)
        web.ask(c.endpoint, PAGE, expires=after(PATIENCE))
        assert web.sessions.endpoints == [c.endpoint]


@pytest.mark.parametrize("behaviour", [hang, drop, cut_off, None])
def test_trouble_with_a_web_server_names_the_server_and_no_script(
    web: Web, closed: Endpoint, behaviour: Behaviour | None
) -> None:
    with CannedMiner(before_auth=behaviour) as miner:
        asked = miner.endpoint if behaviour else closed
        with pytest.raises(DeviceError) as trouble:
            web.ask(asked, PAGE, expires=after(0.3))
    said = str(trouble.value)
    assert said.startswith(f"The web server at {asked.miner_id}:{asked.http_port} ")
    assert "cgi-bin" not in said
    assert "://" not in said
