"""`netstab qualify --server`: the tests on the fleet of a running server, and an operator's word for it."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from random import Random

from netstab.cli.printing import plain
from netstab.cli.remote import seconds
from netstab.client.calls import Client
from netstab.errors import SettingsError
from netstab.meters.drivers import meter_for
from netstab.meters.port import Meter
from netstab.qualification.criteria import Criteria
from netstab.qualification.guard import intention, is_simulated, refusals
from netstab.qualification.live import GuardedSite, in_command, signals_end_it
from netstab.qualification.plan import Plan
from netstab.qualification.play import survey_plan
from netstab.qualification.procedure import Procedure
from netstab.qualification.remote import RemoteSite
from netstab.qualification.site import Resource
from netstab.settings import read_settings
from netstab.settings.client import ClientSettings, read_client_settings, read_ems_settings
from netstab.units import Seconds, Timestamp, kilowatts

__all__ = ["add_options", "server_site"]

_CALL = 5.0  # seconds


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--server", action="store_true", help="play them on the fleet of a running server")
    parser.add_argument("--url", default="", help="the server's URL (default: NETSTAB_URL)")
    parser.add_argument(
        "--timeout", type=seconds, default=_CALL, metavar="S", help=f"seconds for a call ({_CALL:g})"
    )
    parser.add_argument("--live", action="store_true", help="its miners are real: an operator says so")
    parser.add_argument(
        "--yes-move",
        type=float,
        metavar="KW",
        help="the operator's word: so many kW, the rated power, may be moved",
    )
    parser.add_argument(
        "--meter",
        default="",
        metavar="URL",
        help="a site meter that the bench reads itself, as POWER_METER_URL",
    )
    parser.add_argument(
        "--pace", type=_pace, default=1.0, help="of a simulated fleet: seconds of a plan in one (default 1)"
    )


def _pace(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= 100:
        raise argparse.ArgumentTypeError("give a number from 0.1 to 100")
    return value


@contextmanager
def server_site(
    options: argparse.Namespace, procedures: Sequence[Procedure], criteria: Criteria
) -> Iterator[tuple[GuardedSite, RemoteSite]]:
    """Take command of a fleet, and give it back, and say so. Raises `SettingsError` if it may not."""
    with ExitStack() as stack:
        ems, dashboard = (
            stack.enter_context(Client(told.url, told.token, told.ca_file, options.timeout))
            for told in _clients(options)
        )
        site = RemoteSite(ems, dashboard, _meter(options), options.pace)
        plans = _plans(site, options.seed, procedures, criteria)
        if not options.meter and any(plan.rate > 1 for plan in plans):
            raise SettingsError("T12 needs --meter: a server shows its power once a second.")
        _say(intention(plans, kilowatts(site.declared().upper), site.ems_timeout, site.shown, options.pace))
        _permitted(site, dashboard, options)
        stack.enter_context(signals_end_it())
        yield stack.enter_context(in_command(site, _say)), site


def _clients(options: argparse.Namespace) -> tuple[ClientSettings, ClientSettings]:
    return read_ems_settings(os.environ, options.url), read_client_settings(os.environ, options.url)


def _meter(options: argparse.Namespace) -> Meter | None:
    if not options.meter:
        return None
    told = {name: value for name, value in os.environ.items() if name.startswith("POWER_METER_")}
    settings = read_settings({**told, "POWER_METER_URL": options.meter})
    return meter_for(settings.meter, lambda: Timestamp(0.0))


def _plans(site: RemoteSite, seed: int, procedures: Sequence[Procedure], criteria: Criteria) -> list[Plan]:
    """Return what will be played, by what the server declares: a survey comes first."""
    declared = site.declared()
    about = Resource(declared.upper, declared.lower, declared.step, declared.ramp, site.units)
    full, rest = (Seconds(60 * criteria[f"site.{name}_minutes"]) for name in ("full", "rest"))
    tests = [
        each.plan(about, criteria, Random(f"{seed} {each.name}"))  # noqa: S311  # nosec B311
        for each in procedures
    ]
    return [survey_plan(site.rated, full, rest), *tests]


def _permitted(site: RemoteSite, dashboard: Client, options: argparse.Namespace) -> None:
    """Have somebody's word for it, and nobody in the way."""
    health = dashboard.call("GET", "/dashboard/api/health")
    simulated = is_simulated(health)
    if not simulated and options.pace != 1.0:
        raise SettingsError("Only a simulated fleet can be tested at another pace than its own.")
    word = options.yes_move if options.live else None
    if options.live and word is None and sys.stdin.isatty():
        word = _asked_for(kilowatts(site.rated))
    reasons = list(refusals(site.shown, health, word))
    if reasons:
        raise SettingsError("\n".join(["The fleet is not moved.", *reasons]))


def _asked_for(rated_kw: float) -> float | None:
    try:
        return float(input(f"Type the rated power in kW, {rated_kw:g}, to have it moved: "))
    except (ValueError, EOFError):
        return None


def _say(words: str) -> None:
    print(plain(words), file=sys.stderr, flush=True)
