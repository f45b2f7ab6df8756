"""From bytes on the wire to validated values. What does not fit is refused as a whole, in one sentence."""

import json
import re
from typing import Any, TypeVar

import falcon
import msgspec

from netstab.errors import CommandRejected

__all__ = ["read_body", "read_query"]

T = TypeVar("T", bound=msgspec.Struct)

_AT = " - at `$"
_SHOWN = 60


def read_body(request: falcon.Request, schema: type[T], code: str, rule: str) -> T:
    """Read a JSON body; an empty one counts as `{}`.

    Raises `CommandRejected` with `code`, its message opened by `rule`; a body of another media type is
    UNSUPPORTED_MEDIA_TYPE whatever it holds.
    """
    data = request.bounded_stream.read()
    if data and not _is_json(request.content_type):
        message = f"The body must be application/json, not {request.content_type}."
        raise CommandRejected("UNSUPPORTED_MEDIA_TYPE", message)
    try:
        return _convert(_parse(data or b"{}"), schema, strict=True)
    except ValueError as fault:
        raise CommandRejected(code, f"{rule} {fault}".strip()) from fault


def read_query(request: falcon.Request, schema: type[T]) -> T:
    """Read the query string; raises `CommandRejected` with INVALID_INPUT."""
    try:
        return _convert(request.params, schema, strict=False)
    except ValueError as fault:
        raise CommandRejected("INVALID_INPUT", str(fault)) from fault


def _is_json(content_type: str | None) -> bool:
    if content_type is None:
        return True
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def _parse(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("The body is not UTF-8.") from None
    except RecursionError:
        raise ValueError("The body is nested too deeply.") from None
    except msgspec.DecodeError as error:
        reason = str(error).partition(_AT)[0]
        raise ValueError(f"The body is not valid JSON: {reason}.") from None


def _convert(document: Any, schema: type[T], *, strict: bool) -> T:
    try:
        return msgspec.convert(document, schema, strict=strict)
    except msgspec.ValidationError as error:
        raise ValueError(_sentence(document, str(error))) from None


def _sentence(document: Any, error: str) -> str:
    """Turn msgspec's words into a sentence that names the field, the bound and the value."""
    reason, _, path = error.partition(_AT)
    if not path:
        return f"{reason}."
    field = path.rstrip("`").lstrip(".")
    bound = reason.partition(", got")[0].replace("`", "")
    return f"{field}: {bound[0].lower()}{bound[1:]}, got {_shown(_at(document, field))}."


def _at(document: Any, field: str) -> Any:
    for key in re.findall(r"[^.\[\]]+", field):
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
