"""`netstab simulate`: a fleet of simulated miners on loopback, until SIGTERM or Ctrl-C."""

import argparse
from typing import Any

from netstab.errors import NetstabError, SettingsError
from netstab.process import wait_for_stop
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.profiles import PROFILES

__all__ = ["add_parser", "run"]


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("simulate", help="run simulated Antminer S9 on loopback addresses")
    parser.add_argument("--count", type=int, default=10, help="number of miners (default 10)")
    parser.add_argument(
        "--first-address", default="127.0.1.1", help="the first one's address (default 127.0.1.1)"
    )
    parser.add_argument("--profile", choices=sorted(PROFILES), default="document", help="times and failures")
    parser.add_argument("--seed", type=int, default=0, help="decides all chance (default 0)")
    parser.add_argument("--speed", type=float, default=1.0, help="seconds of physics in a second (default 1)")
    parser.add_argument("--api-port", type=int, default=4028, help="default 4028; 0 takes a free one")
    parser.add_argument("--http-port", type=int, default=8080, help="default 8080; 0 takes a free one")
    parser.add_argument("--asleep", action="store_true", help="start sleeping, not hashing")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until told to stop. Raises `NetstabError` for an impossible fleet or a port that is taken."""
    if options.count < 1 or options.speed <= 0:
        raise SettingsError("--count must be 1 or more and --speed above 0.")
    fleet = SimulatedFleet(
        options.count,
        first_address=options.first_address,
        profile=PROFILES[options.profile],
        seed=options.seed,
        speed=options.speed,
        api_port=options.api_port,
        http_port=options.http_port,
        asleep=options.asleep,
    )
    with wait_for_stop() as stopped:
        try:
            fleet.start()
        except OSError as error:
            ports = f"{options.api_port} (--api-port) and {options.http_port} (--http-port)"
            raise NetstabError(f"The simulated miners' ports {ports} cannot be opened: {error}") from error
        try:
            print(_sentence(fleet), flush=True)
            stopped.wait()
        finally:
            fleet.stop()
    return 0


def _sentence(fleet: SimulatedFleet) -> str:
    return (
        f"{len(fleet.miners)} simulated miners at {fleet.miners[0]} to {fleet.miners[-1]}, "
        f"API port {fleet.api_port}, web port {fleet.http_port}"
    )
