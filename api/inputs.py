"""From bytes on the wire to validated values. What does not fit is refused as a whole, in one sentence."""

import json
import re
from datetime import datetime
from typing import Any, TypeVar

import falcon
import msgspec
from msgspec import inspect

from netstab.errors import CommandRejected

__all__ = ["MAX_BODY", "read_body", "read_query"]

MAX_BODY = 512 * 1024
"""Bytes; the largest body of the contract, 10,000 addresses in `miner_priority`, takes 180 KiB."""

T = TypeVar("T", bound=msgspec.Struct)

_AT = " - at `$"
_SHOWN = 60
_DATE = re.compile(r"\d{4}-")


def read_body(request: falcon.Request, schema: type[T], code: str, rule: str) -> T:
    """Read a JSON body; an empty one counts as `{}`.

    Raises `CommandRejected` with `code`, its message opened by `rule`; a body too large is BODY_TOO_LARGE
    and one of another media type UNSUPPORTED_MEDIA_TYPE, whatever it holds.
    """
    if (request.content_length or 0) > MAX_BODY:
        raise CommandRejected("BODY_TOO_LARGE", f"The body is larger than {MAX_BODY} bytes.")
    data = request.bounded_stream.read()
    if data and not _is_json(request.content_type):
        message = f"The body must be application/json, not {request.content_type}."
        raise CommandRejected("UNSUPPORTED_MEDIA_TYPE", message)
    try:
        return _decode(data or b"{}", schema)
    except ValueError as fault:
        raise CommandRejected(code, f"{rule} {fault}".strip()) from fault


def read_query(request: falcon.Request, schema: type[T]) -> T:
    """Read the query string; raises `CommandRejected` with INVALID_INPUT."""
    try:
        query = msgspec.convert(request.params, schema, strict=False)
    except msgspec.ValidationError as error:
        raise CommandRejected("INVALID_INPUT", _sentence(request.params, schema, str(error))) from None
    for name, text in request.params.items():
        # msgspec also takes a bare number, as seconds since 1970; the document promises dates alone.
        if isinstance(getattr(query, name), datetime) and not _DATE.match(str(text)):
            message = f"{name}: expected a date and time by RFC 3339, got {_shown(text)}."
            raise CommandRejected("INVALID_INPUT", message)
    return query


def _is_json(content_type: str | None) -> bool:
    if content_type is None:
        return True
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def _decode(data: bytes, schema: type[T]) -> T:
    try:
        return msgspec.json.decode(data.decode("utf-8"), type=schema)
    except UnicodeDecodeError:
        raise ValueError("The body is not UTF-8.") from None
    except RecursionError:
        raise ValueError("The body is nested too deeply.") from None
    except msgspec.ValidationError as error:
        raise ValueError(_sentence(_document(data), schema, str(error))) from None
    except msgspec.DecodeError as error:
        raise ValueError(f"The body is not valid JSON: {str(error).partition(_AT)[0]}.") from None


def _document(data: bytes) -> Any:
    """Read a refused body once more, to show what is wrong in it; None if that cannot be read."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _sentence(document: Any, schema: type[msgspec.Struct], error: str) -> str:
    """Turn msgspec's words into a sentence that names the field, the bound and the value."""
    reason, _, path = error.partition(_AT)
    if not path:
        return f"{_shortened(reason)}."
    field = path.rstrip("`").lstrip(".")
    bound = reason.partition(", got")[0].replace("`", "")
    if bound.startswith("Invalid enum value"):
        bound = f"Expected one of {', '.join(_choices(_kind(schema, field)))}"
    value = "" if document is None else f", got {_shown(_at(document, field))}"
    return f"{field}: {bound[0].lower()}{bound[1:]}{value}."


def _kind(schema: type[msgspec.Struct], field: str) -> inspect.Type:
    kinds = {known.encode_name: known.type for known in msgspec.structs.fields(schema)}
    return inspect.type_info(kinds[field])


def _choices(kind: inspect.Type) -> list[str]:
    """Give the values of an enumerated type."""
    match kind:
        case inspect.EnumType(members):
            return [member.value for member in members]
        case inspect.LiteralType(values):
            return [str(value) for value in values]
        case inspect.Metadata(inner):
            return _choices(inner)
        case inspect.UnionType(kinds):
            return [choice for one in kinds for choice in _choices(one)]
        case _:
            return []


def _at(document: Any, field: str) -> Any:
    for key in re.findall(r"[^.\[\]]+", field):
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def _shown(value: Any) -> str:
    return _shortened(json.dumps(value))


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
