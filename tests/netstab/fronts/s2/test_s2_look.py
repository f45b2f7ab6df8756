"""The look at an energy manager before a start."""

import socket

import pytest
from cem import Cem, cem

from netstab.errors import CounterpartLost
from netstab.fronts.s2.look import look
from netstab.settings.fronts import S2Settings


def settings(port: int, token: str = "") -> S2Settings:
    return S2Settings(f"ws://127.0.0.1:{port}/s2", token, "2f0d4a52-0c0f-4a53-9d0e-3d8f4f6a5a52")


def test_a_cem_that_takes_the_connection_is_found_and_told_nothing() -> None:
    with cem(token="sesame") as (manager, port):
        assert "takes the connection" in look(settings(port, "sesame"))
        assert manager.heard == []


def test_what_stands_in_the_way_is_said_with_the_setting() -> None:
    with (
        cem(Cem(), token="sesame") as (_, port),
        pytest.raises(CounterpartLost, match=r"status 401\. See S2_TOKEN"),
    ):
        look(settings(port, "another"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
    with pytest.raises(CounterpartLost, match=r"cannot be reached.*See S2_URL"):
        look(settings(port))
