"""What a request's environment holds besides WSGI's own: when it arrived, and whether its client waits."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from netstab.units import Seconds

__all__ = ["client_gone", "describe", "waited"]

_ARRIVED = "netstab.arrived"
_GONE = "netstab.client_gone"


def describe(arrived: float, gone: Callable[[], bool]) -> dict[str, Any]:
    """Return what is to be added to an environment; `arrived` is monotonic."""
    return {_ARRIVED: arrived, _GONE: gone}


def waited(environment: Mapping[str, Any]) -> Seconds:
    """Return how long ago a request had arrived whole; 0 where another server tells nothing of it."""
    now = time.monotonic()
    return Seconds(now - environment.get(_ARRIVED, now))


def client_gone(environment: Mapping[str, Any]) -> bool:
    """Whether the client has closed its side of the connection."""
    return bool(environment.get(_GONE, bool)())
