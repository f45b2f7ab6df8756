"""`netstab log`: the command log verified, carried elsewhere, told again, decided anew. It changes none."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from events.replay import Chapter, Difference, Differences, chapters
from events.store import FleetStore
from events.timeline import Moment, Timeline, moment
from netstab.cli.copies import add_copy_parsers
from netstab.cli.printing import json_line, plain
from netstab.cli.proof import BAD, add_proof_parsers
from netstab.cli.stored import progress, with_store
from netstab.dispatch.decision import Shares
from netstab.errors import SettingsError
from netstab.units import kilowatts, rfc3339

__all__ = ["add_parser"]

_ROWS = 500  # a table is laid out piece by piece, so that a log of any length can be shown


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "log", help="verify the command log, export and import it, replay it, decide anew"
    )
    parser.add_argument("--database", help="where the log is kept (default: DATABASE_URL)")
    actions = parser.add_subparsers(required=True, metavar="action")
    add_proof_parsers(actions)
    add_copy_parsers(actions)
    replay = _ranged(actions.add_parser("replay", help="tell the history as it unfolded"))
    replay.add_argument("--at", type=_moment, help="show the fleet as it was at a version or time instead")
    replay.set_defaults(run=with_store(_replay))
    diff = _ranged(
        actions.add_parser("diff", help="show which orders today's code would share out otherwise")
    )
    diff.set_defaults(run=with_store(_diff))


def _ranged(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--from", dest="first", type=_moment, help="first version, or time in RFC 3339")
    parser.add_argument("--to", dest="last", type=_moment, help="last version, or time")
    parser.add_argument("--json", action="store_true", help="print JSON Lines")
    return parser


def _moment(text: str) -> Moment:
    try:
        return moment(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is neither a version nor a time in RFC 3339") from error


def _replay(store: FleetStore, options: argparse.Namespace) -> int:
    if options.at is not None:
        return _show_state(store, options)
    first, last = _range(store, options)
    with progress("Replaying", first, last, hidden=sys.stdout.isatty()) as reached:
        told = _noting(chapters(store, first, last), reached)
        if options.json:
            _print_json(_chapter(chapter) for chapter in told)
        else:
            _print_table(("version", "time", "event", "source", "by", "what"), map(_chapter_row, told))
    return 0


def _show_state(store: FleetStore, options: argparse.Namespace) -> int:
    version = Timeline(store).until(options.at)
    fleet = store.fleet(version) if version else None
    if fleet is None or fleet.version != version:
        raise SettingsError("Nothing is recorded of that moment or version.")
    if options.json:
        _print_json([fleet.state])
    else:
        Console().print_json(msgspec.json.encode(fleet.state, enc_hook=dict).decode(), ensure_ascii=True)
    return 0


def _diff(store: FleetStore, options: argparse.Namespace) -> int:
    first, last = _range(store, options)
    differences = Differences(store)
    with progress("Deciding anew", first, last) as reached:
        found = list(differences.between(first, last, reached))
    if options.json:
        _print_json(difference._asdict() for difference in found)
    elif found:
        _print_table(_SHARED, map(_difference_row, found))
    print(_summed_up(len(found), differences), file=sys.stderr)
    return BAD if found else 0


def _summed_up(found: int, differences: Differences) -> str:
    said = f"{found} of {differences.compared} orders differ"
    if differences.repeated:
        said += f"; {differences.repeated} repeated the one in force and decided nothing"
    if differences.incomparable:
        said += (
            f"; {differences.incomparable} cannot be worked out again: an older version recorded them"
            " without what they were decided by"
        )
    return f"{said}."


def _range(store: FleetStore, options: argparse.Namespace) -> tuple[int, int]:
    timeline = Timeline(store)
    last = len(timeline.versions) if options.last is None else timeline.until(options.last)
    spans = timeline.spans(options.first, None)
    return spans[0].first if spans else last + 1, min(last, len(timeline.versions))


def _noting(told: Iterable[Chapter], reached: Callable[[int], None]) -> Iterator[Chapter]:
    for chapter in told:
        if chapter.version % _ROWS == 0:
            reached(chapter.version)
        yield chapter


def _print_json(lines: Iterable[Any]) -> None:
    for line in lines:
        print(json_line(msgspec.json.encode(line, enc_hook=dict).decode()))


def _print_table(titles: Sequence[str], rows: Iterator[Sequence[str]]) -> None:
    console, header = Console(width=None if sys.stdout.isatty() else _PIPED), True
    while some := list(islice(rows, _ROWS)):
        table = Table(box=None, show_header=header, pad_edge=False)
        for title in titles:
            table.add_column(title, no_wrap=title in _WIDTHS, min_width=_WIDTHS.get(title))
        for row in some:
            table.add_row(*row)
        console.print(table)
        header = False


_PIPED = 200  # columns of a file, which wraps nothing
_WIDTHS = {"version": 8, "time": 24, "event": 20, "source": 9}
_SHARED = ("version", "time", "command", "target", "full/swing/idle then", "now")


def _chapter(chapter: Chapter) -> dict[str, Any]:
    return {
        "version": chapter.version,
        "timestamp": rfc3339(chapter.at),
        "event": chapter.kind,
        **chapter.stored,
    }


def _chapter_row(chapter: Chapter) -> Sequence[str]:
    said = (escape(plain(text)) for text in (chapter.source, chapter.principal, chapter.text))
    return (str(chapter.version), rfc3339(chapter.at), chapter.kind, *said)


def _difference_row(difference: Difference) -> Sequence[str]:
    target = "standby" if difference.target is None else f"{kilowatts(difference.target)} kW"
    told = (str(difference.version), rfc3339(difference.at), difference.command, target)
    return (*told, _shares(difference.then), _shares(difference.now))


def _shares(shares: Shares) -> str:
    return f"{shares.full}/{shares.swing}/{shares.idle} {kilowatts(shares.power)} kW"
