"""Each request has an id, its client's or ours, which is in its answer and in the lines of its command."""

import logging
import re
import time
from threading import Lock
from uuid import uuid4

import falcon
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

from actors.stories import Lately
from api.errors import CODE_HEADER
from api.methods import READING
from api.serving.environment import waited
from api.wording import shortened

__all__ = ["REQUEST_ID", "RequestIds"]

logger = logging.getLogger(__name__)

REQUEST_ID = "X-Request-Id"

_SANE = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class RequestIds:
    """Falcon's middleware, before all others: what they refuse has an id and a line as well."""

    def __init__(self) -> None:
        self._refused_lately = Lately()
        self._lock = Lock()

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        """Take the client's id if it is one; else the id of its command will be that of the request."""
        given = request.get_header(REQUEST_ID) or ""
        given = given if _SANE.fullmatch(given) else ""
        own = str(uuid4())
        request.context.request_id, request.context.command_id = given, own
        response.set_header(REQUEST_ID, given or own)
        clear_contextvars()
        bind_contextvars(request_id=given or own)

    def process_response(
        self, request: falcon.Request, response: falcon.Response, _resource: object, _succeeded: bool
    ) -> None:
        if request.method not in READING:
            self._tell(request, response)
        clear_contextvars()

    def _tell(self, request: falcon.Request, response: falcon.Response) -> None:
        """Write the line of a command; what repeats one is left out, as in the history."""
        code = response.get_header(CODE_HEADER)
        of = get_contextvars().get("command_id")
        if code is not None:
            with self._lock:
                again = self._refused_lately(
                    (request.uri_template, request.remote_addr, code), time.monotonic()
                )
        else:
            again = of is not None and of != request.context.command_id
        taken = waited(request.env)
        logger.log(
            logging.DEBUG if again else logging.INFO,
            "%s %s from %s: %s in %.0f ms.",
            request.method,
            shortened(request.path),
            request.remote_addr,
            code or "done",
            1000 * taken,
            extra={"client": request.remote_addr, "seconds": round(taken, 6), "code": code or ""},
        )
