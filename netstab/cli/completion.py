"""`netstab completion`: what a shell completes commands and options by: a script that starts nothing."""

import argparse
from typing import Any

__all__ = ["add_parser"]


def add_parser(subparsers: Any, of: argparse.ArgumentParser) -> None:
    parser = subparsers.add_parser("completion", help="print the completion script of a shell")
    parser.add_argument("shell", choices=("bash", "zsh", "fish"))
    parser.set_defaults(run=lambda options: _run(of, options))


def _run(of: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    # Imported only here: nothing else of the product needs it.
    import shtab  # noqa: PLC0415

    print(shtab.complete(of, options.shell))
    return 0
