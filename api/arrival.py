"""When a request had arrived whole, and whether its client still waits: no command is carried out late."""

import time
from collections.abc import Callable
from typing import Any

import falcon

from actors.client import COMMAND_DEADLINE, Sender
from netstab.errors import CommandRejected
from netstab.units import Seconds

__all__ = ["describe", "refuse_late", "sender"]

_ARRIVED = "netstab.arrived"
_GONE = "netstab.client_gone"


def describe(arrived: float, client_gone: Callable[[], bool]) -> dict[str, Any]:
    """Give what a request's environment must hold besides WSGI's own; `arrived` is monotonic."""
    return {_ARRIVED: arrived, _GONE: client_gone}


def sender(request: falcon.Request) -> Sender:
    """Say who sent a command, and for how long it has been waiting here."""
    return Sender(request.remote_addr, _waited(request))


def refuse_late(request: falcon.Request) -> None:
    """Refuse a command that waited too long for a thread, or whose client has closed the connection.

    Raises `CommandRejected` with TOO_LATE.
    """
    waited = _waited(request)
    if waited > COMMAND_DEADLINE:
        message = (
            f"The command waited for {waited:.1f} s, longer than {COMMAND_DEADLINE:g} s; nothing was done."
        )
        raise CommandRejected("TOO_LATE", message)
    if request.env.get(_GONE, bool)():
        raise CommandRejected("TOO_LATE", "The client has closed the connection; nothing was done.")


def _waited(request: falcon.Request) -> Seconds:
    now = time.monotonic()
    return Seconds(now - request.env.get(_ARRIVED, now))
