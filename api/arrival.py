"""Who sent a command and how long ago, and whether the client still waits for its answer."""

import falcon

from actors.port import Sender
from api.serving.environment import client_gone, waited
from netstab.errors import CommandRejected, ErrorCode

__all__ = ["PRINCIPAL", "refuse_if_gone", "sender"]

PRINCIPAL = "principal"
"""Where a request's context holds the name of its token; there is none where no token is asked for."""


def sender(request: falcon.Request) -> Sender:
    """Say who sent a command, and for how long it has been waiting here."""
    ids, principal = request.context, str(request.context.get(PRINCIPAL, ""))
    return Sender(request.remote_addr, waited(request.env), principal, ids.request_id, ids.command_id)


def refuse_if_gone(request: falcon.Request) -> None:
    """Refuse a command whose client has closed the connection; raises `CommandRejected` with TOO_LATE.

    One that is late is refused by the fleet, which records it.
    """
    if client_gone(request.env):
        raise CommandRejected(ErrorCode.TOO_LATE, "The client has closed the connection; nothing was done.")
