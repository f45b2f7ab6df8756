"""From what went wrong to the one error shape: a two-key body, a status, and headers.

`X-Error-Code` names the code; with 503, `Retry-After` says when to ask again; with 401, `WWW-Authenticate`
says how.
"""

import logging
from http import HTTPStatus
from typing import Any

import falcon
import msgspec

from api.schemas.base import Failure
from api.wording import shortened
from netstab.errors import CommandRejected, ErrorCode, LogError
from netstab.statuses import STATUSES

__all__ = [
    "CHALLENGE",
    "CHALLENGE_HEADER",
    "CODE_HEADER",
    "RETRY_HEADER",
    "failure_body",
    "failure_headers",
    "install_error_handlers",
    "refuse",
    "unknown_miner",
]

logger = logging.getLogger(__name__)

CODE_HEADER = "X-Error-Code"
RETRY_HEADER = "Retry-After"
CHALLENGE_HEADER = "WWW-Authenticate"
CHALLENGE = 'Bearer realm="netstab"'
"""Names the product: a server above sites shows its tokens to nobody else."""

_LONGEST = 600
"""Characters of a message: what a client or a device sent never comes back whole."""

_AT_ONCE = (ErrorCode.BUSY, ErrorCode.TOO_LATE)
_RETRY_SOON, _RETRY_LATER = 1, 5
"""Seconds until it is worth asking again: where the server is busy, and where something has to come back."""


def failure_body(message: str) -> bytes:
    """Encode the body that answers every error."""
    return msgspec.json.encode(Failure(accepted=False, message=shortened(message, _LONGEST)))


def failure_headers(code: ErrorCode) -> dict[str, str]:
    """Return what a refusal says in its headers."""
    headers = {CODE_HEADER: code.value}
    if STATUSES[code] is HTTPStatus.SERVICE_UNAVAILABLE:
        headers[RETRY_HEADER] = str(_RETRY_SOON if code in _AT_ONCE else _RETRY_LATER)
    if STATUSES[code] is HTTPStatus.UNAUTHORIZED:
        headers[CHALLENGE_HEADER] = CHALLENGE
    return headers


def unknown_miner(miner_id: str) -> CommandRejected:
    return CommandRejected(ErrorCode.UNKNOWN_MINER, f"No miner {miner_id[:60]} is registered.")


def install_error_handlers(app: falcon.App[Any, Any]) -> None:
    """Answer whatever a request may raise in the one shape; a defect is logged and never shown."""
    app.add_error_handler(Exception, _on_defect)
    app.add_error_handler(falcon.HTTPError, _on_http_error)
    app.add_error_handler(LogError, _on_log_error)
    app.add_error_handler(CommandRejected, _on_rejected)


def refuse(response: falcon.Response, code: ErrorCode, body: bytes) -> None:
    """Answer with a refusal; the body is one of `failure_body`, or says more."""
    response.status = falcon.code_to_http_status(STATUSES[code])
    response.set_headers(failure_headers(code))
    response.content_type = falcon.MEDIA_JSON
    response.data = body


def _refuse(response: falcon.Response, code: ErrorCode, message: str) -> None:
    refuse(response, code, failure_body(message))


def _on_rejected(
    _request: falcon.Request, response: falcon.Response, error: CommandRejected, _params: dict[str, Any]
) -> None:
    _refuse(response, error.code, error.message)


def _on_log_error(
    _request: falcon.Request, response: falcon.Response, error: LogError, _params: dict[str, Any]
) -> None:
    logger.warning("The command log cannot be read: %s", error)
    _refuse(response, ErrorCode.LOG_UNAVAILABLE, "The command log cannot be read now; try again later.")


def _on_http_error(
    request: falcon.Request, response: falcon.Response, error: falcon.HTTPError, _params: dict[str, Any]
) -> None:
    """Answer what Falcon itself refuses: a route, a method, or a request it cannot read."""
    match error.status_code:
        case 404:
            _refuse(
                response,
                ErrorCode.NOT_FOUND,
                f"No resource {shortened(request.path)} exists; see /openapi.json.",
            )
        case 405:
            allowed = dict(error.headers or {}).get("Allow", "")
            response.set_header("Allow", allowed)
            _refuse(
                response,
                ErrorCode.METHOD_NOT_ALLOWED,
                f"{request.method} is not allowed here, only {allowed}.",
            )
        case _:
            _refuse(
                response,
                ErrorCode.INVALID_INPUT,
                error.description or error.title or "The request is invalid.",
            )


def _on_defect(
    request: falcon.Request, response: falcon.Response, error: Exception, _params: dict[str, Any]
) -> None:
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    _refuse(
        response, ErrorCode.INTERNAL_ERROR, "An unexpected error occurred; the server's log has the details."
    )
