"""What an example is."""

from dataclasses import dataclass
from typing import Any

__all__ = ["EARLIER", "MOMENT", "Example"]


@dataclass(frozen=True, slots=True)
class Example:
    """An answer, and the request's body where there is one."""

    answer: Any
    body: Any = None


MOMENT = "2026-01-20T14:30:00.000Z"
EARLIER = "2026-01-20T14:25:00.000Z"
