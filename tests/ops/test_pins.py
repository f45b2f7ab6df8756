"""What is released is pinned, with hashes, within the ranges that the product says it works with."""

import ast
import re
import sys
from configparser import ConfigParser
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
ROOMS = ("netstab", "actors", "events", "api")


def requirements() -> list[Requirement]:
    """Return what the product and its extras ask for; what developers need besides is not released."""
    told = ConfigParser()
    told.read(ROOT / "setup.cfg")
    unreleased = ("dev", "crosscheck")
    extras = {name: lines for name, lines in told["options.extras_require"].items() if name not in unreleased}
    lines = "\n".join((told["options"]["install_requires"], *extras.values())).splitlines()
    return [Requirement(line) for line in lines if line]


def pins() -> dict[str, tuple[Version, list[str]]]:
    """Return the pinned version and the hashes of each package."""
    found = re.findall(
        r"^([\w.-]+)==([^\s;]+)[^\n]*((?:\n    --hash=\S+(?: \\)?)*)",
        (ROOT / "constraints.txt").read_text(),
        re.MULTILINE,
    )
    return {
        canonicalize_name(name): (Version(version), re.findall(r"--hash=sha256:([0-9a-f]{64})\b", hashes))
        for name, version, hashes in found
    }


def test_every_requirement_is_pinned_within_its_range() -> None:
    pinned = pins()
    for asked in requirements():
        version, _ = pinned[canonicalize_name(asked.name)]
        assert version in asked.specifier, asked


def test_every_pin_has_hashes() -> None:
    pinned = pins()
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert len(pinned) == len([line for line in lines if line[:1].isalnum()])
    assert [name for name, (_, hashes) in pinned.items() if not hashes] == []


def test_every_requirement_ends_before_a_release_that_may_break_it() -> None:
    bounded = {asked.name for asked in requirements() if "<" in str(asked.specifier)}
    assert {asked.name for asked in requirements()} == bounded


def test_what_is_imported_is_asked_for() -> None:
    owners = packages_distributions()
    asked = {canonicalize_name(requirement.name) for requirement in requirements()}
    imported = {name for room in ROOMS for path in (ROOT / room).rglob("*.py") for name in imports(path)}
    others = imported - set(sys.stdlib_module_names) - set(ROOMS)
    assert len(others) > 10
    assert {name for name in others if not asked & set(map(canonicalize_name, owners[name]))} == set()


def imports(path: Path) -> set[str]:
    """Name what a file imports, by the first part of its name."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name.partition(".")[0] for name in found}
