"""From what went wrong to the one error shape: a two-key body, a status, and the header X-Error-Code."""

import logging
from http import HTTPStatus
from typing import Any, Final

import falcon
import msgspec

from api.schemas.base import Failure
from api.wording import shortened
from netstab.errors import CommandRejected, LogError

__all__ = ["CODE_HEADER", "STATUSES", "failure_body", "install_error_handlers", "unknown_miner"]

logger = logging.getLogger(__name__)

CODE_HEADER = "X-Error-Code"

_LONGEST = 600
"""Characters of a message: what a client or a device sent never comes back whole."""

STATUSES: Final = {
    "INVALID_POWER": HTTPStatus.BAD_REQUEST,
    "INVALID_INPUT": HTTPStatus.BAD_REQUEST,
    "UNKNOWN_HOST": HTTPStatus.BAD_REQUEST,
    "FOREIGN_SITE": HTTPStatus.FORBIDDEN,
    "UNKNOWN_MINER": HTTPStatus.NOT_FOUND,
    "UNKNOWN_COMMAND": HTTPStatus.NOT_FOUND,
    "UNKNOWN_LIMIT": HTTPStatus.NOT_FOUND,
    "NOT_RECORDED": HTTPStatus.NOT_FOUND,
    "NOT_FOUND": HTTPStatus.NOT_FOUND,
    "METHOD_NOT_ALLOWED": HTTPStatus.METHOD_NOT_ALLOWED,
    "MANUAL_OVERRIDE": HTTPStatus.CONFLICT,
    "FAULT_STATE": HTTPStatus.CONFLICT,
    "MINER_REFUSED": HTTPStatus.CONFLICT,
    "TOO_MANY_LIMITS": HTTPStatus.CONFLICT,
    "SCAN_RUNNING": HTTPStatus.CONFLICT,
    "REQUEST_TIMEOUT": HTTPStatus.REQUEST_TIMEOUT,
    "BODY_TOO_LARGE": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "UNSUPPORTED_MEDIA_TYPE": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "HEADERS_TOO_LARGE": HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "INTERNAL_ERROR": HTTPStatus.INTERNAL_SERVER_ERROR,
    "NOT_IMPLEMENTED": HTTPStatus.NOT_IMPLEMENTED,
    "STANDBY": HTTPStatus.SERVICE_UNAVAILABLE,
    "FLEET_OFFLINE": HTTPStatus.SERVICE_UNAVAILABLE,
    "MINER_UNREACHABLE": HTTPStatus.SERVICE_UNAVAILABLE,
    "MINER_TIMEOUT": HTTPStatus.SERVICE_UNAVAILABLE,
    "SCAN_TIMEOUT": HTTPStatus.SERVICE_UNAVAILABLE,
    "LOG_UNAVAILABLE": HTTPStatus.SERVICE_UNAVAILABLE,
    "TOO_LATE": HTTPStatus.SERVICE_UNAVAILABLE,
    "BUSY": HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The codes of both APIs and the status that each is answered with."""


def failure_body(message: str) -> bytes:
    """Encode the body that answers every error."""
    return msgspec.json.encode(Failure(accepted=False, message=shortened(message, _LONGEST)))


def unknown_miner(miner_id: str) -> CommandRejected:
    return CommandRejected("UNKNOWN_MINER", f"No miner {miner_id[:60]} is registered.")


def install_error_handlers(app: falcon.App[Any, Any]) -> None:
    """Answer whatever a request may raise in the one shape; a defect is logged and never shown."""
    app.add_error_handler(Exception, _on_defect)
    app.add_error_handler(falcon.HTTPError, _on_http_error)
    app.add_error_handler(LogError, _on_log_error)
    app.add_error_handler(CommandRejected, _on_rejected)


def _refuse(response: falcon.Response, code: str, message: str) -> None:
    status = STATUSES.get(code, HTTPStatus.INTERNAL_SERVER_ERROR)
    response.status = falcon.code_to_http_status(status)
    response.set_header(CODE_HEADER, code)
    response.content_type = falcon.MEDIA_JSON
    response.data = failure_body(message)


def _on_rejected(
    _request: falcon.Request, response: falcon.Response, error: CommandRejected, _params: dict[str, Any]
) -> None:
    _refuse(response, error.code, error.message)


def _on_log_error(
    _request: falcon.Request, response: falcon.Response, error: LogError, _params: dict[str, Any]
) -> None:
    logger.warning("The command log cannot be read: %s", error)
    _refuse(response, "LOG_UNAVAILABLE", "The command log cannot be read now; try again later.")


def _on_http_error(
    request: falcon.Request, response: falcon.Response, error: falcon.HTTPError, _params: dict[str, Any]
) -> None:
    """Answer what Falcon itself refuses: a route, a method, or a request it cannot read."""
    match error.status_code:
        case 404:
            _refuse(
                response, "NOT_FOUND", f"No resource {shortened(request.path)} exists; see /openapi.json."
            )
        case 405:
            allowed = dict(error.headers or {}).get("Allow", "")
            response.set_header("Allow", allowed)
            _refuse(response, "METHOD_NOT_ALLOWED", f"{request.method} is not allowed here, only {allowed}.")
        case _:
            _refuse(response, "INVALID_INPUT", error.description or error.title or "The request is invalid.")


def _on_defect(
    request: falcon.Request, response: falcon.Response, error: Exception, _params: dict[str, Any]
) -> None:
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    _refuse(response, "INTERNAL_ERROR", "An unexpected error occurred; the server's log has the details.")
