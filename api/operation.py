"""The contract of one responder: what it takes, what it answers, and by which codes it refuses.

The same declaration validates requests, encodes answers, and is printed in the OpenAPI document.
"""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import falcon
import msgspec

from api.arrival import refuse_if_gone
from api.encoded import Encoded, encoded
from api.errors import refuse
from api.inputs import check_body, read_body, read_query
from api.methods import READING
from api.refusals import in_our_words
from api.schemas.base import Failure
from netstab.errors import CommandRejected, ErrorCode

__all__ = ["Operation", "Refused", "Responder", "Stream", "operation", "operations"]

T = TypeVar("T")
Responder = Callable[..., None]

_KEY = "operation"
SMALL = 16 * 1024
"""Bytes: the longest body of all but a few operations, with room for what an EMS may add of its own."""


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer of any length, sent a chunk at a time; the server closes `chunks` if they can be closed.

    With a `filename` a browser keeps it as a file.
    """

    media_type: str
    filename: str | None
    chunks: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal that says more than a sentence: what is sent has `Failure`'s keys and further ones."""

    code: ErrorCode
    answer: Failure


@dataclass(frozen=True, slots=True)
class Operation:
    """`answer` is the type of the 200 answer; `refusals` are codes of `netstab.statuses.STATUSES`.

    A bad body is refused with `bad_body`, and `rule` opens the message. Where `media_types` are given, the
    answer is a `Stream` of `answer`s in one of them. A body longer than `most_body` bytes is refused unread;
    of an operation that `ignores_body` whatever it holds is taken. A body that is a list counts as the field
    `bare_list`.
    """

    summary: str
    answer: Any
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    refusals: tuple[ErrorCode, ...] = ()
    bad_body: ErrorCode = ErrorCode.INVALID_INPUT
    rule: str = ""
    media_types: tuple[str, ...] = ()
    most_body: int = SMALL
    ignores_body: bool = False
    bare_list: str = ""


def operation(
    summary: str,
    answer: type[T],
    *,
    body: type[msgspec.Struct] | None = None,
    query: type[msgspec.Struct] | None = None,
    refusals: tuple[ErrorCode, ...] = (),
    bad_body: ErrorCode = ErrorCode.INVALID_INPUT,
    rule: str = "",
    media_types: tuple[str, ...] = (),
    most_body: int = SMALL,
    ignores_body: bool = False,
    bare_list: str = "",
) -> Callable[[Callable[..., T | Encoded | Stream | Refused]], Responder]:
    """Make a Falcon responder of a method that takes the request, `body`, `query` and the path's fields."""
    contract = Operation(
        summary,
        answer,
        body,
        query,
        refusals,
        bad_body,
        rule,
        media_types,
        most_body,
        ignores_body,
        bare_list,
    )

    def decorate(method: Callable[..., T | Encoded | Stream | Refused]) -> Responder:
        @functools.wraps(method)
        def respond(
            resource: object, request: falcon.Request, response: falcon.Response, **fields: Any
        ) -> None:
            given = _given(contract, request)
            try:
                answer = method(resource, request, **fields, **given)
            except CommandRejected as rejected:
                raise in_our_words(rejected, body) from rejected
            if isinstance(answer, Stream):
                _send_stream(request, response, answer)
            elif isinstance(answer, Refused):
                refuse(response, answer.code, msgspec.json.encode(answer.answer))
            else:
                _send(request, response, answer)

        respond.__dict__[_KEY] = contract
        return respond

    return decorate


def _given(contract: Operation, request: falcon.Request) -> dict[str, Any]:
    """Read what a request brings along, once it is known that its client still waits."""
    given: dict[str, Any] = {}
    if request.method not in READING:
        check_body(request, contract.most_body)
        refuse_if_gone(request)
    if contract.body is not None and not contract.ignores_body:
        given["body"] = read_body(
            request, contract.body, contract.bad_body, contract.rule, contract.bare_list
        )
    if contract.query is not None:
        given["query"] = read_query(request, contract.query)
    return given


def operations(resource: object) -> dict[str, Operation]:
    """Return a resource's operations by HTTP method."""
    responders = {method: getattr(resource, f"on_{method.lower()}", None) for method in falcon.HTTP_METHODS}
    return {method: vars(found.__func__)[_KEY] for method, found in responders.items() if found is not None}


def _send_stream(request: falcon.Request, response: falcon.Response, answer: Stream) -> None:
    response.content_type = answer.media_type
    if answer.filename is not None:
        response.downloadable_as = answer.filename
    if request.method == "HEAD":  # Falcon drops the body of a HEAD without closing it
        getattr(answer.chunks, "close", lambda: None)()
    else:
        response.stream = answer.chunks


def _send(request: falcon.Request, response: falcon.Response, answer: Any) -> None:
    ready = answer if isinstance(answer, Encoded) else encoded(answer)
    if request.method in READING:
        response.etag = ready.etag
        if any(known in ("*", ready.etag) for known in request.if_none_match or ()):
            response.status = falcon.HTTP_304
            return
    response.content_type = falcon.MEDIA_JSON
    if len(ready.chunks) == 1:
        response.data = ready.chunks[0]
    else:
        response.set_stream(ready.chunks, ready.length)  # a tuple: it is in memory, and counted as such
