"""Field names of the HTTP API stay above the fleet: what decides and what is recorded knows no front."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from inspect import getmembers, isclass
from pathlib import Path

import msgspec

import api.schemas
from api.refusals import FIELDS
from events.state import Configuration

ROOT = Path(__file__).parents[2]
BELOW = ("actors", "events", "netstab")
OTHERS = {
    "netstab/cli/fleet.py",
    "netstab/cli/steering.py",
    "netstab/demo/__init__.py",
    "netstab/devices/site/documents.py",
    "netstab/devices/site/driver.py",
    "netstab/qualification/guard.py",
    "netstab/qualification/remote.py",
    "netstab/simulation/meter_http.py",
}
"""What is an EMS or an operator over HTTP, and a meter that has names of its own."""
STORED = "events/parameters.py"
"""The names that the log has had since its first version: a database format."""

OWN_WORDS = re.compile(r"[a-z]+(_[a-z]+)*(?<!_kw)(?<!_kwh)")


def api_names() -> set[str]:
    """Return the fields of all schemas that say a unit or are spelt as nothing in the product is."""
    modules = [
        __import__(f"api.schemas.{path.stem}", fromlist=["_"])
        for path in Path(api.schemas.__path__[0]).glob("*.py")
    ]
    structs = (found for module in modules for _, found in getmembers(module, isclass))
    names = {
        field.encode_name
        for struct in structs
        if issubclass(struct, msgspec.Struct)
        for field in msgspec.structs.fields(struct)
    }
    stored = {field.name for field in fields(Configuration)}
    return {name for name in names if not OWN_WORDS.fullmatch(name)} - stored


def words_of(tree: ast.AST) -> Iterator[str]:
    """Return every name that stands in a module: of its variables and fields, and in its texts."""
    for node in ast.walk(tree):
        for text in (getattr(node, part, None) for part in ("id", "attr", "arg", "name", "value")):
            if isinstance(text, str):
                yield from re.findall(r"\w+", text)


def test_no_module_below_the_fronts_knows_a_field_name_of_http() -> None:
    names = api_names()
    assert {"activationPowerInKw", "target_power_kw", "power_kw"} <= names
    sources = [path for room in BELOW for path in (ROOT / room).rglob("*.py")]
    assert len(sources) > 100
    found = {
        str(path.relative_to(ROOT)): known
        for path in sources
        if (known := names & set(words_of(ast.parse(path.read_text()))))
    }
    assert found.pop(STORED) >= {"power_kw", "target_power_kw"}
    assert {source for source in found if source not in OTHERS} == set()


def test_every_name_that_a_refusal_is_worded_with_is_a_field_of_a_body() -> None:
    for names in FIELDS.values():
        assert set(names) <= api_names() | {"until"}
