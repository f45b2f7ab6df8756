"""The application over a fleet made by hand."""

from collections.abc import Iterator
from typing import Any

import falcon.inspect
import falcon.testing
import pytest
from falcon.app import App
from falcon.testing.client import TestClient
from stub_fleet import StubFleet, StubHistory, dependencies, two_miners
from waiting import PATIENCE

from api.app import Router, create_app, create_server
from api.serving.server import Server
from events.history import HistoryReader
from events.telemetry import TelemetryReader
from netstab.units import Seconds

falcon.inspect.register_router(Router)(falcon.inspect.inspect_compiled_router)


@pytest.fixture
def fleet() -> StubFleet:
    return StubFleet(two_miners())


@pytest.fixture
def history() -> StubHistory:
    return StubHistory()


@pytest.fixture
def telemetry() -> TelemetryReader | None:
    """Nothing is stored; tests of what reads it have a store of their own."""
    return None


@pytest.fixture
def app(
    fleet: StubFleet, history: StubHistory | HistoryReader, telemetry: TelemetryReader | None
) -> App[Any, Any]:
    return create_app(dependencies(fleet, history, telemetry))


@pytest.fixture
def client(app: App[Any, Any]) -> TestClient:
    return falcon.testing.TestClient(app, headers={"Host": "localhost:8000"})


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have commands taken however late the host lets a server hear them."""
    monkeypatch.setattr("actors.port.COMMAND_DEADLINE", PATIENCE)


@pytest.fixture
def server(app: App[Any, Any], patient: None) -> Iterator[Server]:
    server = create_server(app, "127.0.0.1", 0)
    server.start()
    yield server
    server.stop(Seconds(PATIENCE))
