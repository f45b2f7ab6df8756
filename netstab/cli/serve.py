"""`netstab serve`: the server, until SIGTERM or Ctrl-C."""

import argparse
import logging
import os
import sys
from typing import Any

from netstab import __version__
from netstab.errors import LogError, SettingsError
from netstab.server.logs import log_format, set_up_logging
from netstab.server.process import allow_descriptors, collect_no_more, collect_seldom, wait_for_stop
from netstab.server.stacks import stacks_on_signal
from netstab.server.watchdog import ServiceManager, watched
from netstab.server.wiring import running
from netstab.settings import read_settings
from netstab.settings.doubts import doubts
from netstab.settings.env_file import env_file_of
from netstab.urls import authority

__all__ = ["NO_DATABASE", "UNUSABLE_SETTINGS", "add_parser", "run"]

UNUSABLE_SETTINGS, NO_DATABASE = os.EX_CONFIG, os.EX_UNAVAILABLE
"""Exit statuses: 78, which no further start mends, and 69, which one may."""

logger = logging.getLogger(__name__)


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "serve", help="run the server; settings come from the environment and .env"
    )
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace) -> int:
    """Run it; what keeps it from serving is told by its status, for who would start it again."""
    try:
        return _serve()
    except (SettingsError, LogError) as error:
        print(f"netstab: {error}", file=sys.stderr)
        return UNUSABLE_SETTINGS if isinstance(error, SettingsError) else NO_DATABASE


def _serve() -> int:
    allow_descriptors()
    env_file = env_file_of(os.environ)
    settings = read_settings(os.environ, env_file)
    set_up_logging(log_format(settings.log_format, os.environ))
    logger.info("netstab %s starts: %r", __version__, settings)
    logger.info("Served are %s.", settings.access)
    for sentence in doubts(os.environ, env_file, settings):
        logger.warning("%s", sentence)
    if env_file:
        logger.info("Settings that the environment does not hold come from %s.", env_file.resolve())
    with stacks_on_signal() as stacks, wait_for_stop() as stopped, running(settings) as system:
        stacks.under_way = system.fleet.runner.under_way
        collect_seldom()
        listening = f"Listening on http://{authority(settings.host, system.port)}"
        print(listening, flush=True)
        if system.ems_port is not None:
            print(f"The EMS has http://{authority(settings.host, system.ems_port)} for itself", flush=True)
        with watched(ServiceManager(os.environ), system.silent_for, listening):
            stopped.wait()
    collect_no_more()
    return 0
