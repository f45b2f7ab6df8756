"""Measures the server with 100 to 20,000 simulated miners. Run: make bench-scale

It writes docs/scale.md; ARGS="100 1000" measures these sizes alone.
"""

import argparse
import time
from pathlib import Path

from benchmarks.scale.measure import measure
from benchmarks.scale.report import page
from netstab.server.process import allow_descriptors

SIZES = [100, 1000, 5000, 10_000, 20_000]
PAGE = Path(__file__).parents[2] / "docs" / "scale.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-scale", description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES, help="how many miners, one size or more")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each measured stretch")
    parser.add_argument("--into", type=Path, default=PAGE, help="the page that is written")
    options = parser.parse_args()
    allow_descriptors()
    rows = []
    for size in options.sizes:
        rows.append(measure(size, options.seconds))
        print(size, {name: round(figure, 2) for name, figure in rows[-1].figures.items()}, flush=True)
        options.into.write_text(page(rows, time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())))


if __name__ == "__main__":
    main()
