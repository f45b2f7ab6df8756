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
    for chatty in ("urllib3", "pykka", "eventsourcing"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # Each reading of a meter that fails is an error to it; ours says the same once, in a sentence.
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
