"""The document against the routes, the schemas and the contract's list of endpoints."""

import re
from typing import Any

import falcon.inspect
import msgspec
import pytest
from falcon.app import App
from falcon.testing.client import TestClient
from stub_fleet import StubFleet, StubHistory, dependencies

from api.examples import EXAMPLES
from api.operation import Operation, operations
from api.routes import routes
from netstab.statuses import STATUSES

CONTRACT = """
GET /api/status
POST /api/activate
POST /api/deactivate
GET /dashboard/api/status
GET /dashboard/api/miners
GET /dashboard/api/miners/{miner_id}
GET /dashboard/api/miner/{miner_ip}/details
POST /dashboard/api/override
GET /dashboard/api/power-mode
POST /dashboard/api/power-mode
POST /dashboard/api/miners/{miner_id}/control
POST /dashboard/api/miner/{miner_ip}/blink
GET /dashboard/api/power/frequencies
GET /dashboard/api/power/curve
POST /dashboard/api/power/calculate
POST /dashboard/api/power/apply
POST /dashboard/api/power/set-frequency
GET /dashboard/api/power/miner/{miner_ip}
POST /dashboard/api/discovery/scan
POST /dashboard/api/discovery/add
DELETE /dashboard/api/discovery/miners/{miner_id}
GET /dashboard/api/discovery/miners
GET /dashboard/api/config
PATCH /dashboard/api/config
GET /dashboard/api/history
GET /dashboard/api/health
"""
BEYOND_THE_CONTRACT = """
GET /healthz
GET /metrics
GET /readyz
GET /dashboard/api/dispatch
GET /dashboard/api/capacity
GET /dashboard/api/limits
PUT /dashboard/api/limits/{source}
DELETE /dashboard/api/limits/{source}
GET /dashboard/api/schedule
PUT /dashboard/api/schedule
GET /dashboard/api/prices
PUT /dashboard/api/prices
GET /dashboard/api/outlook
GET /dashboard/api/miners/{miner_id}/actor
GET /dashboard/api/discovery/scan
GET /dashboard/api/fleet/table
GET /dashboard/api/history/export
GET /dashboard/api/history/head
GET /dashboard/api/history/state
GET /dashboard/api/history/{command_id}
GET /dashboard/api/telemetry/fleet
GET /dashboard/api/telemetry/miners/{miner_id}
GET /dashboard/api/telemetry/power
"""
EXPECTED = {*CONTRACT.split("\n"), *BEYOND_THE_CONTRACT.split("\n")} - {""}
PAGES = {
    "GET /",
    "GET /static/{name:path}",
    "GET /openapi.json",
    "GET /docs",
    "GET /docs/page.css",
    "GET /docs/page.js",
}


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    document: dict[str, Any] = client.simulate_get("/openapi.json").json
    return document


@pytest.fixture
def contracts(fleet: StubFleet, history: StubHistory) -> dict[str, Operation]:
    table = routes(dependencies(fleet, history))
    return {
        f"{method} {route.path}": contract
        for route in table
        for method, contract in operations(route.resource).items()
    }


def described(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def test_the_routes_are_those_of_the_contract(app: App[Any, Any]) -> None:
    served = {
        f"{method.method} {route.path}"
        for route in falcon.inspect.inspect_app(app).routes
        for method in route.methods
        if not method.internal
    }
    reading = {name.replace("GET", "HEAD") for name in EXPECTED | PAGES if name.startswith("GET")}
    assert served == EXPECTED | PAGES | reading


def test_the_document_describes_every_route(document: dict[str, Any]) -> None:
    assert set(described(document)) == EXPECTED


def test_every_answer_names_the_id_that_the_log_is_searched_by(document: dict[str, Any]) -> None:
    answers = [operation["responses"]["200"] for operation in described(document).values()]
    refusals = document["components"]["responses"].values()
    assert [each for each in (*answers, *refusals) if "X-Request-Id" not in each["headers"]] == []


def test_every_operation_says_what_can_go_wrong(
    document: dict[str, Any], contracts: dict[str, Operation]
) -> None:
    for name, operation in described(document).items():
        assert {"200", "400", "403", "405", "413", "431", "500", "501"} <= set(operation["responses"]), name
        commands = not name.startswith("GET")
        for status in ("415", "503") if commands else ():
            assert status in operation["responses"], name
        assert ("401" in operation["responses"]) == (name not in ("GET /healthz", "GET /readyz")), name
        assert ("415" in operation["responses"]) == commands, name
        codes = {*contracts[name].refusals, contracts[name].bad_body}
        assert {str(STATUSES[code].value) for code in codes} <= set(operation["responses"]), name


def test_every_operation_says_whose_token_opens_it_and_that_none_may_be_set(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert {(each["type"], each["scheme"]) for each in schemes.values()} == {("http", "bearer")}
    opened = {name: operation["security"] for name, operation in described(document).items()}
    assert opened["POST /api/activate"] == [{}, {"EmsToken": []}]
    assert opened["POST /dashboard/api/override"] == [{}, {"DashboardToken": []}]
    assert opened["GET /dashboard/api/miners"] == [{}, {"DashboardToken": []}, {"ViewerToken": []}]
    assert opened["GET /healthz"] == [{}]


def test_the_document_names_every_code_but_that_of_a_path_that_is_not_there(document: dict[str, Any]) -> None:
    answers = document["components"]["responses"].values()
    named = {code for answer in answers for code in answer["headers"]["X-Error-Code"]["schema"]["enum"]}
    assert named == set(STATUSES) - {"NOT_FOUND"}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = re.findall(r'"\$ref":"#/([^"]+)"', msgspec.json.encode(document).decode())
    assert references
    for reference in references:
        place = document
        for key in reference.split("/"):
            place = place[key]


def test_every_schema_has_a_title_of_its_own(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    titles = [schema["title"] for schema in schemas.values()]
    assert titles == sorted(set(titles), key=titles.index)
    assert {name: schema["title"] for name, schema in schemas.items()} == {name: name for name in schemas}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_examples_fit_their_schemas_to_the_last_key(contracts: dict[str, Operation], name: str) -> None:
    contract, example = contracts[name], EXAMPLES[name]
    assert msgspec.to_builtins(msgspec.convert(example.answer, contract.answer)) == example.answer
    if contract.body is not None:
        msgspec.convert(example.body, contract.body)


def test_no_example_is_left_over() -> None:
    assert set(EXAMPLES) == EXPECTED


def test_bounds_are_the_same_in_the_document_as_in_validation(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    frequency = schemas["FrequencyChange"]["properties"]["frequency_mhz"]
    assert (frequency["minimum"], frequency["maximum"]) == (100, 1175)
    assert schemas["Control"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["Activation"]
    fields = document["paths"]["/dashboard/api/history"]["get"]["parameters"]
    (limit,) = (field for field in fields if field["name"] == "limit")
    assert {"minimum": 1, "maximum": 1000, "default": 100}.items() <= limit["schema"].items()


def test_the_page_for_humans_needs_no_other_network_and_no_inline_script(client: TestClient) -> None:
    page = client.simulate_get("/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert not re.search(r"https?://|<script>|style=|onload=", page.text)
    for path in re.findall(r'(?:src|href)="(/docs/[^"]+)"', page.text):
        assert client.simulate_get(path).status_code == 200
