"""The application over a fleet made by hand."""

import falcon.inspect
import falcon.testing
import pytest
from stub_fleet import NOW, StubFleet, StubHistory, settings, two_miners

from api.app import Dependencies, create_app, create_server
from api.router import Router
from netstab.units import Seconds

falcon.inspect.register_router(Router)(falcon.inspect.inspect_compiled_router)


@pytest.fixture
def fleet():
    return StubFleet(two_miners())


@pytest.fixture
def history():
    return StubHistory()


@pytest.fixture
def telemetry():
    """Nothing is stored; tests of what reads it have a store of their own."""
    return


@pytest.fixture
def app(fleet, history, telemetry):
    return create_app(
        Dependencies(fleet, history, settings(), lambda: NOW + 0.5, telemetry, lambda: NOW + 0.5)
    )


@pytest.fixture
def client(app):
    return falcon.testing.TestClient(app, headers={"Host": "localhost:8000"})


@pytest.fixture
def server(app):
    server = create_server(app, "127.0.0.1", 0)
    server.start()
    yield server
    server.stop(Seconds(2))
