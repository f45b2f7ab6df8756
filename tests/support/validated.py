"""Holds every exchange with a VTN to the specification's own document, with the library openapi-core."""

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema
import yaml  # type: ignore[import-untyped, unused-ignore]
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from netstab.simulation.vtn import Exchange, SimulatedVtn

__all__ = ["VERSIONS", "require_sound"]

VERSIONS = ("3.0.1", "3.1.0")
_FIXTURES = Path(__file__).parent.parent / "fixtures" / "openadr3"
_HOST = "http://vtn.example"

_CONTRADICTORY = ("/vens", "/resources")
"""As of 3.1.0 an answer that has such an object must have two values in its `objectType`."""


class _Asked:
    def __init__(self, exchange: Exchange) -> None:
        self.host_url = _HOST
        self.path = exchange.path
        self.method = exchange.method.lower()
        self.body = exchange.body or None
        self.content_type = exchange.headers.get("content-type", "application/json")
        query = ImmutableMultiDict(parse_qsl(exchange.query))
        self.parameters = RequestParameters(query=query, header=Headers(dict(exchange.headers)))


class _Answered:
    def __init__(self, exchange: Exchange) -> None:
        self.data = exchange.answer
        self.status_code = exchange.status
        self.content_type = "application/json"
        self.headers = Headers({"Content-Type": "application/json"})


@cache
def _document(version: str) -> OpenAPI:
    spec = yaml.safe_load((_FIXTURES / f"openadr3-{version}.yaml").read_text())
    spec["servers"] = [{"url": _HOST}]
    for path in spec["paths"].values():  # the library knows no OAuth2: the double looks at the token itself
        for operation in path.values():
            if isinstance(operation, dict):
                operation.pop("security", None)
    spec["components"].pop("securitySchemes", None)
    return OpenAPI.from_dict(spec)


@cache
def _report_payloads() -> dict[str, Any]:
    """Read the schemas, but for what no whole number could be: both of a choice that takes one alone."""
    text = (_FIXTURES / "report-payloads.schema.yaml").read_text().replace("oneOf:", "anyOf:")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def require_sound(vtn: SimulatedVtn) -> int:
    """Raise where a request or an answer is not as the document has it; return how many were looked at."""
    document = _document(vtn.version)
    exchanges = tuple(vtn.exchanges)
    for exchange in exchanges:
        asked = _Asked(exchange)
        try:
            document.validate_request(asked)
            told = exchange.status < 300 or exchange.status == 409  # others are the double's troubles
            if told and (vtn.version == "3.0.1" or not exchange.path.startswith(_CONTRADICTORY)):
                document.validate_response(asked, _Answered(exchange))
        except OpenAPIError as error:
            raise AssertionError(f"{exchange}: {error!r}, {error.__cause__!r}") from error
    return len(exchanges)


def require_sound_payload(kind: str, values: object) -> None:
    """Raise where a report's values are not those of their type."""
    schema = {key: value for key, value in _report_payloads()["definitions"][kind].items() if key != "$id"}
    jsonschema.validate(values, schema | {"components": {"schemas": {"point": {"type": "object"}}}})
