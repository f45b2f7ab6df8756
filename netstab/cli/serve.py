"""`netstab serve`: the server, until SIGTERM or Ctrl-C."""

import argparse
import logging
import os
from typing import Any

from netstab import __version__
from netstab.server.logs import set_up_logging
from netstab.server.process import allow_descriptors, wait_for_stop
from netstab.server.wiring import running
from netstab.settings import read_settings
from netstab.settings.misspelt import misspelt
from netstab.urls import authority

__all__ = ["add_parser", "run"]

logger = logging.getLogger(__name__)


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("serve", help="run the server; settings come from the environment")
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace) -> int:
    set_up_logging()
    allow_descriptors()
    settings = read_settings(os.environ)
    for sentence in misspelt(os.environ):
        logger.warning("%s", sentence)
    logger.info("netstab %s starts: %r", __version__, settings)
    with wait_for_stop() as stopped, running(settings) as system:
        print(f"Listening on http://{authority(settings.host, system.port)}", flush=True)
        stopped.wait()
    return 0
