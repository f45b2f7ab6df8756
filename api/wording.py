"""What a field must be, in the words of a sentence: made of the schema's own types and bounds."""

import re
from typing import Any

import msgspec
from msgspec import inspect

__all__ = ["fields_at", "rule_of", "shortened"]

MOST_SHOWN = 60
"""Characters of a client's own text in a message about it."""

_PLAIN: dict[type[inspect.Type], str] = {
    inspect.BoolType: "true or false",
    inspect.StrType: "a text",
    inspect.DateTimeType: "a date and time by RFC 3339 with its zone, such as 2026-01-20T14:30:00Z",
    inspect.NoneType: "null",
}


def rule_of(schema: type[msgspec.Struct], path: str) -> str:
    """Say what the value at a path such as `miner_priority[3]` must be."""
    return _phrase(_kind_at(schema, path))


def fields_at(schema: type[msgspec.Struct], path: str) -> list[str]:
    """Name the fields of the object at a path, of the whole for an empty one."""
    kind = _kind_at(schema, path)
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    return [
        field.encode_name for each in kinds if isinstance(each, inspect.StructType) for field in each.fields
    ]


def _kind_at(schema: type[msgspec.Struct], path: str) -> inspect.Type:
    kind = inspect.type_info(schema)
    for name in re.findall(r"[^.\[\]]+", path):
        kind = _entry(kind, name)
    return kind


def shortened(text: str, most: int = MOST_SHOWN) -> str:
    return text if len(text) <= most else text[:most] + "…"


def _entry(kind: inspect.Type, name: str) -> inspect.Type:
    """Return the type of an object's field, or of a list's entries, wherever the list is declared."""
    match kind:
        case inspect.StructType(fields=fields):
            return next(field.type for field in fields if field.encode_name == name)
        case inspect.ListType(item_type=item):
            return item
        case inspect.Metadata(inner):
            return _entry(inner, name)
        case inspect.UnionType(kinds):
            return _entry(kinds[0], name)
        case _:
            return kind


def _phrase(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata(inner):
            return _phrase(inner)
        case inspect.UnionType(kinds):
            return " or ".join(_phrase(one) for one in kinds)
        case inspect.FloatType() | inspect.IntType():
            noun = "a whole number" if isinstance(kind, inspect.IntType) else "a finite number"
            return noun + _bounds(kind)
        case inspect.ListType(max_length=most):
            return "a list" if most is None else f"a list of at most {most} entries"
        case inspect.StructType():
            return "an object"
        case inspect.StrType(pattern=str(pattern)):
            return f"a text that matches {pattern}"
        case inspect.EnumType(members):
            return _one_of([str(member.value) for member in members])
        case inspect.LiteralType(values):
            return _one_of([str(value) for value in values])
        case _:
            return _PLAIN.get(type(kind), "of another type")


def _one_of(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"one of {', '.join(words)}"


def _bounds(kind: Any) -> str:
    """Return the bounds of a number: ` from 100 to 1175`, ` above 0 and at most 1000`, ` of 0 or more`."""
    least, above, most = kind.ge, kind.gt, kind.le
    if least is not None and most is not None:
        return f" from {_number(least)} to {_number(most)}"
    if above is not None and most is not None:
        return f" above {_number(above)} and at most {_number(most)}"
    if least is not None:
        return f" of {_number(least)} or more"
    return f" of at most {_number(most)}" if most is not None else ""


def _number(bound: float) -> str:
    return str(int(bound)) if bound == int(bound) else str(bound)
