"""The application, asked by clients at any address."""

from typing import Any

from falcon.app import App
from falcon.testing.client import TestClient
from stub_fleet import StubFleet, StubHistory, dependencies

from api.app import create_app
from netstab.settings import Settings, read_settings

__all__ = ["client_of", "given_by", "serving"]


def given_by(**environment: str) -> Settings:
    return read_settings({"MINER_NETWORK_CIDR": "127.0.1.0/24", **environment})


def serving(fleet: StubFleet, address: str = "127.0.0.1", **environment: str) -> TestClient:
    app = create_app(dependencies(fleet, StubHistory(), None, given_by(**environment)))
    return client_of(app, address)


def client_of(app: App[Any, Any], address: str) -> TestClient:
    return _From(app, address)


class _From(TestClient):
    """A client at an address."""

    def __init__(self, app: App[Any, Any], address: str) -> None:
        super().__init__(app, headers={"Host": "localhost:8000"})
        self._address = address

    def simulate_request(self, *args: Any, **kwargs: Any) -> Any:
        return super().simulate_request(*args, **{"remote_addr": self._address, **kwargs})
