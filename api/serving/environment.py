"""What a request's environment holds besides WSGI's own: when it came, and whether its client waits."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from netstab.units import Seconds

__all__ = ["client_gone", "describe", "waited"]

_CAME = "netstab.came"
_GONE = "netstab.client_gone"


def describe(came: float, gone: Callable[[], bool]) -> dict[str, Any]:
    """Return what is to be added to an environment; `came` is when its first byte did, monotonic."""
    return {_CAME: came, _GONE: gone}


def waited(environment: Mapping[str, Any]) -> Seconds:
    """Return how long ago a request's first byte came; 0 where another server tells nothing of it."""
    now = time.monotonic()
    return Seconds(now - environment.get(_CAME, now))


def client_gone(environment: Mapping[str, Any]) -> bool:
    """Whether the client has closed its side of the connection."""
    return bool(environment.get(_GONE, bool)())
