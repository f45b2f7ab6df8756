"""`netstab demo`: simulated miners, server and EMS in one command, on loopback."""

import argparse
from typing import Any

from netstab.demo import Options, run_demo
from netstab.errors import SettingsError
from netstab.power.allocation import PowerMode
from netstab.server.process import wait_for_stop
from netstab.simulation.mix import MIX_FORM, MIX_HELP, S9, Mix, read_mix
from netstab.simulation.profiles import PROFILES

__all__ = ["add_parser", "run"]


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("demo", help="watch a simulated fleet follow an EMS, on loopback")
    made_of = parser.add_mutually_exclusive_group()
    made_of.add_argument("--miners", type=int, default=20, help="so many Antminer S9, 1 to 254 (default 20)")
    made_of.add_argument("--mix", metavar=MIX_FORM, help=MIX_HELP + "; 254 at most")
    parser.add_argument(
        "--sites",
        type=int,
        default=0,
        help="1 to 14 sites of so many miners each, under one server",
    )
    parser.add_argument("--profile", choices=sorted(PROFILES), default="document", help="times and failures")
    parser.add_argument("--speed", type=float, default=1.0, help="seconds of physics in a second (default 1)")
    parser.add_argument("--mode", type=PowerMode, choices=list(PowerMode), default=PowerMode.ON_OFF)
    parser.add_argument("--port", type=int, default=8000, help="port of the server; 0 takes a free one")
    parser.add_argument(
        "--fronts",
        action="store_true",
        help="with a broker (where mosquitto is installed), Modbus and a VTN to steer it by, and no EMS",
    )
    parser.add_argument("--seconds", type=float, help="end after this time (default: until Ctrl-C)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if not 1 <= options.miners <= 254 or not 0 <= options.sites <= 14 or options.speed <= 0:
        raise SettingsError("--miners must be 1 to 254, --sites 0 to 14 and --speed above 0.")
    mix = Mix({S9: options.miners}) if options.mix is None else read_mix(options.mix)
    if mix.total > 254:
        raise SettingsError(f"--mix: there are {mix.total} miners; a demonstration has 254 at most.")
    chosen = Options(
        mix=mix,
        sites=options.sites,
        profile=PROFILES[options.profile],
        speed=options.speed,
        mode=options.mode,
        port=options.port,
        seconds=options.seconds,
        fronts=options.fronts,
    )
    with wait_for_stop() as stopped:
        run_demo(chosen, stopped)
    return 0
