"""No command is carried out late, or for a client that has gone."""

import falcon

from actors.client import COMMAND_DEADLINE, Sender
from api.serving.environment import client_gone, waited
from netstab.errors import CommandRejected

__all__ = ["refuse_late", "sender"]


def sender(request: falcon.Request) -> Sender:
    """Say who sent a command, and for how long it has been waiting here."""
    return Sender(request.remote_addr, waited(request.env))


def refuse_late(request: falcon.Request) -> None:
    """Refuse a command that waited too long for a thread, or whose client has closed the connection.

    Raises `CommandRejected` with TOO_LATE.
    """
    since = waited(request.env)
    if since > COMMAND_DEADLINE:
        message = (
            f"The command waited for {since:.1f} s, longer than {COMMAND_DEADLINE:g} s; nothing was done."
        )
        raise CommandRejected("TOO_LATE", message)
    if client_gone(request.env):
        raise CommandRejected("TOO_LATE", "The client has closed the connection; nothing was done.")
