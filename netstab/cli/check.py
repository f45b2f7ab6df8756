"""`netstab check`: whether a server can work as it is set up here; the worst that was found is the status."""

import argparse
import os
from typing import Any

from netstab.check.all import findings
from netstab.check.finding import Grade
from netstab.cli.printing import plain, print_json

__all__ = ["add_parser", "run"]


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "check", help="say whether a server can work as it is set up here, and what to do if not"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    worst, told = Grade.OK, []
    for finding in findings(os.environ):
        worst = max(worst, finding.grade)
        told.append({"part": finding.part, "grade": finding.grade.name.lower(), "text": finding.text})
        if not options.json:
            print(f"{finding.grade.name.lower():<5}{finding.part:<15}{plain(finding.text)}", flush=True)
    if options.json:
        print_json({"worst": worst.name.lower(), "findings": told})
    return worst
