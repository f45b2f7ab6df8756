"""The server over real sockets: bounds, broken requests, many connections, and a stop in the middle."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from itertools import repeat
from typing import Any

import pytest
import requests
from falcon.app import App
from stub_fleet import StubFleet
from waiting import running_time, wait_until

from api.app import create_server
from api.protection import PROTECTION
from api.serving.server import Server
from netstab.units import Seconds

TIMEOUT = 60


@pytest.fixture
def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


def raw(server: Server, request: bytes) -> tuple[str, bytes]:
    """Send bytes, then read all that comes until the server closes."""
    with closing(socket.create_connection(("127.0.0.1", server.port), TIMEOUT)) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.decode(), body


def failed(head: str, body: bytes, status: int, code: str) -> bool:
    assert head.split(" ")[1] == str(status), head
    assert f"X-Error-Code: {code}" in head
    assert "Content-Type: application/json" in head
    assert set(json.loads(body)) == {"accepted", "message"}
    return True


def test_a_request_is_answered_without_naming_the_software(url: str) -> None:
    with requests.get(f"{url}/api/status", timeout=TIMEOUT) as answer:
        assert answer.status_code == 200
        assert "Server" not in answer.headers


def test_the_clients_address_reaches_the_fleet(url: str, fleet: StubFleet) -> None:
    requests.post(f"{url}/api/activate", json={"activationPowerInKw": 1}, timeout=TIMEOUT).close()
    assert fleet.given[0][2] == "127.0.0.1"


@pytest.mark.usefixtures("patient")
def test_all_addresses_are_those_of_both_versions_and_each_client_has_its_own(
    app: App[Any, Any], fleet: StubFleet
) -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    server = create_server(app, "::", 0)
    server.start()
    for host in ("127.0.0.1", "[::1]"):
        requests.post(f"http://{host}:{server.port}/api/deactivate", timeout=TIMEOUT).close()
    server.stop(Seconds(TIMEOUT))
    assert [client for _, _, client in fleet.given] == ["127.0.0.1", "::1"]


def test_a_body_too_large_is_413_to_a_client_that_sends_it_whole(url: str, fleet: StubFleet) -> None:
    with requests.post(
        f"{url}/api/activate",
        data=b" " * 2 * 1024 * 1024,
        headers={"Content-Type": "application/json"},
        timeout=TIMEOUT,
    ) as answer:
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (413, "BODY_TOO_LARGE")
        assert set(answer.json()) == {"accepted", "message"}
    assert fleet.given == []


def test_a_body_that_announces_gigabytes_is_cut_off_with_413(server: Server, fleet: StubFleet) -> None:
    head = b"POST /api/activate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8000000000\r\n\r\n"
    assert failed(*raw(server, head), 413, "BODY_TOO_LARGE")
    assert fleet.given == []


def test_a_chunked_body_too_large_is_413(url: str, fleet: StubFleet) -> None:
    chunks = (b" " * 65536 for _ in range(16))
    with requests.post(f"{url}/api/activate", data=chunks, timeout=TIMEOUT) as answer:
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (413, "BODY_TOO_LARGE")
    assert fleet.given == []


def test_the_largest_documented_body_is_taken(url: str) -> None:
    priority = [f"127.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in range(10_000)]
    with requests.patch(
        f"{url}/dashboard/api/config", json={"miner_priority": priority}, timeout=TIMEOUT
    ) as answer:
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (
            b"POST /api/activate HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            400,
            "INVALID_INPUT",
        ),
        (
            b"POST /api/activate HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
            501,
            "NOT_IMPLEMENTED",
        ),
        (b"POST /api/activate HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400, "INVALID_INPUT"),
        (b"GET / HTTP/1.1\r\nX: ".ljust(32 * 1024, b"x"), 431, "HEADERS_TOO_LARGE"),
        (b"GET /api/status HTTP/1.1\r\nno colon\r\n\r\n", 400, "INVALID_INPUT"),
    ],
)
def test_what_is_not_http_is_refused_in_the_common_shape(
    server: Server, fleet: StubFleet, request_bytes: bytes, status: int, code: str
) -> None:
    assert failed(*raw(server, request_bytes), status, code)
    assert fleet.given == []


def test_more_connections_than_threads_and_descriptors_of_select_are_served(server: Server, url: str) -> None:
    address = ("127.0.0.1", server.port)
    idle = [socket.create_connection(address, TIMEOUT) for _ in range(300)]
    try:
        with ThreadPoolExecutor(20) as clients:
            got = clients.map(
                lambda _: requests.get(f"{url}/api/status", timeout=TIMEOUT).status_code, range(100)
            )
            assert set(got) == {200}
    finally:
        for connection in idle:
            connection.close()


def test_connections_that_never_finish_a_request_give_way_to_those_that_do(
    app: App[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.serving.server.CONNECTIONS", 100)
    server = create_server(app, "127.0.0.1", 0)
    server.start()
    with ExitStack() as stack:
        stack.callback(server.stop, Seconds(TIMEOUT))
        ems = stack.enter_context(requests.Session())
        for number in range(300):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), TIMEOUT))
            slow.sendall((b"", b"POST /api/activate HTTP/1.1\r\nContent-Le")[number % 2])
            if number % 30 == 0:
                assert ems.get(f"http://127.0.0.1:{server.port}/api/status", timeout=TIMEOUT).ok


def test_a_client_that_does_not_read_its_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = threading.Event()

    class Endless:
        def __iter__(self) -> Iterator[bytes]:
            return repeat(b"x" * 1024 * 1024)

        def close(self) -> None:
            closed.set()

    def respond(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        start_response("200 OK", [])
        return Endless()

    application: Any = respond

    monkeypatch.setattr("api.serving.owed.PATIENCE", 0.5)
    server = create_server(application, "127.0.0.1", 0)
    server.start()
    with closing(socket.create_connection(("127.0.0.1", server.port), TIMEOUT)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert closed.wait(TIMEOUT)
    server.stop(Seconds(TIMEOUT))


def test_requests_that_wait_for_miners_leave_threads_to_the_others(url: str, fleet: StubFleet) -> None:
    fleet.wait_for = Future()
    with ThreadPoolExecutor(30) as operators:
        blink = f"{url}/dashboard/api/miner/127.0.1.56/blink"
        waiting = [operators.submit(requests.post, blink, timeout=TIMEOUT) for _ in range(30)]
        while sum(one.done() for one in waiting) < 22:
            time.sleep(0.01)
        with requests.get(f"{url}/api/status", timeout=TIMEOUT) as answer:
            assert answer.status_code == 200
        fleet.wait_for.set_result(None)
        answers = [one.result(TIMEOUT) for one in waiting]
    codes = [answer.headers.get("X-Error-Code", "") for answer in answers]
    assert (codes.count(""), codes.count("BUSY")) == (8, 22)


def test_more_than_will_be_answered_soon_is_refused_at_once_and_no_call_of_the_ems_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    free, begun = threading.Event(), threading.Semaphore(0)

    def respond(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"] != "/api/status":
            begun.release()
            assert free.wait(TIMEOUT)
        start_response("200 OK", [("Content-Length", "0")])
        return []

    application: Any = respond
    monkeypatch.setattr("api.serving.lanes.MOST_QUEUED", 5)
    server = create_server(application, "127.0.0.1", 0)
    server.start()
    url = f"http://127.0.0.1:{server.port}"
    with ExitStack() as stack:
        stack.callback(server.stop, Seconds(TIMEOUT))
        clients = stack.enter_context(ThreadPoolExecutor(20))
        stack.callback(free.set)
        look = partial(requests.get, f"{url}/dashboard/api/status", timeout=TIMEOUT)
        page = [clients.submit(look) for _ in range(4)]
        assert all(begun.acquire(timeout=TIMEOUT) for _ in page)  # each thread that reads has one
        page += [clients.submit(look) for _ in range(16)]
        wait_until(lambda: sum(one.done() for one in page) >= 11)  # five wait
        assert requests.get(f"{url}/api/status", timeout=TIMEOUT).status_code == 200
        refused = [one.result() for one in page if one.done()]
        free.set()
        statuses = [one.result(TIMEOUT).status_code for one in page]
    for answer in refused:
        assert (answer.headers["X-Error-Code"], answer.headers["Retry-After"]) == ("BUSY", "1")
        assert PROTECTION.items() <= dict(answer.headers).items()
        assert set(answer.json()) == {"accepted", "message"}
    assert (statuses.count(200), statuses.count(503)) == (9, 11)


@pytest.mark.usefixtures("patient")
def test_a_stop_finishes_the_request_in_progress_and_accepts_no_other(
    app: App[Any, Any], fleet: StubFleet
) -> None:
    server = create_server(app, "127.0.0.1", 0)
    server.start()
    fleet.wait_for = Future()
    url = f"http://127.0.0.1:{server.port}"
    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(
            requests.post, f"{url}/api/activate", json={"activationPowerInKw": 1}, timeout=TIMEOUT
        )
        while not fleet.given:
            time.sleep(0.01)
        stopping = pool.submit(server.stop, Seconds(TIMEOUT))
        while _accepts(server.port):
            time.sleep(0.01)
        fleet.wait_for.set_result(None)
        with running.result(TIMEOUT) as answer:
            assert answer.status_code == 200
        assert stopping.result(TIMEOUT) is True


@pytest.mark.usefixtures("patient")
def test_a_stop_does_not_wait_for_ever(app: App[Any, Any], fleet: StubFleet) -> None:
    server = create_server(app, "127.0.0.1", 0)
    server.start()
    fleet.wait_for = Future()
    body = b'{"activationPowerInKw": 1}'
    head = b"POST /api/activate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += b"Content-Length: %d\r\n\r\n" % len(body)
    with closing(socket.create_connection(("127.0.0.1", server.port), TIMEOUT)) as connection:
        connection.sendall(head + body)
        while not fleet.given:
            time.sleep(0.01)
        started = running_time()
        assert server.stop(Seconds(0.3)) is False
        assert running_time() - started < 4
    fleet.wait_for.set_result(None)


def test_a_stopped_server_leaves_its_port_and_its_loop(app: App[Any, Any]) -> None:
    server = create_server(app, "127.0.0.1", 0)
    server.start()
    port = server.port
    with closing(socket.create_connection(("127.0.0.1", port), TIMEOUT)):
        assert server.stop(Seconds(TIMEOUT)) is True
    assert "http" not in {thread.name for thread in threading.enumerate()}
    again = create_server(app, "127.0.0.1", port)
    again.start()
    assert again.stop(Seconds(TIMEOUT)) is True


def test_a_port_that_is_taken_is_an_error_at_start(app: App[Any, Any], server: Server) -> None:
    with pytest.raises(OSError, match="in use"):
        create_server(app, "127.0.0.1", server.port).start()


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_each_command_is_carried_out_once_however_fast_they_follow_each_other(
    server: Server, fleet: StubFleet
) -> None:
    """Requests that arrive just as the one before them is answered are nobody else's to take up."""
    head = b"POST /api/activate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    body = b'{"activationPowerInKw": 1}'
    one = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    count = 150

    def send(_number: int) -> int:
        with closing(socket.create_connection(("127.0.0.1", server.port), TIMEOUT)) as connection:
            for _ in range(count):
                connection.sendall(one)
            answers = b""
            while answers.count(b"HTTP/1.1 ") < count or not answers.endswith(b"}"):
                answers += connection.recv(65536)
            return answers.count(b"HTTP/1.1 200 ")

    with ThreadPoolExecutor(4) as clients:
        assert list(clients.map(send, range(4))) == [count] * 4
    assert len(fleet.given) == 4 * count
