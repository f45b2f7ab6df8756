"""The limits and figures of the tests, each with a mark and its source; an operator's file changes some."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from netstab.errors import SettingsError

__all__ = ["DEFAULT_TEXT", "Criteria", "Criterion", "default_criteria", "read_criteria"]

MARKS = {
    "S": "stated by the operator's own page or rule summary",
    "R": "reported by a participant, a consultant or the trade press",
    "K": "common knowledge of the field, not checked against a text",
    "own": "this bench's choice: a site that is tested chooses its own",
}

_SHORT_TEXT = files(__package__).joinpath("short.toml").read_text(encoding="utf-8")

DEFAULT_TEXT = files(__package__).joinpath("criteria.toml").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Criterion:
    """A figure in its unit, a mark of `MARKS` on how it is known, and by whom."""

    key: str
    value: float
    unit: str
    mark: str
    source: str


class Criteria:
    """Criteria by their keys, such as `T1.tolerance`."""

    def __init__(self, criteria: Mapping[str, Criterion]) -> None:
        self._criteria = dict(criteria)

    def __getitem__(self, key: str) -> float:
        return self._criteria[key].value

    def __iter__(self) -> Iterator[Criterion]:
        return iter(self._criteria.values())

    def of(self, test: str) -> list[Criterion]:
        """Return those of one test."""
        return [each for each in self if each.key.startswith(f"{test}.")]

    def shortened(self) -> "Criteria":
        """Return them for tests that take minutes; each that is changed names that as its source."""
        return self.changed_by(_SHORT_TEXT, "shortened")

    def changed_by(self, text: str, source: str) -> "Criteria":
        """Return what is left of these beside a file's; raises `SettingsError` for what cannot be used."""
        changed = dict(self._criteria)
        for key, value in _entries(text, source):
            if key not in changed:
                raise SettingsError(f"{source}: there is no criterion {key}.")
            changed[key] = _changed(changed[key], value, source)
        return Criteria(changed)


def default_criteria() -> Criteria:
    """Return what the bench comes with."""
    found = _entries(DEFAULT_TEXT, "criteria.toml")
    return Criteria(
        {key: Criterion(key=key, **{**value, "value": float(value["value"])}) for key, value in found}
    )


def read_criteria(path: Path, criteria: Criteria | None = None) -> Criteria:
    """Return the bench's own criteria, or others, as a file changes them.

    Raises `SettingsError` where it cannot be read or used.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The criteria cannot be read: {error}.") from error
    return (criteria or default_criteria()).changed_by(text, str(path))


def _entries(text: str, source: str) -> Iterator[tuple[str, Any]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{source} is no TOML: {error}.") from error
    for test, entries in document.items():
        if not isinstance(entries, dict):
            raise SettingsError(f"{source}: {test} is no table of criteria.")
        for name, value in entries.items():
            yield f"{test}.{name}", value


def _changed(criterion: Criterion, value: Any, source: str) -> Criterion:
    """Change one: by a figure alone, or by a table that may name its mark and source as well."""
    told = value if isinstance(value, dict) else {"value": value}
    figure = told.get("value", criterion.value)
    if isinstance(figure, bool) or not isinstance(figure, int | float) or not 0 <= figure < float("inf"):
        raise SettingsError(f"{source}: {criterion.key} must be a number from 0 on, not {figure!r}.")
    mark, named = told.get("mark", "own"), told.get("source", source)
    if mark not in MARKS or not isinstance(named, str) or set(told) - {"value", "mark", "source", "unit"}:
        raise SettingsError(f"{source}: {criterion.key} takes value, mark ({', '.join(MARKS)}) and source.")
    return replace(criterion, value=float(figure), mark=mark, source=named)
