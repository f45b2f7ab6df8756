"""A server's fleet as the bench commands it: nobody is overruled unseen, and nothing is left for good."""

import signal
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import pytest

from netstab.client.calls import Client
from netstab.qualification.live import Aborted, GuardedSite, signals_end_it
from netstab.qualification.plan import Loss
from netstab.qualification.remote import RemoteSite
from netstab.units import Watts

SHOWN: dict[str, dict[str, Any]] = {
    "status": {
        "state": "active",
        "manual_override_active": False,
        "rated_power_kw": 73.0,
        "total_miners": 50,
        "mining_miners": 30,
        "active_power_kw": 41.5,
        "errors": [],
        "last_update": "2026-11-27T22:00:00.000Z",
    },
    "dispatch": {
        "in_command": "ems",
        "target_power_kw": 40.0,
        "pursued_power_kw": 40.0,
        "expected_power_kw": 40.0,
        "power_source": "meter",
        "limits": [],
        "failsafe": None,
        "ems": {"timeout_seconds": 60.0},
    },
    "capacity": {"units": {"in_transition": 0, "total": 50, "available": 50}},
}


class Server:
    """Both clients of a server that shows what it is told, and takes orders and limits."""

    url = "http://server"

    def __init__(self) -> None:
        self.shown = {name: dict(shown) for name, shown in SHOWN.items()}
        self.bodies: list[Mapping[str, Any]] = []

    def call(self, method: str, path: str, body: Any = None, **_more: Any) -> Mapping[str, Any]:
        if method != "GET":
            self.bodies.append(body)
            if "/limits/" in path:
                self.shown["dispatch"]["limits"] = [{"source": "qualify"}] if method == "PUT" else []
            if path == "/api/activate":
                self.shown["dispatch"]["target_power_kw"] = body["activationPowerInKw"]
            return {}
        if path == "/api/status":
            return {"activePowerInKw": 41.5, "isAvailableForDispatch": True}
        return dict(self.shown[path.rpartition("/")[2]])


class Clock:
    now = 0.0

    def __call__(self) -> float:
        self.now += 1e-3
        return self.now


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(server: Server, clock: Clock) -> RemoteSite:
    return RemoteSite(cast("Client", server), cast("Client", server), clock=clock)


def test_an_order_that_another_gave_since_the_last_look_is_not_overruled(
    site: RemoteSite, server: Server
) -> None:
    guarded = GuardedSite(site)
    guarded.order(Watts(50_000.0))
    guarded.sample()
    server.shown["dispatch"]["target_power_kw"] = 12.0
    with pytest.raises(Aborted, match="ordered 12 kW"):
        guarded.order(Watts(60_000.0))
    assert server.shown["dispatch"]["target_power_kw"] == 12.0


def test_what_was_ordered_before_a_silence_is_still_its_own(site: RemoteSite) -> None:
    site.order(Watts(40_000.0))
    site.lose(Loss.EMS, 1.0)
    site.order(Watts(50_000.0))
    site.order(Watts(60_000.0))
    assert site.asked is not None
    assert set(site.asked.possible) == {40_000.0, 50_000.0, 60_000.0}


def test_a_limit_lapses_by_the_server_s_time_unless_it_is_set_again(
    site: RemoteSite, server: Server, clock: Clock
) -> None:
    site.limit(Watts(30_000.0))
    site.look()
    until = datetime.fromisoformat(server.bodies[-1]["until"])
    assert (until - datetime.fromisoformat(SHOWN["status"]["last_update"])).total_seconds() == 600
    site.wait_until(site.now())
    assert len(server.bodies) == 1
    clock.now += 201
    site.wait_until(site.now())
    assert [body["power_kw"] for body in server.bodies] == [30.0, 30.0]
    server.shown["dispatch"]["limits"] = []  # by an operator
    site.look()
    clock.now += 201
    site.wait_until(site.now())
    assert len(server.bodies) == 2


def test_what_is_no_longer_read_from_the_meter_does_not_count_as_metered(
    site: RemoteSite, server: Server
) -> None:
    assert site.sample().metered == 41_500.0
    server.shown["dispatch"]["power_source"] = "miners"
    assert site.sample().metered is None
    assert site.proven_by == "the site meter, as the server shows it"


def test_a_second_signal_does_not_come_between_the_end_and_the_fleet() -> None:
    with signals_end_it():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGHUP)
