"""`netstab log verify`: that nothing in the log was changed, and what the chain alone cannot show."""

import argparse
import sys
from typing import Any

from events.audit import audit
from events.backup import in_its_write_ahead_file, may_lack_its_end
from events.chain import GENESIS, Head
from events.store import FleetStore
from events.timeline import Timeline
from netstab.cli.printing import plain
from netstab.cli.stored import progress, url_of, with_store
from netstab.units import rfc3339

__all__ = ["BAD", "NOT_VOUCHED_FOR", "add_proof_parsers", "head_of", "up_to"]

BAD = 1
"""Exit status where a bad event or a difference is found."""

_ALONE = (
    "Note: no write-ahead file (-wal) is beside it. If this is a copy of a file in use, events are missing at"
    " its end."
)
_BESIDE = (
    "Note: {size} bytes stand in its write-ahead file (-wal) and were read. A copy without it lacks them:"
    " use `netstab log export`."
)
NOT_VOUCHED_FOR = (
    "Note: no log shows that its end was cut off. Compare this head with one kept elsewhere, or with"
    " GET /dashboard/api/history/head of the server, by --head VERSION:HASH."
)


def add_proof_parsers(actions: Any) -> None:
    verify = actions.add_parser("verify", help="prove that nothing in the log was changed")
    verify.add_argument(
        "--head",
        "--expected-head",
        dest="expected_head",
        type=head_of,
        metavar="VERSION:HASH",
        help="a head kept elsewhere, which the log must hold",
    )
    verify.add_argument(
        "--from",
        dest="known",
        type=head_of,
        default=GENESIS,
        metavar="VERSION:HASH",
        help="a known good head",
    )
    verify.set_defaults(run=_verify_with_notes)


def head_of(text: str) -> Head:
    """Read a head as the command line has it."""
    version, _, digest = text.partition(":")
    if not version.isdecimal() or len(digest) != len(GENESIS.digest):
        raise argparse.ArgumentTypeError("give VERSION:HASH, as /dashboard/api/history/head has them")
    return Head(int(version), digest.lower())


def _verify_with_notes(options: argparse.Namespace) -> int:
    """Verify, and say what a log that holds may still lack: its end."""
    url = url_of(options)
    alone, beside = may_lack_its_end(url), in_its_write_ahead_file(url)
    status = with_store(_verify)(options)
    if alone:
        print(_ALONE, file=sys.stderr)
    if beside:
        print(_BESIDE.format(size=beside), file=sys.stderr)
    if options.expected_head is None and status == 0:
        print(NOT_VOUCHED_FOR, file=sys.stderr)
    return status


def up_to(store: FleetStore, head: Head) -> str:
    """Say which event a log ends with."""
    if head == GENESIS:
        return "without any event."
    event: Any = store.domain_event(store.event(head.version))
    return f"up to event {head.version} of {rfc3339(event.at)}. Its head is {head.version}:{head.digest}"


def _verify(store: FleetStore, options: argparse.Namespace) -> int:
    begin, end = options.known.version + 1, len(Timeline(store).versions)
    with progress("Verifying", begin, end) as reached:
        verdict = audit(store, options.known, options.expected_head, reached)
    if verdict.bad_version is not None:
        print(f"Event {verdict.bad_version} is bad: {plain(verdict.reason)}.")
        return BAD
    print(f"The log holds, {up_to(store, verdict.head)}")
    return 0
