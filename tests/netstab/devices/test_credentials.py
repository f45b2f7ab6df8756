"""What families ask a site to set: each gets its own, and shows it to its own devices alone."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
from canned_miner import CannedMiner
from made_up import MADE_UP, family, made_up_device

from netstab.devices import families
from netstab.devices.families import FAMILIES, credentials, driver_for, identify
from netstab.devices.family import Credential
from netstab.devices.port import Endpoint, Identity, Readable
from netstab.devices.web import Web
from netstab.errors import DeviceError, NotAMiner, Unauthorized
from netstab.settings.variables import variables_of
from netstab.units import MinerId


@pytest.fixture(autouse=True)
def a_family_that_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families, "FAMILIES", {MADE_UP: family(), **FAMILIES})


def test_a_credential_of_one_name_means_the_same_to_each_family_that_asks_for_it() -> None:
    for one in families.FAMILIES.values():
        for asked in one.credentials:
            assert credentials()[asked.name] == asked
            assert asked.meaning


def test_what_a_family_asks_for_is_a_setting_without_any_other_change() -> None:
    optional = Credential("MADE_UP_KEY", "", "a key that not all have")
    variables = variables_of({**credentials(), optional.name: optional})
    assert variables.model_fields["MADE_UP_TOKEN"].description == "what made-up devices know us by"
    read = variables(MADE_UP_TOKEN=" given ")  # type: ignore[call-arg]
    assert (read.MADE_UP_TOKEN, read.MADE_UP_KEY) == ("given", "")  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="must not be empty"):
        variables(MADE_UP_TOKEN=" ")  # type: ignore[call-arg]


def test_a_driver_logs_in_by_what_the_site_has_set() -> None:
    with made_up_device() as (endpoint, device):
        device.token = "of this site"
        for web, refused in ((Web({"MADE_UP_TOKEN": "of this site"}), False), (Web(), True)):
            driver = driver_for(MADE_UP, "MU-3", "", web)
            if refused:
                with pytest.raises(Unauthorized):
                    driver.probe(endpoint)
            else:
                assert driver.probe(endpoint).setting == 3000


def test_a_look_and_a_driver_are_given_the_credentials_of_their_family_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[Web] = []

    def driver(web: Web) -> Readable:
        given.append(web)
        return family().driver(web)

    def look(_endpoint: Endpoint, web: Web) -> Identity:
        given.append(web)
        raise NotAMiner("It is none.")

    mine = replace(family(), look=look, driver=driver)
    monkeypatch.setattr(families, "FAMILIES", {MADE_UP: mine})
    everything = Web({"MADE_UP_TOKEN": "mine", "MINER_PASSWORD": "another's"})
    driver_for(MADE_UP, "MU-3", "", everything)
    with pytest.raises(NotAMiner):
        identify(Endpoint(MinerId("127.0.0.1"), 1, 1), everything)
    assert [web.credentials for web in given] == [{"MADE_UP_TOKEN": "mine"}] * 2
    assert [web.login is None for web in given] == [False, True]


@pytest.fixture
def listener() -> Iterator[tuple[Endpoint, list[bytes]]]:
    """A stranger that keeps what it is sent and asks for a password by its plain text."""
    heard: list[bytes] = []
    answer = b'HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, suppress(OSError):
                        heard.append(connection.recv(65_536))
                        connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = server.getsockname()[1]
        yield Endpoint(MinerId("127.0.0.1"), port, port), heard
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_no_look_tells_a_stranger_a_secret(listener: tuple[Endpoint, list[bytes]]) -> None:
    endpoint, heard = listener
    with pytest.raises(DeviceError):
        identify(endpoint, Web({name: f"of-{name}" for name in credentials()}))
    assert heard
    assert not [name for name in credentials() if f"of-{name}".encode() in b"".join(heard)]
    assert b"Authorization" not in b"".join(heard)


def test_a_password_that_was_set_is_the_one_that_a_miner_is_asked_with() -> None:
    with CannedMiner({"/cgi-bin/get_system_info.cgi": b"{}"}, password="of this site") as miner:
        with suppress(DeviceError):
            identify(miner.endpoint, Web({"MINER_PASSWORD": "of this site"}))
        assert "/cgi-bin/get_system_info.cgi" in miner.paths()
