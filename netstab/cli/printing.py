"""What of a server or a device is printed: as tables or JSON, and never raw on a terminal."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["json_line", "plain", "print_json", "print_table"]

_PIPED = 200  # columns of a file, which wraps nothing


def plain(value: object) -> str:
    """Return a text without anything that a terminal would obey; None is told as a dash."""
    text = "-" if value is None else str(value)
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def json_line(encoded: str) -> str:
    """Return JSON that says the same, without anything that a terminal would obey."""
    if encoded.isprintable():
        return encoded
    return "".join(
        letter if letter.isprintable() else json.dumps(letter)[1:-1].replace("\x7f", "\\u007f")
        for letter in encoded
    )


def print_json(value: Any) -> None:
    """Print one JSON document: what a text holds reaches no terminal as it is."""
    print(json_line(json.dumps(value)), flush=True)  # whoever watches a pipe waits for no full buffer


def print_table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table, or "none" for one without rows."""
    table = Table(*titles, box=None, pad_edge=False, show_header=any(titles))
    for row in rows:
        table.add_row(*(Text(plain(value)) for value in row))
    console = Console(width=None if sys.stdout.isatty() else _PIPED, highlight=False)
    console.print(table if table.row_count else "none")
