"""Tables in Markdown, and how fleets are named in them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from benchmarks.dispatch.results import Results

__all__ = ["NONE", "Cell", "Fleet", "Shown", "fields_of", "fleet_name", "fleets", "table", "whole"]

Cell = str | float | None
Fleet = tuple[str, int, str]
"""Profile, miners, mode."""

NONE = "\N{EN DASH}"


class Shown(NamedTuple):
    """A figure by its path in an outcome, under its head, times a factor, to so many digits."""

    head: str
    path: str
    factor: float = 1.0
    digits: int = 1

    def text(self, value: float) -> str:
        return f"{value * self.factor:.{self.digits}f}"


def table(head: Sequence[str], rows: Iterable[Sequence[Cell]], digits: int = 3) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    lines += [f"| {' | '.join(_cell(cell, digits) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(cell: Cell, digits: int) -> str:
    if cell is None:
        return NONE
    return cell if isinstance(cell, str) else f"{cell:.{digits}f}"


def fleets(results: Results, kind: str) -> list[Fleet]:
    """Return profile, miners and mode of all fleets that such a run was made of, in a steady order."""
    found = {
        (outcome.job.site.profile.name, outcome.job.site.count, outcome.job.site.mode.value)
        for outcome in results.select(kind)
    }
    return sorted(found, key=lambda site: (site[0], site[2] != "on_off", site[1]))


def fields_of(site: Fleet) -> dict[str, object]:
    return {"profile": site[0], "count": site[1], "mode": site[2]}


def fleet_name(site: Fleet) -> str:
    return f"{site[0]}, {site[1]} miners, {site[2].replace('_', '/')}"


def whole(value: float | None) -> str:
    return NONE if value is None else f"{value:.0f}"
