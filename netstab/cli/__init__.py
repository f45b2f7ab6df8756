"""The command line: each subcommand is a module with `add_parser` and `run` that knows no parts."""

import argparse
import os
import sys
from collections.abc import Sequence

from netstab import __version__
from netstab.cli import check, completion, demo, fleet, log, qualify, serve, settings, simulate, steering
from netstab.cli.printing import plain
from netstab.errors import NetstabError

__all__ = ["command_line", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit status."""
    options = command_line().parse_args(arguments)
    try:
        status = int(options.run(options))
        sys.stdout.flush()
    except NetstabError as error:
        print("netstab:", "\n".join(map(plain, str(error).split("\n"))), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else the interpreter's end fails too
        return 141
    return status


def command_line() -> argparse.ArgumentParser:
    """Return the parser of all subcommands; what it parses has `run`."""
    parser = argparse.ArgumentParser(prog="netstab", description="Steer a mining fleet as one grid load.")
    parser.add_argument("--version", action="version", version=f"netstab {__version__}")
    subparsers = parser.add_subparsers(required=True, metavar="command")
    for command in (serve, check, settings, fleet, steering, log, qualify, demo, simulate):
        command.add_parser(subparsers)
    completion.add_parser(subparsers, parser)
    return parser
