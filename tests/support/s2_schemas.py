"""The published JSON schemas of S2 as an oracle of messages."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

__all__ = ["fault", "is_valid"]

_ROOT = Path(__file__).parents[1] / "fixtures" / "s2"
_BASE = "https://raw.githubusercontent.com/flexiblepower/s2-ws-json/main/s2-json-schema/messages"


@cache
def _registry() -> Registry[Any]:
    documents = [json.loads(path.read_text("utf-8")) for path in _ROOT.rglob("*.schema.json")]
    return Registry[Any]().with_resources((each["$id"], Resource.from_contents(each)) for each in documents)


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"{_BASE}/{kind}.schema.json"}, registry=_registry())


def fault(message: Mapping[str, Any]) -> str:
    """Say what is wrong with a message by the schema of its type, "" if nothing is."""
    errors = _validator(message["message_type"]).iter_errors(message)
    return "; ".join(f"{error.json_path}: {error.message}" for error in errors)


def is_valid(message: Mapping[str, Any]) -> bool:
    return not fault(message)
