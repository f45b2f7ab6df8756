"""The simulated miners over real sockets."""

import contextlib
import json
import socket
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
import requests
from waiting import PATIENCE, wait_until

from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.physics import Stage
from netstab.simulation.profiles import FIELD

STATS = b'{"command":"stats"}'


def test_each_address_is_its_own_miner(
    fleet: SimulatedFleet, ask: Callable[..., bytes], browser: Callable[..., requests.Response]
) -> None:
    first, second = fleet.miners
    browser(fleet, second, "find_mode.cgi", "mode=1")
    assert [fleet.inspect(miner).find_mode for miner in (first, second)] == [False, True]
    assert ask(fleet, first, STATS).endswith(b"\0")
    assert json.loads(browser(fleet, second, "get_system_info.cgi").content)["ipaddress"] == second


def test_cgi_answers_have_no_content_type(
    fleet: SimulatedFleet, browser: Callable[..., requests.Response]
) -> None:
    answer = browser(fleet, fleet.miners[0], "get_miner_status.cgi")
    assert "Content-Type" not in answer.headers
    assert answer.json()["devs"][0]["index"] == "6"


def test_the_challenge_is_that_of_the_device(fleet: SimulatedFleet, recorded: Callable[[str], str]) -> None:
    answer = requests.get(f"http://{fleet.miners[0]}:{fleet.http_port}/", timeout=PATIENCE)
    challenge = answer.headers["WWW-Authenticate"]
    assert answer.status_code == 401
    assert challenge.startswith(
        'Digest realm="antMiner Configuration", charset="UTF-8", algorithm="MD5", nonce="'
    )
    assert challenge.endswith('", qop="auth"')
    assert answer.text == recorded("http_401_body_lighttpd.html").rstrip("\n")


def test_a_wrong_password_is_refused_and_does_nothing(
    fleet: SimulatedFleet, browser: Callable[..., requests.Response]
) -> None:
    miner = fleet.miners[0]
    fleet.change_password(miner, "secret")
    assert browser(fleet, miner, "do_sleep_mode.cgi", "mode=1").status_code == 401
    assert fleet.commands(miner) == ()
    assert browser(fleet, miner, "check.cgi", key="secret").text == "1\n"


def test_a_nonce_dies_of_age_and_at_a_reboot(
    fleet: SimulatedFleet, browser: Callable[..., requests.Response]
) -> None:
    miner = fleet.miners[0]
    assert len(browser(fleet, miner, "check.cgi").history) == 1
    assert len(browser(fleet, miner, "check.cgi").history) == 0
    fleet.skip(601)
    stale = browser(fleet, miner, "check.cgi")
    assert stale.text == "1\n"
    assert "stale=true" in stale.history[0].headers["WWW-Authenticate"]
    browser(fleet, miner, "reboot.cgi")
    fleet.skip(100)
    assert "stale=true" in browser(fleet, miner, "check.cgi").history[0].headers["WWW-Authenticate"]


def test_a_sleeping_miner_keeps_its_web_server_and_refuses_on_4028(
    fleet: SimulatedFleet, ask: Callable[..., bytes], browser: Callable[..., requests.Response]
) -> None:
    miner, other = fleet.miners
    browser(fleet, miner, "do_sleep_mode.cgi", "mode=1")
    with pytest.raises(ConnectionRefusedError):
        ask(fleet, miner, STATS)
    assert browser(fleet, miner, "get_miner_status.cgi").text.startswith('{\n"summary":\n,')
    assert ask(fleet, other, STATS)


def test_a_miner_put_to_sleep_over_4028_gets_its_answer_first(
    fleet: SimulatedFleet, ask: Callable[..., bytes]
) -> None:
    miner = fleet.miners[0]
    assert ask(fleet, miner, b"dosleep|1").startswith(b"STATUS=S")
    assert fleet.inspect(miner).stage is Stage.DOWN


def test_a_woken_miner_is_silent_while_it_boots_and_then_hashes(
    fleet: SimulatedFleet, ask: Callable[..., bytes], browser: Callable[..., requests.Response]
) -> None:
    miner = fleet.miners[0]
    browser(fleet, miner, "do_sleep_mode.cgi", "mode=1")
    browser(fleet, miner, "do_sleep_mode.cgi", "mode=0")
    with pytest.raises(requests.ReadTimeout):
        browser(fleet, miner, "check.cgi", timeout=0.2)
    with pytest.raises(TimeoutError):
        ask(fleet, miner, STATS, timeout=0.2)
    fleet.skip(20)
    assert ask(fleet, miner, STATS).endswith(b"\0")
    assert fleet.inspect(miner).hashrate > 13_000
    assert browser(fleet, miner, "check.cgi").text == "1\n"


def test_ports_follow_the_physics_without_being_asked(ask: Callable[..., bytes]) -> None:
    with SimulatedFleet(1, asleep=True, speed=400) as fleet:
        miner = fleet.miners[0]
        fleet.tamper(miner, lambda device: device.miner.wake())

        def answers() -> bool:
            with contextlib.suppress(OSError):
                return ask(fleet, miner, b"version", timeout=1).endswith(b"\0")
            return False

        wait_until(answers)


def test_in_the_field_4028_accepts_and_hangs_until_the_boards_hash(
    ask: Callable[..., bytes], browser: Callable[..., requests.Response]
) -> None:
    with SimulatedFleet(
        1, profile=replace(FIELD, boot_failure=((1, 0.0),)), asleep=True, clock=lambda: 0.0
    ) as fleet:
        miner = fleet.miners[0]
        fleet.tamper(miner, lambda device: device.miner.wake())
        fleet.skip(45)
        assert fleet.inspect(miner).stage is Stage.STARTING
        with pytest.raises(TimeoutError):
            ask(fleet, miner, STATS, timeout=0.2)
        assert browser(fleet, miner, "get_miner_status.cgi").text.startswith('{\n"summary":\n,')
        fleet.skip(100)
        assert ask(fleet, miner, STATS).endswith(b"\0")


def test_a_client_that_says_nothing_keeps_all_others_waiting(
    fleet: SimulatedFleet, ask: Callable[..., bytes]
) -> None:
    miner, other = fleet.miners
    with socket.create_connection((miner, fleet.api_port), PATIENCE) as rude:
        with pytest.raises(TimeoutError):
            ask(fleet, miner, STATS, timeout=0.2)
        assert ask(fleet, other, STATS)
        rude.sendall(b"version")
        assert rude.recv(65536).endswith(b"\0")
    assert ask(fleet, miner, STATS).endswith(b"\0")


def test_a_client_that_goes_away_lets_the_next_one_in(
    fleet: SimulatedFleet, ask: Callable[..., bytes]
) -> None:
    miner = fleet.miners[0]
    socket.create_connection((miner, fleet.api_port), PATIENCE).close()
    assert ask(fleet, miner, STATS).endswith(b"\0")


def test_the_restart_script_acts_and_never_answers(
    fleet: SimulatedFleet, browser: Callable[..., requests.Response]
) -> None:
    miner = fleet.miners[0]
    with pytest.raises(requests.ReadTimeout):
        browser(fleet, miner, "reboot_cgminer.cgi", timeout=0.3)
    (request,) = wait_until(lambda: fleet.commands(miner))
    assert request.text == "GET /cgi-bin/reboot_cgminer.cgi"
    assert fleet.inspect(miner).stage is not Stage.HASHING


def test_a_configuration_answers_after_its_script_has_run() -> None:
    with SimulatedFleet(1, speed=5) as fleet, requests.Session() as session:
        session.auth = requests.auth.HTTPDigestAuth("root", "root")
        base = f"http://{fleet.miners[0]}:{fleet.http_port}/cgi-bin/"
        session.get(base + "check.cgi", timeout=PATIENCE)
        begun = time.monotonic()
        assert (
            session.post(base + "set_miner_conf_custom.cgi", data="_ant_freq=1", timeout=PATIENCE).text
            == "ok\n"
        )
        assert time.monotonic() - begun >= 0.19


def test_an_address_without_a_miner_is_reset(fleet: SimulatedFleet) -> None:
    def visit() -> None:  # the reset may come as early as the connection
        with socket.create_connection(("127.9.9.9", fleet.http_port), PATIENCE) as stray:
            stray.recv(1)

    with pytest.raises(ConnectionResetError):
        visit()


def test_what_is_no_http_is_a_bad_request(fleet: SimulatedFleet) -> None:
    with socket.create_connection((fleet.miners[0], fleet.http_port), PATIENCE) as connection:
        connection.sendall(b"stats\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
        assert connection.recv(1000) == b""


def test_a_form_may_come_in_pieces(fleet: SimulatedFleet) -> None:
    with socket.create_connection((fleet.miners[0], fleet.http_port), PATIENCE) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Le")
        connection.sendall(b"ngth: 6\r\nConnection: close\r\n\r\nmod")
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(PATIENCE)
        connection.sendall(b"e=1")
        assert connection.recv(100).startswith(b"HTTP/1.1 401 ")
