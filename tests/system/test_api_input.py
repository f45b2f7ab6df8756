"""Bad input of every kind, on every route that takes any, is refused in words and changes nothing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import requests
from harness import Api, Controller, commands

from netstab.simulation.fleet import SimulatedFleet

JSON = "application/json"
NO_JSON = (
    b'{"enabled": tr',
    b'{"mode": "\xff\xfe"}',
    b"{}\0",
    b'{"target_power_kw": NaN}',
    b"{}{}",
    b'{"x": ' + b"[" * 10_000,
)
NO_OBJECT = (b"null", b"[1]", b"7", b'"text"', b"9" * 5000)
VALUES: tuple[Any, ...] = (None, True, "te\0xt", [], {"a": 1}, [[[[]]]], -1.5, 1e308, 10**30)
QUERY_VALUES = (
    "",
    "te%00xt",
    "%ff%fe",
    "-1",
    "1e400",
    "NaN",
    "9" * 40,
    "null",
    "[]",
    "2026-01-01",
    "0.5",
)
NETWORKS = ("0.0.0.0/0", "127.0.0.0/8", "10.0.0.0/15", "8.8.8.0/24", "127.0.0.1/33", "::/0", "", "te\0xt")
ADDRESSES = ("", "127.0.0.256", "127.1", "localhost", "8.8.8.8", "::1", "0x7f.1", "127.0.0.1\0", "10.0.0.1")


class Operation(NamedTuple):
    method: str
    path: str
    described: dict[str, Any]

    @property
    def body(self) -> dict[str, Any] | None:
        content: dict[str, Any] = self.described.get("requestBody", {}).get("content", {})
        return content.get(JSON)


class BadClient:
    """Sends what must be refused; any answer but a 4xx in the common shape fails."""

    def __init__(self, api: Api, fleet: SimulatedFleet) -> None:
        self._api, self._fleet = api, fleet
        self.document = api.read("/openapi.json")
        self.sent = 0

    def operations(self) -> Iterator[Operation]:
        for path, item in self.document["paths"].items():
            for method in item.keys() - {"parameters"}:
                yield Operation(
                    method.upper(), path.replace("{miner_id}", self._fleet.miners[0]), item[method]
                )

    def schema(self, described: dict[str, Any]) -> dict[str, Any]:
        name = described.get("$ref", "").rpartition("/")[2]
        return self.document["components"]["schemas"][name] if name else described

    def send(self, operation: Operation, data: bytes | str, content_type: str = JSON) -> str:
        """Send a body and give the words of its refusal."""
        headers = {"Content-Type": content_type}
        url = self._api.base + operation.path
        with requests.request(operation.method, url, data=data, headers=headers, timeout=20) as answer:
            return self._refused(answer, f"{operation.method} {operation.path} {data[:200]!r}")

    def ask(self, operation: Operation, query: str) -> str:
        with self._api.get(f"{operation.path}?{query}") as answer:
            return self._refused(answer, f"{operation.path}?{query}")

    def _refused(self, answer: requests.Response, what: str) -> str:
        self.sent += 1
        assert 400 <= answer.status_code < 500, (what, answer.status_code, answer.text)
        assert answer.json().keys() == {"accepted", "message"}, what
        assert answer.json()["accepted"] is False
        assert answer.headers["X-Error-Code"], what
        assert len(answer.json()["message"]) < 300, what
        return str(answer.json()["message"])

    @contextmanager
    def nothing_changes(self, *, recorded: bool = False) -> Iterator[None]:
        """The log may only grow by what it is to record of a refusal."""
        before, head, told = self._state(), self._head(), commands(self._fleet)
        yield
        assert self._state() == before
        assert (self._head() > head) if recorded else (self._head() == head)
        assert commands(self._fleet) == told

    def _head(self) -> int:
        return int(self._api.read("/dashboard/api/history/head")["version"])

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = self._api.read(f"/dashboard/api/history/state?at={self._head()}")
        shown = self._api.status()
        return state | {
            "version": 0,
            "last_ems_command": None,
            "shown": [shown[key] for key in ("state", "target_power_kw", "total_miners")],
        }


def kinds(described: dict[str, Any]) -> set[str]:
    """Return the JSON types that a schema allows."""
    return {
        one.get("type", "object" if "$ref" in one else "string")
        for one in described.get("anyOf", [described])
    }


def kind(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return "null" if value is None else names[type(value)]


def wrong(schema: dict[str, Any]) -> Iterator[Any]:
    """Return values that a field cannot have: of another type, or beyond its bounds."""
    allowed = kinds(schema)
    for value in VALUES:
        if kind(value) not in allowed and not (kind(value) == "integer" and "number" in allowed):
            yield value
    for one in schema.get("anyOf", [schema]):
        yield from (one[key] + step for key, step in (("minimum", -1), ("maximum", 1)) if key in one)
        yield from (one[key] for key in ("exclusiveMinimum", "exclusiveMaximum") if key in one)


def shown(value: Any) -> str:
    return json.dumps(value)[:20]


def test_a_body_that_is_no_json_object_is_refused(controller: Controller, fleet: SimulatedFleet) -> None:
    bad = BadClient(controller, fleet)
    with bad.nothing_changes():
        for operation in bad.operations():
            if operation.body is None or operation.path == "/api/deactivate":
                continue
            for data in NO_JSON + NO_OBJECT:
                bad.send(operation, data)
            assert "larger than" in bad.send(operation, b'{"x": "' + b"x" * 2**21 + b'"}')
            assert "text/xml" in bad.send(operation, b"{}", "text/xml")
    assert bad.sent > 100


def test_a_field_that_is_wrong_is_named_with_its_value(controller: Controller, fleet: SimulatedFleet) -> None:
    bad = BadClient(controller, fleet)
    with bad.nothing_changes():
        for operation in bad.operations():
            if operation.body is None or operation.path == "/api/activate":
                continue
            schema, example = bad.schema(operation.body["schema"]), operation.body["example"] or {}
            for field, described in schema.get("properties", {}).items():
                for value in wrong(bad.schema(described)):
                    message = bad.send(operation, json.dumps(example | {field: value}))
                    assert message.startswith(f"{field} must be "), (operation.path, message)
                    assert shown(value) in message or value == 10**30, (operation.path, value, message)
            if operation.path.startswith("/dashboard"):
                assert "typing_eror" in bad.send(operation, json.dumps(example | {"typing_eror": 1}))
            for field in schema.get("required", ()):
                rest = {name: value for name, value in example.items() if name != field}
                assert field in bad.send(operation, json.dumps(rest))
    assert bad.sent > 100


def test_what_is_no_activation_is_refused_with_its_bound(
    controller: Controller, fleet: SimulatedFleet
) -> None:
    bad = BadClient(controller, fleet)
    activate = Operation("POST", "/api/activate", {})
    with bad.nothing_changes():
        for text in ("null", "true", '"2"', "[2]", "{}", "1e400", "-Infinity"):
            message = bad.send(activate, f'{{"activationPowerInKw": {text}}}')
            assert "activationPowerInKw must be a finite number of kW from 0" in message
    with bad.nothing_changes(recorded=True):
        assert "got -0.001" in bad.send(activate, '{"activationPowerInKw": -1e-9}')
        for power in ("2.9200001", "1e308"):
            message = bad.send(activate, f'{{"activationPowerInKw": {power}}}')
            assert message == "Requested power exceeds rated limits."


def test_addresses_that_must_not_be_reached_are_refused(
    controller: Controller, fleet: SimulatedFleet
) -> None:
    bad = BadClient(controller, fleet)
    add = Operation("POST", "/dashboard/api/discovery/add", {})
    scan = Operation("POST", "/dashboard/api/discovery/scan", {})
    priority = Operation("PATCH", "/dashboard/api/config", {})
    with bad.nothing_changes():
        for address in ADDRESSES:
            message = bad.send(add, json.dumps({"ip": address}))
            assert message.startswith("ip must ")
            assert repr(address) in message
        for network in NETWORKS:
            message = bad.send(scan, json.dumps({"network_cidr": network}))
            assert message.startswith("network_cidr must ")
            assert repr(network) in message
        body = {"miner_priority": [fleet.miners[0], "127.0.0.256"], "min_miner_power_percent": 50}
        assert "miner_priority[1]" in bad.send(priority, json.dumps(body))


def test_a_query_that_is_wrong_is_named_with_its_value(controller: Controller, fleet: SimulatedFleet) -> None:
    bad = BadClient(controller, fleet)
    with bad.nothing_changes():
        for operation in bad.operations():
            fields = {one["name"]: one["schema"] for one in operation.described.get("parameters", ())}
            for field, described in fields.items():
                for value in QUERY_VALUES:
                    if value == "null" and "null" in kinds(described):
                        continue
                    message = bad.ask(operation, f"{field}={value}")
                    assert field in message, (operation.path, message)
            if fields:
                assert "typing_eror" in bad.ask(operation, "typing_eror=1")
                assert field in bad.ask(operation, f"{field}=a&{field}=b")
    assert bad.sent > 100


def test_an_unknown_path_method_or_miner_is_refused_in_the_same_words(
    controller: Controller, fleet: SimulatedFleet
) -> None:
    bad = BadClient(controller, fleet)
    assert "GET" in bad.send(Operation("POST", "/dashboard/api/status", {}), b"{}")
    with bad.nothing_changes():
        for miner in ("%00", "%ff", "..%2f..", "x" * 5000, "127.0.0.1%20"):
            for path in ("miners/{}", "miners/{}/actor", "miner/{}/details", "power/miner/{}"):
                bad.ask(Operation("GET", f"/dashboard/api/{path.format(miner)}", {}), "")
            bad.send(Operation("DELETE", f"/dashboard/api/discovery/miners/{miner}", {}), b"")
            control = Operation("POST", f"/dashboard/api/miners/{miner}/control", {})
            bad.send(control, b'{"action": "stop"}')
