"""Measures the server with 100 to 20,000 simulated miners, nine minutes at most each. Run: make bench-scale

It writes docs/scale.md; ARGS="100 1000" measures these sizes anew and takes the others from the last time.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from benchmarks.scale.measure import Row, measure
from benchmarks.scale.report import page
from netstab.server.process import allow_descriptors

SIZES = [20_000, 10_000, 5000, 1000, 100]
FOLDER = Path(__file__).parents[2]
PAGE = FOLDER / "docs" / "scale.md"
KEPT = FOLDER / "benchmarks" / "results" / "scale.json"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-scale", description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES, help="how many miners, one size or more")
    parser.add_argument("--seconds", type=float, default=25.0, help="length of each measured stretch")
    parser.add_argument("--into", type=Path, default=PAGE, help="the page that is written")
    parser.add_argument("--kept", type=Path, default=KEPT, help="the figures of all sizes")
    parser.add_argument("--page", action="store_true", help="measure nothing, only write the page anew")
    options = parser.parse_args()
    allow_descriptors()
    rows = _rows(options.kept)
    for size in [] if options.page else options.sizes:
        rows[size] = measure(size, options.seconds)
        options.kept.write_text(json.dumps([asdict(row) for row in rows.values()], indent=1) + "\n")
        options.into.write_text(page(list(rows.values())))
    options.into.write_text(page(list(rows.values())))


def _rows(kept: Path) -> dict[int, Row]:
    rows = [Row(**row) for row in json.loads(kept.read_text())] if kept.exists() else []
    return {row.count: row for row in rows}


if __name__ == "__main__":
    main()
