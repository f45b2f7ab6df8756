"""What a variable is described by: its meaning, its default, and how a file stands in its place."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field, PlainValidator

from netstab.settings.secret_file import read_secret_file

__all__ = ["FILE", "Filed", "filed", "or_default"]

FILE = "_FILE"


@dataclass(frozen=True, slots=True)
class Filed:
    """A value that comes from a file, and whether every user of the host can read that."""

    value: str = field(repr=False)
    readable_by_all: bool


def or_default(default: str, meaning: str) -> Any:
    """Describe a variable by its meaning and by the text that stands for it where it is not set."""
    return Field(default, description=meaning, validate_default=True)


def filed(read: Callable[[str], str]) -> PlainValidator:
    """Read by the rule of a setting the one line that the file in its place holds; no path is none."""

    def from_file(path: str) -> Filed | None:
        if not path.strip():
            return None
        file = read_secret_file(path)
        try:
            return Filed(read(file.text.strip()), file.readable_by_all)
        except ValueError as error:
            raise ValueError(f"names a file whose content cannot be used: it {error}") from None

    return PlainValidator(from_file)
