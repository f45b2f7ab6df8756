"""`netstab simulate`: a fleet of simulated miners, S9 or a mix, on loopback, until SIGTERM or Ctrl-C."""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from netstab.errors import NetstabError, SettingsError
from netstab.server.process import wait_for_stop
from netstab.simulation.faults import FAULTS, Fault, read_faults
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.mix import MIX_FORM, MIX_HELP, S9, read_mix
from netstab.simulation.mixed import MixedSite
from netstab.simulation.profiles import PROFILES

__all__ = ["add_parser", "run"]

_PORTS = ("api_port", "http_port", "whatsminer_api_port", "meter_http_port", "meter_modbus_port")


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("simulate", help="run simulated miners on loopback addresses")
    made_of = parser.add_mutually_exclusive_group()
    made_of.add_argument("--count", type=int, default=10, help="number of Antminer S9 (default 10)")
    made_of.add_argument("--mix", metavar=MIX_FORM, help=MIX_HELP)
    parser.add_argument(
        "--first-address", default="127.0.1.1", help="the first one's address (default 127.0.1.1)"
    )
    parser.add_argument("--profile", choices=sorted(PROFILES), default="document", help="times and failures")
    parser.add_argument("--seed", type=int, default=0, help="decides all chance (default 0)")
    parser.add_argument("--speed", type=float, default=1.0, help="seconds of physics in a second (default 1)")
    parser.add_argument("--api-port", type=int, default=4028, help="default 4028; 0 takes a free one")
    parser.add_argument("--http-port", type=int, default=8080, help="default 8080; 0 takes a free one")
    parser.add_argument(
        "--whatsminer-api-port", type=int, default=4433, help="of a mix; default 4433; 0 takes a free one"
    )
    parser.add_argument("--meter-http-port", type=int, help="give the site a meter, its JSON on this port")
    parser.add_argument("--meter-modbus-port", type=int, help="the same, its Modbus TCP on this port")
    parser.add_argument("--asleep", action="store_true", help="start sleeping, not hashing")
    parser.add_argument(
        "--faults",
        metavar="NAME[=SHARE],...",
        help="what is wrong with a share of the miners, 0 to 1: " + ", ".join(FAULTS),
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until told to stop. Raises `NetstabError` for an impossible fleet or a port that is taken."""
    if options.count < 1 or options.speed <= 0:
        raise SettingsError("--count must be 1 or more and --speed above 0.")
    _require_ports(options)
    faults = () if options.faults is None else read_faults(options.faults)
    if faults and options.mix is not None and S9 not in read_mix(options.mix).counts:
        raise SettingsError("--faults are those of S9, and there is none in --mix.")
    fleet = _simulated(options, faults)
    with wait_for_stop() as stopped:
        try:
            fleet.start()
        except OSError as error:
            remedy = "Choose others with --api-port, --http-port, --whatsminer-api-port or the meter's."
            raise NetstabError(f"The simulated fleet's ports cannot be opened: {error}. {remedy}") from error
        try:
            print(_sentence(fleet, options), *_struck(fleet, faults), sep="\n", flush=True)
            stopped.wait()
        finally:
            fleet.stop()
    return 0


def _require_ports(options: argparse.Namespace) -> None:
    """Raise `SettingsError` for a number that is no port."""
    for name in _PORTS:
        port = getattr(options, name)
        if port is not None and not 0 <= port <= 65535:
            raise SettingsError(f"--{name.replace('_', '-')} must be from 0 to 65535, not {port}.")


def _simulated(options: argparse.Namespace, faults: Sequence[Fault]) -> SimulatedFleet | MixedSite:
    common: dict[str, Any] = {
        "first_address": options.first_address,
        "profile": PROFILES[options.profile],
        "seed": options.seed,
        "speed": options.speed,
        "api_port": options.api_port,
        "http_port": options.http_port,
        "asleep": options.asleep,
        "faults": faults,
        "meter": _has_meter(options),
        "meter_http_port": options.meter_http_port or 0,
        "meter_modbus_port": options.meter_modbus_port or 0,
    }
    if options.mix is None:
        return SimulatedFleet(options.count, **common)
    return MixedSite(read_mix(options.mix), framed_port=options.whatsminer_api_port, **common)


def _has_meter(options: argparse.Namespace) -> bool:
    return options.meter_http_port is not None or options.meter_modbus_port is not None


def _sentence(fleet: SimulatedFleet | MixedSite, options: argparse.Namespace) -> str:
    made_of = meter = whatsminer = ""
    if isinstance(fleet, MixedSite):
        made_of = f" ({fleet.mix.words})"
        whatsminer = f", Whatsminer API port {fleet.framed_port}"
    if _has_meter(options):
        meter = f", site meter {fleet.meter_url} and modbus://127.0.0.1:{fleet.modbus_port}"
    return (
        f"{len(fleet.miners)} simulated miners{made_of} at {fleet.miners[0]} to {fleet.miners[-1]}, "
        f"API port {fleet.api_port}, web port {fleet.http_port}{whatsminer}{meter}"
    )


def _struck(fleet: SimulatedFleet | MixedSite, faults: Iterable[Fault]) -> Iterator[str]:
    """Say how many miners each fault has struck: a small share of a small fleet may be none."""
    counts = fleet.struck()
    return (f"{fault.name}: {counts[fault.name]} miners, {fault.meaning}" for fault in faults)
