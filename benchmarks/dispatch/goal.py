"""A goal and what was reached of it."""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Goal", "seconds"]


@dataclass(frozen=True, slots=True)
class Goal:
    """`met` is None where nothing was measured."""

    figure: str
    goal: str
    reached: str
    met: bool | None

    @staticmethod
    def of(figure: str, goal: str, parts: Iterable[tuple[str, bool]]) -> "Goal":
        """Join what was reached in several cases: met if each is."""
        found = list(parts)
        reached = "; ".join(text for text, _ in found)
        return Goal(figure, goal, reached, all(met for _, met in found) if found else None)


def seconds(value: float | None) -> str:
    """Word a time; one that did not come is never."""
    return "never" if value is None or value == float("inf") else f"{value:.0f} s"
