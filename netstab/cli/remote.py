"""What all commands that ask a running server by its API have in common: URL, token, exit status."""

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any

from netstab.cli.printing import plain, print_json
from netstab.client.calls import CallFailed, Client, Outcome
from netstab.settings.client import read_client_settings

__all__ = ["add_call", "seconds", "tell"]

_TIMEOUT = 10.0  # seconds

Call = Callable[[Client, argparse.Namespace], None]


def add_call(subparsers: Any, name: str, help: str, call: Call) -> argparse.ArgumentParser:  # noqa: A002
    """Add a command that calls the server; `call` prints what it says."""
    parser: argparse.ArgumentParser = subparsers.add_parser(name, help=help)
    parser.add_argument("--url", default="", help="the server's URL (default: NETSTAB_URL)")
    parser.add_argument(
        "--timeout", type=seconds, default=_TIMEOUT, metavar="S", help=f"seconds for a call ({_TIMEOUT:g})"
    )
    parser.add_argument("--json", action="store_true", help="print the answer's JSON")
    parser.set_defaults(run=lambda options: _run(call, options))
    return parser


def seconds(text: str) -> float:
    """Read a time as the command line has it."""
    value = float(text)
    if not 0.1 <= value <= 600:
        raise argparse.ArgumentTypeError("give a number from 0.1 to 600")
    return value


def _run(call: Call, options: argparse.Namespace) -> int:
    settings = read_client_settings(os.environ, options.url)
    try:
        with Client(settings.url, settings.token, settings.ca_file, options.timeout) as client:
            call(client, options)
    except CallFailed as error:
        if options.json:
            print_json({"accepted": False, "message": str(error), "code": error.code or None})
        else:
            code = f" ({plain(error.code)})" if error.code else ""
            print(f"netstab: {plain(error)}{code}", file=sys.stderr)
        return error.outcome
    return Outcome.DONE


def tell(client: Client, options: argparse.Namespace, method: str, path: str, body: Any = None) -> None:
    """Carry out a command, and print what the server says of it."""
    answer = client.call(method, path, body)
    print_json(answer) if options.json else print(plain(answer.get("message", "")))
