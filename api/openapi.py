"""The OpenAPI 3.1 document, made of the routes' own declarations and schemas."""

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

import netstab
from api.access import opened_by
from api.errors import CHALLENGE, CHALLENGE_HEADER, CODE_HEADER, RETRY_HEADER
from api.examples import EXAMPLES
from api.operation import Operation, operations
from api.request_ids import REQUEST_ID
from api.routes import Route
from api.schemas.base import MINER_ID, Failure
from netstab.errors import ErrorCode
from netstab.statuses import STATUSES

__all__ = ["document"]

_EVERYWHERE = (
    ErrorCode.INVALID_INPUT,
    ErrorCode.UNKNOWN_HOST,
    ErrorCode.NETWORK_NOT_ALLOWED,
    ErrorCode.METHOD_NOT_ALLOWED,
    ErrorCode.REQUEST_TIMEOUT,
    ErrorCode.BODY_TOO_LARGE,
    ErrorCode.HEADERS_TOO_LARGE,
    ErrorCode.INTERNAL_ERROR,
    ErrorCode.NOT_IMPLEMENTED,
    ErrorCode.BUSY,
)
_COMMANDING = (
    ErrorCode.FOREIGN_SITE,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
    ErrorCode.TOO_LATE,
    ErrorCode.STANDBY,
)
_TOKENS = {
    "EMS_TOKEN": "EmsToken",  # nosec B105  # names of schemes
    "DASHBOARD_TOKEN": "DashboardToken",  # nosec B105
    "VIEWER_TOKEN": "ViewerToken",  # nosec B105
}
_REFERENCE = "#/components/schemas/{name}"
_JSON = "application/json"

Object = dict[str, Any]

_MINER: Object = {
    "description": "The miner's IP address, or its id by its number at Awesome Miner",
    "schema": {"type": "string", "pattern": MINER_ID},
}
_PATH_FIELDS: dict[str, Object] = {
    "command_id": {"description": "The command's id", "schema": {"type": "string"}},
}


_ID: Object = {
    "description": "The request's own, or else ours; what could not be read has none",
    "schema": {"type": "string"},
}


def document(table: Sequence[Route]) -> Object:
    """Describe every operation of the table."""
    contracts = [
        (route.path, method, contract)
        for route in table
        for method, contract in operations(route.resource).items()
    ]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Net Stabilization API",
            "version": netstab.__version__,
            "description": "A fleet of ASIC miners as one controllable load on the grid.",
        },
        "paths": {route.path: _path(route) for route in table},
        "components": {
            "schemas": _schemas([contract for _, _, contract in contracts]),
            "responses": _responses(contracts),
            "securitySchemes": {name: _token(setting) for setting, name in _TOKENS.items()},
        },
    }


def _path(route: Route) -> Object:
    path: Object = {
        method.lower(): _operation(route, method, contract)
        for method, contract in operations(route.resource).items()
    }
    if fields := re.findall(r"{(\w+)}", route.path):
        path["parameters"] = [_path_field(name) for name in fields]
    return path


def _operation(route: Route, method: str, contract: Operation) -> Object:
    example = EXAMPLES[f"{method} {route.path}"]
    described: Object = {
        "operationId": _operation_id(method, route.path),
        "tags": [route.tag],
        "summary": contract.summary,
        "responses": {
            "200": _success(method, contract, example.answer),
            **_refusals(route.path, method, contract),
        },
        "security": _security(method, route.path),
    }
    if method == "GET" and not contract.media_types:
        described["responses"]["304"] = {"description": "Not changed since the ETag in If-None-Match"}
    if contract.query is not None:
        described["parameters"] = _query_fields(contract.query)
    if contract.body is not None:
        described["requestBody"] = _body(contract.body, example.body)
    return described


def _security(method: str, path: str) -> list[Object]:
    """Return what opens an operation: nothing too, for where no token is set none is asked for."""
    return [{}, *({_TOKENS[setting]: []} for setting in opened_by(method, path))]


def _token(setting: str) -> Object:
    return {"type": "http", "scheme": "bearer", "description": f"One of {setting}, where any is set"}


def _operation_id(method: str, path: str) -> str:
    return "_".join([method.lower(), *re.findall(r"\w+", path)])


def _path_field(name: str) -> Object:
    described = _PATH_FIELDS.get(name, _MINER)
    return {"name": name, "in": "path", "required": True, **described}


def _query_fields(query: type[msgspec.Struct]) -> list[Object]:
    _, components = msgspec.json.schema_components([query], ref_template=_REFERENCE)
    schemas = components[query.__name__]["properties"]
    required = {field.encode_name for field in msgspec.structs.fields(query) if field.required}
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        for name, schema in schemas.items()
    ]


def _body(body: type[msgspec.Struct], example: Any) -> Object:
    required = any(field.required for field in msgspec.structs.fields(body))
    return {"required": required, "content": {_JSON: {"schema": _reference(body), "example": example}}}


def _success(method: str, contract: Operation, example: Any) -> Object:
    success: Object = {"description": "Success", "headers": {REQUEST_ID: _ID}}
    if contract.media_types:
        line: Object = {"schema": {"type": "string"}}
        if contract.answer is not str:
            line["x-line"] = _reference(contract.answer)
        return {**success, "content": dict.fromkeys(contract.media_types, line)}
    success["content"] = {_JSON: {"schema": _reference(contract.answer), "example": example}}
    if method == "GET":
        success["headers"] = {**success["headers"], "ETag": {"schema": {"type": "string"}}}
    return success


def _refusals(path: str, method: str, contract: Operation) -> Object:
    return {
        str(status.value): {"$ref": f"#/components/responses/{_response_name(codes)}"}
        for status, codes in _by_status(path, method, contract).items()
    }


def _by_status(path: str, method: str, contract: Operation) -> dict[HTTPStatus, tuple[str, ...]]:
    """Group the codes of an operation by status, in the order of the table of codes."""
    possible = {contract.bad_body, *contract.refusals, *_EVERYWHERE}
    if method != "GET":
        possible.update(_COMMANDING)
    if opening := opened_by(method, path):
        possible.add(ErrorCode.TOKEN_REQUIRED)
        if opening == ("DASHBOARD_TOKEN",):
            possible.add(ErrorCode.READ_ONLY_TOKEN)
    grouped: dict[HTTPStatus, tuple[str, ...]] = {}
    for code, status in STATUSES.items():
        if code in possible:
            grouped[status] = (*grouped.get(status, ()), code)
    return grouped


def _response_name(codes: Iterable[str]) -> str:
    return ".".join(codes)


def _responses(contracts: Iterable[tuple[str, str, Operation]]) -> Object:
    found = {item for contract in contracts for item in _by_status(*contract).items()}
    return {_response_name(codes): _response(status, codes) for status, codes in sorted(found)}


def _response(status: HTTPStatus, codes: Sequence[str]) -> Object:
    code = {"required": True, "schema": {"type": "string", "enum": list(codes)}}
    headers: Object = {CODE_HEADER: code, REQUEST_ID: _ID}
    if status is HTTPStatus.UNAUTHORIZED:
        headers[CHALLENGE_HEADER] = {"required": True, "schema": {"type": "string", "enum": [CHALLENGE]}}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers[RETRY_HEADER] = {"required": True, "schema": {"type": "integer", "minimum": 1}}
    return {
        "description": f"{status.phrase}: {', '.join(codes)}",
        "headers": headers,
        "content": {_JSON: {"schema": _reference(Failure)}},
    }


def _schemas(contracts: Sequence[Operation]) -> Object:
    answers = [contract.answer for contract in contracts]
    bodies = [contract.body for contract in contracts if contract.body is not None]
    _, schemas = msgspec.json.schema_components([*answers, *bodies, Failure], ref_template=_REFERENCE)
    return schemas


def _reference(schema: Any) -> Object:
    (reference,), _ = msgspec.json.schema_components([schema], ref_template=_REFERENCE)
    return reference
