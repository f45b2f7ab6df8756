"""From bytes on the wire to validated values. What does not fit is refused as a whole, in one sentence."""

import json
import math
import re
from datetime import datetime
from typing import Any, TypeVar

import falcon
import msgspec

from api.wording import fields_at, rule_of, shortened
from netstab.errors import CommandRejected, ErrorCode

__all__ = ["check_body", "read_body", "read_query"]

T = TypeVar("T", bound=msgspec.Struct)

_AT = " - at `$"
_DATE = re.compile(r"\d{4}-")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MOST_SHOWN_OF = 16 * 1024
"""Bytes: a refused body beyond it is not read once more to show what is wrong in it."""


class _Literal(str):
    """A number that Python cannot hold, or only at great cost, as it was written."""

    __slots__ = ()


def check_body(request: falcon.Request, most: int) -> None:
    """Refuse by its headers a body that nobody would read.

    Raises `CommandRejected`: BODY_TOO_LARGE beyond `most` bytes, UNSUPPORTED_MEDIA_TYPE for one that is
    encoded or not declared as JSON. A web page needs no leave to send another type, nor a body without one.
    """
    length = request.content_length or 0
    if length > most:
        raise CommandRejected(ErrorCode.BODY_TOO_LARGE, f"The body is larger than {most} bytes.")
    encoding = request.get_header("Content-Encoding")
    if length and encoding is not None:
        message = f"The header Content-Encoding must be left out: {shortened(encoding)} is not taken."
        raise CommandRejected(ErrorCode.UNSUPPORTED_MEDIA_TYPE, message)
    if length and not _is_json(request.content_type or ""):
        given = "without a Content-Type" if request.content_type is None else shortened(request.content_type)
        message = f"The body must be application/json, not {given}."
        raise CommandRejected(ErrorCode.UNSUPPORTED_MEDIA_TYPE, message)


def read_body(request: falcon.Request, schema: type[T], code: ErrorCode, rule: str, bare_list: str = "") -> T:
    """Read a JSON body that was checked; an empty one counts as `{}`, a byte order mark for nothing.

    Not with PUT, which puts what is given in the place of what there is: nobody means to by saying nothing.
    A list counts as the field `bare_list` of an object, if that is given.

    Raises `CommandRejected` with `code`, its message opened by `rule`.
    """
    data = request.bounded_stream.read().removeprefix(_BYTE_ORDER_MARK)
    if not data and request.method == "PUT":
        raise CommandRejected(code, f"{rule} The body is missing.".strip())
    data = data or b"{}"
    if bare_list and data.lstrip().startswith(b"["):
        data = b'{"%s":%s}' % (bare_list.encode(), data)
    try:
        found = _decode(data, schema)
        _refuse_twice(data)
    except ValueError as fault:
        raise CommandRejected(code, f"{rule} {fault}".strip()) from fault
    return found


def read_query(request: falcon.Request, schema: type[T]) -> T:
    """Read the query string; raises `CommandRejected` with INVALID_INPUT."""
    try:
        query = msgspec.convert(request.params, schema, strict=False)
    except msgspec.ValidationError as error:
        raise CommandRejected(
            ErrorCode.INVALID_INPUT, _sentence(request.params, schema, str(error))
        ) from None
    for name, text in request.params.items():
        # msgspec also takes a bare number, as seconds since 1970; the document promises dates alone.
        if isinstance(getattr(query, name), datetime) and not _DATE.match(str(text)):
            message = f"{name} must be {rule_of(schema, name)}, got {_shown(text)}."
            raise CommandRejected(ErrorCode.INVALID_INPUT, message)
    return query


def _is_json(content_type: str) -> bool:
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


def _refuse_twice(data: bytes) -> None:
    """Raise `ValueError` for a name given twice in one object, at any depth."""
    try:
        json.loads(data, object_pairs_hook=_once, parse_int=str, parse_float=str, parse_constant=str)
    except RecursionError:
        raise ValueError("The body is nested too deeply.") from None


def _once(pairs: list[tuple[str, Any]]) -> None:
    known = set[str]()
    for name, _ in pairs:
        if name in known:
            shown = shortened(name).encode(errors="replace").decode()
            raise ValueError(f"The field {shown} is given twice.")
        known.add(name)


def _document(data: bytes) -> Any:
    """Read a small refused body once more, to show what is wrong in it; None if that cannot be read."""
    if len(data) > _MOST_SHOWN_OF:
        return None
    try:
        return json.loads(data, parse_int=_integer, parse_float=_float)
    except (ValueError, RecursionError):
        return None


def _integer(text: str) -> object:
    return int(text) if len(text) <= 20 else _Literal(text)


def _float(text: str) -> object:
    return number if math.isfinite(number := float(text)) else _Literal(text)


def _sentence(document: Any, schema: type[msgspec.Struct], error: str) -> str:
    """Turn msgspec's words into a sentence that names the field, what it must be, and the value."""
    reason, _, path = error.partition(_AT)
    field = path.rstrip("`").lstrip(".")
    within = f"{shortened(field)}." if field else ""
    if found := re.search(r"missing required field `(.*)`", reason, re.DOTALL):
        return f"The field {within}{found[1]} is missing."
    if found := re.search(r"unknown field `(.*)`", reason, re.DOTALL):
        known = ", ".join(fields_at(schema, field))
        return f"There is no field {within}{shortened(found[1])}; there are: {known}."
    if field:
        return f"{shortened(field)} must be {rule_of(schema, field)}{_got(document, field)}."
    return "The body must be a JSON object."


def _got(document: Any, field: str) -> str:
    """Show the value at a path; nothing where there is none: of a name given twice only the last is kept."""
    try:
        for key in re.findall(r"[^.\[\]]+", field):
            document = document[int(key)] if isinstance(document, list) else document[key]
    except (LookupError, TypeError):
        return ""
    return f", got {_shown(document)}"


def _shown(value: Any) -> str:
    return shortened(value if isinstance(value, _Literal) else json.dumps(value))
