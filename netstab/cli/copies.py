"""`netstab log export` and `import`: the whole log out into a file, and into a database that has none."""

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from events.backup import export, export_good_part
from events.chain import Head
from events.restore import bring_in
from events.store import FleetStore, reading
from netstab.cli.printing import plain
from netstab.cli.proof import BAD, NOT_VOUCHED_FOR, head_of, up_to
from netstab.cli.stored import url_of
from netstab.urls import without_password

__all__ = ["add_copy_parsers"]


def add_copy_parsers(actions: Any) -> None:
    out = actions.add_parser(
        "export", help="copy the log into a new file, verified, while a server writes it"
    )
    out.add_argument("file", type=Path, help="the new file, an SQLite database")
    out.add_argument(
        "--good-part",
        action="store_true",
        help="of a damaged log, copy what comes before the first bad event",
    )
    out.set_defaults(run=_export)
    into = actions.add_parser("import", help="bring an exported log into a database that has none, verified")
    into.add_argument("file", type=Path, help="the exported file")
    into.add_argument(
        "--head", type=head_of, metavar="VERSION:HASH", help="a head kept elsewhere, which the log must hold"
    )
    into.set_defaults(run=_import)


def _export(options: argparse.Namespace) -> int:
    if options.good_part:
        return _export_good_part(options)
    verdict = export(url_of(options), options.file)
    print(f"Exported to {options.file}, {_ends(options.file, verdict.head)}")
    return 0


def _export_good_part(options: argparse.Namespace) -> int:
    found, verdict = export_good_part(url_of(options), options.file)
    print(f"Exported to {options.file}, {_ends(options.file, verdict.head)}")
    if found.bad_version is None:
        return 0
    print(
        f"Event {found.bad_version} is bad: {plain(found.reason)}. It and all that follow are left behind.",
        file=sys.stderr,
    )
    return BAD


def _import(options: argparse.Namespace) -> int:
    url = url_of(options)
    head = bring_in(url, options.file, options.head)
    print(f"Imported into {without_password(url)}, {_ends(options.file, head)}")
    if options.head is None:
        print(NOT_VOUCHED_FOR, file=sys.stderr)
    return 0


def _ends(file: Path, head: Head) -> str:
    with reading(str(file)), closing(FleetStore(str(file), read_only=True)) as store:
        return up_to(store, head)
