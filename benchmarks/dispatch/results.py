"""All outcomes of a benchmark, and how they are looked up and averaged."""

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.dispatch.matrix import CONTROLLERS, SEED, Outcome
from benchmarks.dispatch.real import Agreement
from benchmarks.dispatch.restart import Restart
from benchmarks.dispatch.signals import is_day
from netstab.simulation.virtual.site import Composition

__all__ = ["Results", "figure"]

Wanted = Callable[[Outcome], bool]


@dataclass(frozen=True, slots=True)
class Results:
    """`agreement` and `restart` are None where nothing was run over real sockets."""

    outcomes: Sequence[Outcome]
    agreement: Agreement | None
    seconds: float
    restart: Restart | None = None

    def about(self) -> dict[str, Any]:
        return {
            "date": datetime.now(UTC).date().isoformat(),
            "machine": f"{os.cpu_count()} cores, {_processor()}",
            "python": platform.python_version(),
            "runs": len(self.outcomes),
            "minutes": round(self.seconds / 60, 1),
        }

    def select(self, kind: str, controller: str | None = None, **fields: object) -> list[Outcome]:
        """Return outcomes of a kind, of `SEED` and of S9 where `fields` do not say otherwise.

        These are those of the site, `profile` by its name, or `signal`; None stands for any.
        """
        fields = {"seed": SEED, "composition": Composition.S9, **fields}
        return [
            outcome
            for outcome in self.outcomes
            if outcome.job.kind == kind
            and controller in (None, outcome.job.controller)
            and all(wanted is None or _field(outcome, name) == wanted for name, wanted in fields.items())
        ]

    def mean(self, path: str, kind: str, controller: str, **fields: object) -> float | None:
        """Average a figure, by its dotted path, over the outcomes that have it."""
        found = [figure(outcome, path) for outcome in self.select(kind, controller, **fields)]
        numbers = [float(value) for value in found if value is not None]
        return fmean(numbers) if numbers else None

    def controllers(self) -> list[str]:
        present = {outcome.job.controller for outcome in self.outcomes}
        return [name for name in CONTROLLERS if name in present]


def figure(outcome: Outcome, path: str) -> Any:
    """Look a figure up by its path, with slashes; None where there is none."""
    found: Any = outcome.figures
    for name in path.split("/"):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _field(outcome: Outcome, name: str) -> object:
    site = outcome.job.site
    match name:
        case "signal":
            return outcome.job.signal
        case "caiso":
            return is_day(outcome.job.signal)
        case "profile":
            return site.profile.name
        case _:
            return getattr(site, name)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
