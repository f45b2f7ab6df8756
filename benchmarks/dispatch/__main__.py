"""Measures dispatch as grid operators do, beside what is done without it. Run: make bench-dispatch

It writes a table, all figures and charts into benchmarks/results.
"""

import argparse
import json
import os
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.dispatch import behaviour, charts, report
from benchmarks.dispatch.matrix import jobs, run_all
from benchmarks.dispatch.real import agreement
from benchmarks.dispatch.results import Results

RESULTS = Path(__file__).parent.parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-dispatch", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="50 miners on one day in on/off mode")
    parser.add_argument("--real", action="store_true", help="only the run over real sockets")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--into", type=Path, default=RESULTS, help="the folder that results are written to")
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    confirmed = None if options.quick else agreement()  # first, while nothing else takes the cores
    if confirmed is not None:
        print(behaviour.agreement_line(confirmed))
    if options.real:
        return
    began, listed = time.monotonic(), jobs(quick=options.quick)
    outcomes = []
    for number, outcome in enumerate(run_all(listed, options.cores), 1):
        outcomes.append(outcome)
        if number % 10 == 0 or number == len(listed):
            print(f"{number} of {len(listed)} runs, {time.monotonic() - began:.0f} s", flush=True)
    results = Results(outcomes, confirmed, time.monotonic() - began)
    (options.into / "dispatch.md").write_text(report.document(results))
    (options.into / "dispatch.json").write_text(_json(results))
    charts.draw(results, options.into)
    print(report.goals_text(results))


def _json(results: Results) -> str:
    runs = sorted((outcome.as_json() for outcome in results.outcomes), key=json.dumps)
    real = None if results.agreement is None else asdict(results.agreement)
    document = {"about": results.about(), "real": real, "runs": _rounded(runs)}
    return json.dumps(document, indent=1) + "\n"


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return value


if __name__ == "__main__":
    main()
