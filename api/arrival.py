"""Who sent a command and how long ago, and whether the client still waits for its answer."""

from functools import partial

import falcon

from actors import claim
from actors.port import Sender
from api.serving.environment import client_gone, waited

__all__ = ["PRINCIPAL", "refuse_if_gone", "sender"]

PRINCIPAL = "principal"
"""Where a request's context holds the name of its token; there is none where no token is asked for."""


def sender(request: falcon.Request) -> Sender:
    """Say who sent a command, and for how long it has been waiting here."""
    ids, principal = request.context, str(request.context.get(PRINCIPAL, ""))
    return Sender(
        request.remote_addr,
        waited(request.env),
        principal,
        ids.request_id,
        ids.command_id,
        partial(client_gone, request.env),
    )


def refuse_if_gone(request: falcon.Request) -> None:
    """Refuse a command whose client has closed the connection; raises `CommandRejected` with TOO_LATE.

    One that is late is refused by the fleet, which records it.
    """
    if client_gone(request.env):
        raise claim.client_gone()
