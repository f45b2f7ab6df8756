"""`netstab settings`: all settings as a file to begin with."""

import argparse
from typing import Any

from netstab.settings.example import example

__all__ = ["add_parser", "run"]


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("settings", help="print all settings with their defaults, as a .env file")
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace) -> int:
    print(example(), end="")
    return 0
