"""`netstab qualify`: what operators test before a load may sell a product, played on a site."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress

from events.chain import Head
from netstab import __version__
from netstab.cli.printing import plain, print_json, print_table
from netstab.cli.qualify_server import add_options, server_site
from netstab.errors import NetstabError, SettingsError
from netstab.power.unit import PowerMode
from netstab.qualification.bench import Heard, Played, Qualification, qualify
from netstab.qualification.calm_load import DAY_OF_ORDERS, QUIET_DAY
from netstab.qualification.catalogue import PROCEDURES
from netstab.qualification.criteria import DEFAULT_TEXT, Criteria, default_criteria, read_criteria
from netstab.qualification.page import page
from netstab.qualification.procedure import Procedure
from netstab.qualification.regulation import regulation
from netstab.qualification.report import About, document, seconds
from netstab.qualification.signal import read_signal
from netstab.qualification.site import Site as QualifiedSite
from netstab.qualification.virtual import VirtualSite
from netstab.settings import read_settings
from netstab.settings.env_file import env_file_of
from netstab.simulation.profiles import PROFILES
from netstab.simulation.virtual.site import Composition, Site

__all__ = ["add_parser", "run"]

_LONG = (QUIET_DAY.name, DAY_OF_ORDERS.name)
_USUAL = [name for name in PROCEDURES if name not in _LONG and "." not in name]

_FAILED = 1
"""Exit status where a test was not passed."""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("qualify", help="play the tests of grid products on a site and judge them")
    parser.add_argument(
        "--virtual", action="store_true", help="play them on a simulated fleet in virtual time"
    )
    parser.add_argument("--count", type=int, default=50, help="its units (default 50)")
    parser.add_argument(
        "--profile", choices=sorted(PROFILES), default="field", help="its times and failures (default field)"
    )
    parser.add_argument(
        "--composition", choices=list(Composition), default=Composition.S9, help="its makes (default S9)"
    )
    parser.add_argument(
        "--mode",
        choices=list(PowerMode),
        default=PowerMode.ON_OFF,
        help="the power control mode (default on_off)",
    )
    parser.add_argument("--seed", type=int, default=1, help="decides all chance (default 1)")
    parser.add_argument(
        "--tests",
        default=",".join(_USUAL),
        metavar="T1,...",
        help=f"which of {', '.join(_USUAL)} (default these), {', '.join(_LONG)} (a day each) and T11 (a loss "
        "in each of the others; some of them by T11.EMS or T11.EMS.T3)",
    )
    parser.add_argument(
        "--criteria",
        type=Path,
        metavar="FILE",
        help="figures to judge by, in place of the bench's own, as TOML",
    )
    parser.add_argument("--short", action="store_true", help="tests that take minutes; the report says so")
    parser.add_argument(
        "--print-criteria", action="store_true", help="print the bench's own criteria, and do no more"
    )
    parser.add_argument(
        "--signal",
        type=Path,
        metavar="FILE",
        help="the signal of T2, a value from -1 to 1 a line, in place of the bench's own",
    )
    parser.add_argument(
        "--into",
        type=Path,
        default=Path("qualification"),
        metavar="FOLDER",
        help="where report and log are written (default qualification)",
    )
    parser.add_argument("--json", action="store_true", help="print the report as one JSON document")
    add_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Play and judge. Raises `NetstabError` for what cannot be used or written."""
    if options.print_criteria:
        print(DEFAULT_TEXT, end="")
        return 0
    if options.virtual == options.server:
        raise SettingsError("Say on what the tests are to be played: --virtual or --server.")
    if options.server:
        asked = _asked(options)
        with server_site(options, asked.procedures, asked.criteria) as (site, remote):
            name = f"server at {remote.url}, judged by {remote.proven_by}{_shortened(options)}"
            return _tested(site, asked, name, remote.url, remote.head)
    simulated, asked = _simulated(options), _asked(options)
    url = f"sqlite:///{asked.folder / 'log.db'}"
    settings = read_settings(os.environ, env_file_of(os.environ))
    virtual = VirtualSite(
        simulated,
        url,
        settings.constraints,
        ems_timeout=settings.ems_timeout,
        ems_failsafe=settings.ems_failsafe,
    )
    with closing(virtual) as site:
        name, kept = f"{simulated.name}, virtual time{_shortened(options)}", asdict(settings.constraints)
        return _tested(site, asked, name, url, lambda: _words(site.log.head), kept)


def _shortened(options: argparse.Namespace) -> str:
    return "; SHORTENED tests" if options.short else ""


def _words(head: Head) -> str:
    return f"{head.version}:{head.digest}"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of any site."""

    procedures: Sequence[Procedure]
    criteria: Criteria
    seed: int
    folder: Path
    json: bool


def _asked(options: argparse.Namespace) -> _Asked:
    criteria = default_criteria().shortened() if options.short else default_criteria()
    if options.criteria is not None:
        criteria = read_criteria(options.criteria, criteria)
    return _Asked(_procedures(options), criteria, options.seed, _folder(options.into), options.json)


def _tested(
    site: QualifiedSite,
    asked: _Asked,
    name: str,
    log: str,
    head: Callable[[], str],
    dispatch: Mapping[str, Any] = MappingProxyType({}),
) -> int:
    """Play the tests on any site and report; `head` is that of its log, asked for at the end."""
    with _progress(hidden=asked.json) as (heard, told):
        found = qualify(site, asked.procedures, asked.criteria, asked.seed, heard, told)
    about = About(name, __version__, asked.seed, log, head(), dispatch)
    if asked.json:  # before it is written: where the disk is full the verdicts are not lost
        print_json(document(found, about, asked.criteria))
    else:
        _print(found)
    _write(asked.folder, found, about, asked.criteria)
    if not asked.json:
        print(f"Report: {asked.folder / 'report.html'}")
    return 0 if found.passed else _FAILED


def _simulated(options: argparse.Namespace) -> Site:
    if options.count < 1:
        raise SettingsError("--count must be 1 or more.")
    return Site(
        PROFILES[options.profile],
        options.count,
        PowerMode(options.mode),
        options.seed,
        composition=Composition(options.composition),
    )


def _procedures(options: argparse.Namespace) -> Sequence[Procedure]:
    signal = () if options.signal is None else read_signal(_text(options.signal))
    known = {**PROCEDURES, "T2": regulation(signal)}
    chosen: list[Procedure] = []
    for name in (name.strip() for name in options.tests.split(",")):
        found = [each for place, each in known.items() if place == name or place.startswith(f"{name}.")]
        if not found:
            raise SettingsError(f"There is no test {plain(name)}: choose of {', '.join(known)}.")
        chosen += found
    return chosen


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The signal cannot be read: {error}.") from error


def _folder(path: Path) -> Path:
    """Make a folder; one that holds a report is left as it is: the log in it is the proof."""
    if any((path / name).exists() for name in ("log.db", "report.json")):
        raise SettingsError(f"{path} holds a report already: choose another folder with --into.")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{path} cannot be made: {error}.") from error
    return path.resolve()


def _write(folder: Path, found: Qualification, about: About, criteria: Criteria) -> None:
    texts = {
        "report.html": page(found, about, criteria),
        "report.json": msgspec.json.encode(document(found, about, criteria)).decode(),
        **{f"{played.verdict.test}.csv": seconds(played.recording) for played in found.tests},
    }
    try:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise NetstabError(f"The report cannot be written: {error}.") from error


@contextmanager
def _progress(*, hidden: bool) -> Iterator[tuple[Heard, Callable[[Played], None]]]:
    """Show how far a test has come, and each verdict as soon as there is one, beside the output."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=hidden or not sys.stderr.isatty()) as shown:
        tasks: dict[str, Any] = {}

        def heard(test: str, share: float) -> None:
            task = tasks.setdefault(test, None)
            if task is None:
                task = tasks[test] = shown.add_task(test, total=1.0)
            shown.update(task, completed=share)

        yield heard, lambda played: shown.remove_task(tasks.pop(played.procedure.name))


def _print(found: Qualification) -> None:
    rows = [row for played in found.tests for row in _rows(played)]
    print_table(("test", "verdict", "figure", "", "bound", "margin"), rows)
    for played in found.tests:
        print(f"{played.verdict.test} is limited by: {plain(played.verdict.limited_by)}")
        for note in played.recording.notes:
            print(f"{played.verdict.test}: {plain(note)}")


def _rows(played: Played) -> Iterator[Sequence[str]]:
    verdict = played.verdict
    first = (f"{verdict.test} {played.procedure.title}", verdict.outcome.value)
    for bound in verdict.bounds:
        limit = f"{'>=' if bound.at_least else '<='} {bound.limit:.4g} {bound.unit}"
        required = "" if bound.required else " (not required)"
        yield (*first, bound.name, f"{bound.figure:.4g}", limit, f"{bound.margin:+.4g}{required}")
        first = ("", "")
    if not verdict.bounds:
        yield (*first, "", "", "", "")
