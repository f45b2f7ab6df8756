"""Measures dispatch as grid operators do, beside what is done without it. Run: make bench-dispatch

It writes a table, all figures and charts into benchmarks/results; a part that is chosen is only printed.
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.dispatch import behaviour, charts, report, selection
from benchmarks.dispatch.listing import jobs
from benchmarks.dispatch.matrix import Job, Outcome, run_all
from benchmarks.dispatch.real import Agreement, agreement
from benchmarks.dispatch.restart import Restart, restart
from benchmarks.dispatch.results import Results

RESULTS = Path(__file__).parent.parent / "results"


def main() -> None:
    options = _options()
    if selection.is_chosen(options):
        print("\n\n".join(selection.printed(_part(options))))
        return
    options.into.mkdir(parents=True, exist_ok=True)
    confirmed, restarted = (None, None) if options.quick else _over_sockets()
    if options.real:
        return
    began = time.monotonic()
    outcomes = _run(jobs(quick=options.quick), options.cores)
    results = Results(outcomes, confirmed, time.monotonic() - began, restarted)
    (options.into / "dispatch.md").write_text(report.document(results))
    (options.into / "dispatch.json").write_text(_json(results))
    charts.draw(results, options.into)
    print(report.goals_text(results))


def _over_sockets() -> tuple[Agreement, Restart]:
    """Run what is over real sockets first, while nothing else takes the cores."""
    confirmed = agreement()
    print(behaviour.agreement_line(confirmed), flush=True)
    restarted = restart()
    print(behaviour.restart_line(restarted), flush=True)
    return confirmed, restarted


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-dispatch", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="50 miners on one day in on/off mode")
    parser.add_argument("--real", action="store_true", help="only the run over real sockets")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--into", type=Path, default=RESULTS, help="the folder that results are written to")
    selection.add_options(parser)
    return parser.parse_args()


def _part(options: argparse.Namespace) -> Results:
    began = time.monotonic()
    wanted = selection.chosen(jobs(quick=False), options)
    if not wanted:
        raise SystemExit("make bench-dispatch: the benchmark has no run for which all of this holds.")
    return Results(_run(wanted, options.cores), None, time.monotonic() - began)


def _run(listed: Sequence[Job], cores: int) -> list[Outcome]:
    began, outcomes = time.monotonic(), []
    for number, outcome in enumerate(run_all(listed, cores), 1):
        outcomes.append(outcome)
        if number % 10 == 0 or number == len(listed):
            print(f"{number} of {len(listed)} runs, {time.monotonic() - began:.0f} s", flush=True)
    return outcomes


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
