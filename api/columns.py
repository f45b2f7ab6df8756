"""Columns of a table, each encoded when it has changed and not before, and sent to whoever lacks it."""

import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from api.encoded import Encoded

__all__ = ["Columns", "Table"]


class _Column(NamedTuple):
    name: str
    values: Sequence[Any]
    since: int
    data: bytes


class Table(NamedTuple):
    """A table at one version of it. Immutable: any thread may read it."""

    epoch: str
    version: int
    columns: tuple[_Column, ...]

    @property
    def name(self) -> str:
        """What tells this version of the table from all others, of other processes too."""
        return f"{self.epoch}-{self.version}"

    def answer(self, held: str | None) -> Encoded:
        """Return the columns that differ from the version that is held, by its name; all of one not known."""
        known = self._known(held)
        head = b'{"version":"%s"' % self.name.encode()
        changed = [column.data for column in self.columns if column.since > known]
        return Encoded(self.name, (head, *changed, b"}"))

    def _known(self, held: str | None) -> int:
        epoch, _, version = (held or "-0").partition("-")
        return int(version) if epoch == self.epoch and int(version) <= self.version else 0


class Columns:
    """Takes columns of one length and keeps the table that they make. For one thread at a time."""

    def __init__(self) -> None:
        self.table = Table(secrets.token_hex(4), 0, ())

    def put(self, columns: dict[str, Sequence[Any]]) -> None:
        """Exchange the table: a new version of it if any column has changed."""
        before, version = {column.name: column for column in self.table.columns}, self.table.version + 1
        now = tuple(_renewed(before.get(name), name, values, version) for name, values in columns.items())
        if any(column.since == version for column in now):
            self.table = Table(self.table.epoch, version, now)


def _renewed(before: _Column | None, name: str, values: Sequence[Any], version: int) -> _Column:
    if before is not None and values == before.values:
        return before
    return _Column(name, values, version, b',"%s":%s' % (name.encode(), msgspec.json.encode(values)))
