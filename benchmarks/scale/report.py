"""The measured figures as a page: a table with the goals, and how each cost grows with the fleet."""

import math
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scale.measure import Row

__all__ = ["page"]


@dataclass(frozen=True)
class Line:
    """One line of the table: its figure's name, how it is shown, its goal at 20,000 units if it has one."""

    name: str
    words: str
    places: int = 0
    goal: float | None = None
    at_least: bool = False

    def met(self, figure: float) -> bool:
        return self.goal is None or (figure >= self.goal if self.at_least else figure <= self.goal)


LINES = (
    Line("asleep_cpu", "processor, all asleep, % of a core", goal=60),
    Line("hashing_cpu", "processor, all hashing, % of a core", goal=60),
    Line("hashing_mib", "resident memory, all hashing, MiB", goal=400),
    Line("asleep_p50_ms", "`GET /api/status` p50, all asleep, ms", 1),
    Line("asleep_p99_ms", "`GET /api/status` p99, all asleep, ms", 1, 10),
    Line("hashing_p50_ms", "`GET /api/status` p50, all hashing, ms", 1),
    Line("hashing_p99_ms", "`GET /api/status` p99, all hashing, ms", 1, 10),
    Line("hashing_lost", "EMS calls without an answer, all hashing", 0, 0),
    Line("activate_p50_ms", "`POST /api/activate` p50 of 20, ms", 0),
    Line("activate_ms", "`POST /api/activate` p99 of 20, ms", 0, 100),
    Line("deactivate_ms", "`POST /api/deactivate` of all, ms", 0, 200),
    Line("half_s", "half of the fleet within 5 %, s after the order", 1, 30),
    Line("all_s", "then all of it within 5 %, s after the order", 1, 30),
    Line("asleep_s", "deactivate: all asleep, s after the order", 1, 30),
    Line("found_s", "discovery: all found and polled, s (from 5,000 on a /16)", 0, 60),
    Line("missed", "miners missed by it", 0, 0),
    Line("scan_s", "the same block scanned again while all hash, s", 0, 60),
    Line("scan_missed", "miners missed by that", 0, 0),
    Line("stop_s", "clean stop, s", 1, 3),
    Line("restart_s", "restart to first status, s", 1, 5),
    Line("late_p50_s", "a poll's lateness p50, all hashing, s", 2),
    Line("late_p99_s", "a poll's lateness p99, all hashing, s", 2),
    Line("on_time", "polls within 1 s of their time, all hashing, %", 1),
    Line("constant", "status requests/s, in those for a constant file", 2, 0.9, at_least=True),
    Line("bare", "processor time for a unit and interval, in a bare socket loop's poll", 1),
    Line("pool", "the same, in a look by a pool of threads with `requests`", 2),
    Line("sqlite", "`POST /api/activate` p50, in a raw SQLite transaction of the same bytes", 1),
)

HEAD = """# Scale

One server and its simulated miners on one host, over real sockets on loopback: `POLL_INTERVAL_SECONDS=5`, no
ramp limit in effect, an EMS that asks ten times a second and four open pages while it is measured. Simulators
(about 30 µs of processor time a poll), EMS and pages are processes of their own and take their time from the
same cores. `make bench-scale` measures it again and writes this page; a figure with `>` was not
reached within that time, which is the bound of its phase.

"""
GROWTH = """
*Grows with* is the exponent of a power of the fleet's size, fitted to all sizes: 0 is the same for any fleet,
1 in proportion. Processor time *for a unit and interval* is all that the server does in five seconds while
all hash, EMS and pages included, divided by the units.
"""
LIMITS = Path(__file__).with_name("limits.md")
"""What limits, written by hand: it is put at the page's end."""


def page(rows: Sequence[Row]) -> str:
    rows = sorted(rows, key=lambda row: row.count)
    sizes = [f"{row.count:,}" for row in rows]
    lines = [
        f"{_dates(rows)}, {_machine()}.",
        "",
        f"| what | {' | '.join(sizes)} | goal at 20,000 | grows with |",
        f"|---|{'---|' * len(sizes)}---|---|",
        *(_line(line, rows) for line in LINES),
        GROWTH,
        *_judged(rows[-1]),
        "",
        LIMITS.read_text() if LIMITS.exists() else "",
    ]
    return (HEAD + "\n".join(lines)).rstrip() + "\n"


def _dates(rows: Sequence[Row]) -> str:
    dates = sorted(row.when for row in rows)
    return dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"


def _line(line: Line, rows: Sequence[Row]) -> str:
    cells = [_shown(line, row) for row in rows]
    goal = "" if line.goal is None else f"{'≥' if line.at_least else '≤'} {line.goal:g}"
    reached = [row for row in rows if line.name not in row.unreached]
    power = _exponent([(row.count, row.figures.get(line.name, math.nan)) for row in reached])
    return f"| {line.words} | {' | '.join(cells)} | {goal} | {power} |"


def _shown(line: Line, row: Row) -> str:
    figure = row.figures.get(line.name, math.nan)
    beyond = "> " if line.name in row.unreached else ""
    return "-" if math.isnan(figure) else f"{beyond}{figure:,.{line.places}f}"


def _exponent(points: Sequence[tuple[int, float]]) -> str:
    """Fit `cost = c * size ** e` by least squares of logarithms; "" where there is too little to fit."""
    logs = [(math.log(size), math.log(cost)) for size, cost in points if cost > 0]
    if len({x for x, _ in logs}) < 2:
        return ""
    middle_x, middle_y = (sum(values) / len(logs) for values in zip(*logs, strict=True))
    spread = sum((x - middle_x) ** 2 for x, _ in logs)
    return f"{sum((x - middle_x) * (y - middle_y) for x, y in logs) / spread:.1f}"


def _judged(row: Row) -> list[str]:
    """Say of each goal whether the largest fleet met it, and by how much it did not."""
    held = [line for line in LINES if line.goal is not None and line.name in row.figures]
    missed = [line for line in held if line.name in row.unreached or not line.met(row.figures[line.name])]
    said = [f"With {row.count:,} units {len(held) - len(missed)} of {len(held)} goals are met."]
    said += [f"- Not met: {line.words}: {_shown(line, row)}, the goal is {line.goal:g}." for line in missed]
    return said


def _machine() -> str:
    host = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} shared cores, {host}, Python {platform.python_version()}"
