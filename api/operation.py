"""The contract of one responder: what it takes, what it answers, and by which codes it refuses.

The same declaration validates requests, encodes answers, and is printed in the OpenAPI document.
"""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, TypeVar

import falcon
import msgspec

from api.inputs import read_body, read_query

__all__ = ["Operation", "Responder", "Stream", "operation", "operations"]

T = TypeVar("T")
Responder = Callable[..., None]

_KEY = "operation"


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer of any length, sent a chunk at a time; the server closes `chunks` if they can be closed."""

    media_type: str
    filename: str
    chunks: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Operation:
    """`answer` is the type of the 200 answer; `refusals` are codes of `api.errors.STATUSES`.

    A bad body is refused with `bad_body`, and `rule` opens the message. Where `media_types` are given, the
    answer is a `Stream` of `answer`s in one of them.
    """

    summary: str
    answer: Any
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    refusals: tuple[str, ...] = ()
    bad_body: str = "INVALID_INPUT"
    rule: str = ""
    media_types: tuple[str, ...] = ()


def operation(
    summary: str,
    answer: type[T],
    *,
    body: type[msgspec.Struct] | None = None,
    query: type[msgspec.Struct] | None = None,
    refusals: tuple[str, ...] = (),
    bad_body: str = "INVALID_INPUT",
    rule: str = "",
    media_types: tuple[str, ...] = (),
) -> Callable[[Callable[..., T | msgspec.Raw | Stream]], Responder]:
    """Make a Falcon responder of a method that takes the request, `body`, `query` and the path's fields."""
    contract = Operation(summary, answer, body, query, refusals, bad_body, rule, media_types)

    def decorate(method: Callable[..., T | msgspec.Raw | Stream]) -> Responder:
        @functools.wraps(method)
        def respond(
            resource: object, request: falcon.Request, response: falcon.Response, **fields: Any
        ) -> None:
            if body is not None:
                fields["body"] = read_body(request, body, bad_body, rule)
            if query is not None:
                fields["query"] = read_query(request, query)
            answer = method(resource, request, **fields)
            if isinstance(answer, Stream):
                response.content_type, response.stream = answer.media_type, answer.chunks
                response.downloadable_as = answer.filename
            else:
                _send(request, response, answer)

        respond.__dict__[_KEY] = contract
        return respond

    return decorate


def operations(resource: object) -> dict[str, Operation]:
    """Give a resource's operations by HTTP method."""
    responders = {method: getattr(resource, f"on_{method.lower()}", None) for method in falcon.HTTP_METHODS}
    return {method: vars(found.__func__)[_KEY] for method, found in responders.items() if found is not None}


def _send(request: falcon.Request, response: falcon.Response, answer: Any) -> None:
    data = msgspec.json.encode(answer)
    if request.method == "GET":
        digest = blake2b(data, digest_size=12).hexdigest()
        response.etag = digest
        response.cache_control = ("no-cache",)
        if any(known in ("*", digest) for known in request.if_none_match or ()):
            response.status = falcon.HTTP_304
            return
    response.content_type = falcon.MEDIA_JSON
    response.data = data
