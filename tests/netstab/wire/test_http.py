"""One contract for all that is asked over HTTP, drivers and meters alike, over real sockets."""

import socket
import socketserver
import struct
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from waiting import PATIENCE, running_time

from netstab.devices.families import identify
from netstab.devices.port import Endpoint
from netstab.devices.web import Web
from netstab.errors import (
    ConnectionLost,
    MalformedAnswer,
    MeterMalformed,
    MeterTimedOut,
    MeterUnreachable,
    NetstabError,
    PortClosed,
    TimedOut,
    Unreachable,
    Withdrawn,
)
from netstab.meters.drivers import meter_for
from netstab.meters.failure import METER_ERRORS
from netstab.reach import Reach
from netstab.settings import read_settings
from netstab.units import MinerId, Timestamp
from netstab.wire.bounds import LARGEST_ANSWER, after
from netstab.wire.http import Call, Content, HttpSession
from netstab.wire.login import Basic, Bearer, Digest, Login, Token, login_in

Behaviour = Callable[[socket.socket, threading.Event], None]

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
GOOD = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"power": 4}'


@dataclass
class Server:
    """Answers every connection with one behaviour, and keeps what it was asked."""

    behaviour: Behaviour
    port: int = 0
    asked: list[bytes] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)


def says(answer: bytes) -> Behaviour:
    def send(connection: socket.socket, _ending: threading.Event) -> None:
        connection.sendall(answer)

    return send


def hang(_connection: socket.socket, ending: threading.Event) -> None:
    ending.wait(PATIENCE)


def drips_after(first: bytes) -> Behaviour:
    def drip(connection: socket.socket, ending: threading.Event) -> None:
        connection.sendall(first)
        while not ending.wait(0.05):
            connection.sendall(b"x")

    return drip


def flood(connection: socket.socket, ending: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not ending.is_set():
        connection.sendall(b"x" * 65_536)


def flood_of_headers(connection: socket.socket, _ending: threading.Event) -> None:
    line = b"Set-Cookie: a=1; expires=" + b"1" * 60_000 + b"\r\n"
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + 90 * line + b"\r\n{}")


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[Server]:
    server = Server(behaviour)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(PATIENCE)
            with suppress(OSError):
                server.asked.append(received(self.request))
                server.behaviour(self.request, server.ending)
                self.request.shutdown(socket.SHUT_WR)
                self.request.recv(65_536)

    class Listener(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Listener(("127.0.0.1", 0), Handler) as listener:
        server.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.ending.set()
            listener.shutdown()
            thread.join()


def received(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        part = connection.recv(65_536)
        if not part:
            return request
        request += part
    head, _, body = request.partition(b"\r\n\r\n")
    length = next((int(x[15:]) for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def device(port: int, within: float = PATIENCE) -> None:
    web = Web(login=Digest("root", "root"))
    web.ask(Endpoint(MinerId("127.0.0.1"), 1, port), "/", expires=after(within))


def meter(port: int, within: float = PATIENCE) -> None:
    reader = meter_for(read_settings({"POWER_METER_URL": f"http://127.0.0.1:{port}/"}).meter, now)
    assert reader is not None
    with pytest.MonkeyPatch.context() as patch:
        for bound in ("CONNECT_WITHIN", "ANSWER_WITHIN"):
            patch.setattr(f"netstab.meters.http_json.{bound}", within)
        assert reader.read().power == 4000.0


def now() -> Timestamp:
    return Timestamp(0.0)


Ask = Callable[..., None]
ASKED = [pytest.param(device, 0, id="device"), pytest.param(meter, 1, id="meter")]
LATE = (TimedOut, MeterTimedOut)
LOST = (ConnectionLost, MeterUnreachable)
MALFORMED = (MalformedAnswer, MeterMalformed)


@pytest.mark.parametrize(("ask", "kind"), ASKED)
@pytest.mark.parametrize(
    ("behaviour", "errors", "words"),
    [
        (hang, LATE, "gave no answer in time"),
        (drips_after(b"HTTP/1.1 200 OK\r\nX: "), LATE, "gave no answer in time"),
        (drips_after(b"HTTP/1.1 200 OK\r\n\r\n{"), LATE, "gave no answer in time"),
        (says(b""), LOST, "broke the connection"),
        (says(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"power": 4}'), LOST, "broke the connection"),
        (says(b"SSH-2.0-dropbear\r\n"), MALFORMED, "does not speak the protocol"),
        (says(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * (LARGEST_ANSWER + 1)), MALFORMED, "more than 65536 bytes"),
        (says(CHUNKED + b"-5\r\nabcde\r\n"), MALFORMED, "does not speak the protocol"),
        (says(CHUNKED + b"0\r\n" + b"X: y\r\n" * 20_000), MALFORMED, "more than 65536 bytes"),
        (flood, MALFORMED, "more than 65536 bytes"),
        (flood_of_headers, MALFORMED, "more than 65536 bytes"),
    ],
)
def test_each_trouble_ends_in_time_with_the_error_of_the_one_who_asks(
    ask: Ask, kind: int, behaviour: Behaviour, errors: tuple[type[NetstabError], ...], words: str
) -> None:
    began = running_time()
    with serving(behaviour) as server, pytest.raises(errors[kind], match=words) as caught:
        ask(server.port, 0.5 if errors is LATE else PATIENCE)
    assert type(caught.value) is errors[kind]
    assert len(server.asked) == 1
    assert running_time() - began < 5


@pytest.mark.parametrize(("ask", "kind"), ASKED)
def test_an_answer_that_comes_by_the_byte_is_not_taken_in_to_its_end(
    ask: Ask, kind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netstab.wire.bounded.MOST_PIECES", 3)
    with (
        serving(drips_after(b"HTTP/1.1 200 OK\r\n\r\n{")) as server,
        pytest.raises(MALFORMED[kind], match="pieces"),
    ):
        ask(server.port)


@pytest.mark.parametrize(("ask", "kind"), ASKED)
def test_a_closed_port_refuses_connections(ask: Ask, kind: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises((PortClosed, MeterUnreachable)[kind], match="refuses connections"):
            ask(taken.getsockname()[1])


@pytest.mark.parametrize(("ask", "_kind"), ASKED)
def test_a_sound_answer_is_taken_whatever_proxy_the_environment_names(
    ask: Ask, _kind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with serving(says(GOOD)) as server:
        ask(server.port)
        assert [request.split(b"\r\n")[0] for request in server.asked] == [b"GET / HTTP/1.1"]


@pytest.fixture
def session() -> HttpSession:
    return HttpSession()


def call(**bounds: Any) -> Call:
    return Call("It", METER_ERRORS, **{"expires": after(PATIENCE), "connect_within": PATIENCE, **bounds})


@pytest.mark.parametrize("location", [b"http://127.0.0.1:1/", b"http://[", b"\xff", b"http://a:99999999/"])
def test_no_redirect_is_followed_wherever_it_leads(session: HttpSession, location: bytes) -> None:
    elsewhere = b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
    with serving(says(elsewhere)) as server:
        assert session.exchange(f"http://127.0.0.1:{server.port}/", call()).status == 302
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("content", "method", "line", "kind"),
    [
        (None, "", b"GET /a HTTP/1.1", None),
        (None, "POST", b"POST /a HTTP/1.1", None),
        (Content.form(b"mode=1"), "", b"POST /a HTTP/1.1", b"application/x-www-form-urlencoded"),
        (Content.json({"limit": 3}), "", b"POST /a HTTP/1.1", b"application/json"),
        (Content.json({"limit": 3}), "PUT", b"PUT /a HTTP/1.1", b"application/json"),
    ],
)
def test_a_request_carries_what_it_is_given(
    session: HttpSession, content: Content | None, method: str, line: bytes, kind: bytes | None
) -> None:
    with serving(says(GOOD)) as server:
        session.exchange(f"http://127.0.0.1:{server.port}/a", call(), content, method)
        head, _, body = server.asked[0].partition(b"\r\n\r\n")
    assert head.startswith(line)
    assert body == (content.data if content else b"")
    assert (b"Content-Type: " + kind in head) if kind else b"Content-Type" not in head


CHALLENGE = b'HTTP/1.1 401 X\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\n\r\n'


@pytest.mark.parametrize(
    ("login", "first"),
    [
        (None, b""),
        (Digest("root", "secret"), b""),
        (Basic("root", "secret"), b"Basic " + b64encode(b"root:secret")),
        (Basic("root", "secret\u20ac"), b"Basic " + b64encode("root:secret\u20ac".encode())),
        (Bearer("secret"), b"Bearer secret"),
    ],
)
def test_a_login_is_shown_as_it_is_made_and_in_no_text(login: Login | None, first: bytes) -> None:
    with serving(says(CHALLENGE)) as server:
        answer = HttpSession(login).exchange(f"http://127.0.0.1:{server.port}/", call())
        lines = [line for asked in server.asked for line in asked.split(b"\r\n")]
    shown = [line[15:] for line in lines if line.startswith(b"Authorization: ")]
    assert answer.status == 401
    assert answer.challenge.startswith("Digest")
    assert "secret" not in repr(login)
    if isinstance(login, Digest):
        assert len(server.asked) == 2
        assert shown[0].startswith(b'Digest username="root"')
        assert b"secret" not in shown[0]
    else:
        assert shown == ([first] if first else [])
        assert len(server.asked) == 1


def test_a_token_is_shown_in_a_header_of_the_makers_own_and_in_no_text() -> None:
    login = Token("X-Maker-Token", "secret")
    with serving(says(CHALLENGE)) as server:
        HttpSession(login).exchange(f"http://127.0.0.1:{server.port}/", call())
        (asked,) = server.asked
    assert b"\r\nX-Maker-Token: secret\r\n" in asked
    assert b"Authorization" not in asked
    assert "secret" not in repr(login)


@pytest.mark.parametrize("token", ["a\r\nX-More: b", "a\nb", "a\rb", "\u20ac"])
def test_a_token_that_no_header_can_hold_is_not_sent(token: str) -> None:
    with serving(says(GOOD)) as server:
        with pytest.raises(MeterMalformed):
            HttpSession(Bearer(token)).exchange(f"http://127.0.0.1:{server.port}/", call())
        assert server.asked == []


def test_a_server_without_tls_is_told_from_one_with_it(session: HttpSession) -> None:
    def speak_plainly() -> None:
        with plain.accept()[0] as connection:
            connection.sendall(GOOD)

    with socket.create_server(("127.0.0.1", 0)) as plain:
        server = threading.Thread(target=speak_plainly)
        server.start()
        with pytest.raises(MeterMalformed, match="does not speak TLS"):
            session.exchange(f"https://127.0.0.1:{plain.getsockname()[1]}/", call())
        server.join()


def test_a_handshake_that_drips_is_cut_off_when_a_connection_should_stand(session: HttpSession) -> None:
    ending = threading.Event()

    def drip() -> None:
        with listening.accept()[0] as connection, suppress(OSError):
            drips_after(b"\x16\x03\x03\x40\x00")(connection, ending)  # a record of 16 KiB

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server, began = threading.Thread(target=drip), running_time()
        server.start()
        with pytest.raises(MeterTimedOut):
            session.exchange(f"https://127.0.0.1:{listening.getsockname()[1]}/", call(connect_within=0.5))
        assert running_time() - began < PATIENCE / 2
        ending.set()
        server.join()


def test_a_command_that_could_not_be_written_was_not_taken() -> None:
    stands, gone, leaving = threading.Event(), threading.Event(), list[bool]()

    def challenge_and_reset() -> None:
        with listening.accept()[0] as first:
            received(first)
            first.sendall(CHALLENGE)
        last, _ = listening.accept()
        stands.wait(PATIENCE)
        last.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        last.close()
        gone.set()

    def permit() -> bool:
        if leaving:
            stands.set()
        leaving.append(not leaving or gone.wait(PATIENCE))
        return leaving[-1]

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=challenge_and_reset)
        server.start()
        endpoint = Endpoint(MinerId("127.0.0.1"), 1, listening.getsockname()[1])
        with pytest.raises(ConnectionLost):
            Web(login=Digest("root", "root")).deliver(endpoint, "/", expires=after(PATIENCE), permit=permit)
        assert leaving == [True, True]
        server.join()


def test_a_challenge_without_end_is_neither_answered_nor_kept() -> None:
    challenge = CHALLENGE.replace(b'"n"', b'"' + b"n" * 60_000 + b'"')
    session = HttpSession(Digest("root", "secret"))
    with serving(says(challenge)) as server:
        for asked in (1, 2):
            with pytest.raises(MeterMalformed, match="a challenge that does not end"):
                session.exchange(f"http://127.0.0.1:{server.port}/", call())
            assert len(server.asked) == asked
            assert b"Authorization" not in server.asked[-1]


def test_the_user_of_a_url_is_taken_out_of_it() -> None:
    assert login_in("http://a%40b:c%2Fd@127.0.0.1/") == Basic("a@b", "c/d")
    assert login_in("http://127.0.0.1/") is None


def test_nothing_is_sent_after_the_deadline_or_once_it_is_withdrawn(session: HttpSession) -> None:
    def withdrawn() -> None:
        raise Withdrawn("It was overtaken.")

    with serving(says(GOOD)) as server:
        with pytest.raises(MeterTimedOut):
            session.exchange(f"http://127.0.0.1:{server.port}/", call(expires=after(0.0)))
        with pytest.raises(Withdrawn):
            session.exchange(f"http://127.0.0.1:{server.port}/", call(leave=withdrawn))
        assert b"".join(server.asked) == b""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_only_addresses_that_may_be_talked_to_are_connected_to(host: str) -> None:
    elsewhere, here = (Reach((IPv4Network(block),), 4028) for block in ("127.0.3.0/24", "127.0.0.0/24"))
    with serving(says(GOOD)) as server:
        url = f"http://{host}:{server.port}/"
        with pytest.raises(MeterUnreachable, match=r"not in 127\.0\.3\.0/24"):
            HttpSession().exchange(url, call(reach=elsewhere))
        assert server.asked == []
        assert HttpSession().exchange(url, call(reach=here)).status == 200


def test_a_miner_outside_of_the_allowed_networks_is_not_asked() -> None:
    with serving(says(GOOD)) as server:
        web = Web(reach=Reach((IPv4Network("127.0.3.0/24"),), 4028))
        with pytest.raises(Unreachable, match="not in"):
            web.ask(Endpoint(MinerId("127.0.0.1"), 1, server.port), "/", expires=after(1.0))
        assert server.asked == []


@pytest.mark.parametrize(
    ("network", "api_port"), [("127.0.3.0/24", 4028), ("127.0.0.0/24", 22)], ids=["address", "port"]
)
def test_what_may_not_be_talked_to_is_not_even_asked_what_it_is(network: str, api_port: int) -> None:
    with serving(says(GOOD)) as server:
        web = Web(reach=Reach((IPv4Network(network),), 4028))
        with pytest.raises(Unreachable, match="outside of the allowed networks"):
            identify(Endpoint(MinerId("127.0.0.1"), api_port, server.port), web)
        assert server.asked == []


@pytest.mark.parametrize("host", ["a" * 70, "x" * 70 + ".test", "127.0.0.1.1.1.1"])
def test_a_name_that_cannot_be_one_is_an_error_of_the_one_who_asks(session: HttpSession, host: str) -> None:
    with pytest.raises((MeterUnreachable, MeterMalformed)):
        session.exchange(f"http://{host}:1/", call())


parts = st.sampled_from([
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 401\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 302\r\n",
    b"-5\r\n", b"algorithm=X", b"\r\n", b"\r\n\r\n",
    b"Content-Length: 3", b"Content-Length: -1\r\n", b"Content-Length: " + b"9" * 30 + b"\r\n",
    b"Transfer-Encoding: chunked\r\n", b"ffffffffffff\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n",
    b"Content-Encoding: gzip\r\n", b"WWW-Authenticate: Digest ", b'realm="', b'nonce="n"', b", ",
    b"Set-Cookie: a=b; expires=", b"Location: http://[::", b"{}", b"\0\xff", b": : :",
])  # fmt: skip


@pytest.fixture(scope="module")
def said() -> Iterator[Server]:
    with serving(says(b"")) as server:
        yield server


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(parts | st.binary(max_size=20), max_size=12).map(b"".join))
def test_whatever_comes_is_an_answer_or_one_error_of_the_one_who_asks(said: Server, answer: bytes) -> None:
    said.behaviour = says(answer)
    began, asking = running_time(), call(expires=after(1.0))
    with suppress(*METER_ERRORS.values()):
        got = HttpSession(Digest("root", "root")).exchange(f"http://127.0.0.1:{said.port}/", asking)
        assert len(got.body) <= LARGEST_ANSWER
    assert running_time() - began < 3
