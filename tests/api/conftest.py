"""The application over a fleet made by hand."""

import falcon.inspect
import falcon.testing
import pytest
from stub_fleet import NOW, StubFleet, StubHistory, settings, two_miners

from api.app import Dependencies, create_app
from api.router import Router

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
