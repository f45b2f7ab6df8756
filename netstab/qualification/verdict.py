"""What a test comes to: figures against bounds, each with its margin. Values."""

from dataclasses import dataclass
from enum import StrEnum

from netstab.units import Seconds

__all__ = ["Bound", "Figure", "Outcome", "Verdict"]


class Outcome(StrEnum):
    """What a verdict says."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_JUDGED = "not judged"  # what would be needed was not recorded


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure, and the limit that it must not exceed; `at_least`: that it must reach.

    `criterion` is the key of the limit. One that is not `required` is told, and fails nothing. `at` is the
    second of the plan at which the figure is decided, None for one of the whole test.
    """

    name: str
    figure: float
    limit: float
    unit: str
    criterion: str
    at_least: bool = False
    required: bool = True
    at: Seconds | None = None

    @property
    def margin(self) -> float:
        """How far the figure stays within the limit, below 0 where it does not, in its unit."""
        return self.figure - self.limit if self.at_least else self.limit - self.figure

    @property
    def held(self) -> bool:
        return self.margin >= 0

    @property
    def share(self) -> float:
        """The margin as a share of the limit, by which bounds are compared."""
        return self.margin / abs(self.limit) if self.limit else self.margin


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that is told and held against nothing."""

    name: str
    value: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`limited_by` says in a sentence which bound is nearest or most exceeded, when, and how units stood."""

    test: str
    outcome: Outcome
    bounds: tuple[Bound, ...]
    figures: tuple[Figure, ...] = ()
    limited_by: str = ""
