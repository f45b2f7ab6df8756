"""Where log lines go: one format on standard error, set up once by the command line."""

import logging
import time

__all__ = ["set_up_logging"]


def set_up_logging(level: int = logging.INFO) -> None:
    """Write log lines to standard error, times in UTC."""
    line = "%(asctime)s.%(msecs)03dZ %(levelname)-7s %(name)s: %(message)s"
    formatter = logging.Formatter(line, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("pykka", "eventsourcing"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # What fails on a wire ours say once, in a sentence. These say it each time, with whatever came, and with
    # the whole URL that was asked: a token may stand in it.
    for unguarded in ("urllib3", "pymodbus"):
        logging.getLogger(unguarded).setLevel(logging.CRITICAL)
