"""Sessions, in which alone LuxOS takes commands: a lock between writers, and no protection.

There is one at a time, and it ends by itself 60 s after its last use (docs.luxor.tech). One that another
client holds is neither used nor ended. The id of our own is remembered until it has ended for sure, so that
one that could not be logged off is not taken for another's.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from netstab.devices.luxos.protocol import request, session_id
from netstab.devices.port import Endpoint, Permit
from netstab.devices.transport import exchange_api
from netstab.devices.web import Web
from netstab.errors import CommandRefused, DeviceError, HeldByAnother, MalformedAnswer, Unreachable
from netstab.units import Seconds

__all__ = ["LASTS", "held"]

LASTS = Seconds(60.0)
"""After its last use, on the device."""

_REMEMBERED = Seconds(LASTS + 10.0)  # it is used for the last time when its command ends, some seconds on
_PURPOSE = "session"
_UNHEARD = "?"
"""Remembered in the place of an id after a logon whose answer was lost: there may be one of ours."""

_SESSION, _LOGON = request("session"), request("logon")


@contextmanager
def held(web: Web, endpoint: Endpoint, permit: Permit, expires: float, until: float) -> Iterator[str]:
    """Hold a session for one command, and give its id. It is opened by `expires`, and ended by `until`.

    Raises `HeldByAnother` while another client holds one, `Withdrawn` where the permit is gone before it is
    opened. That it could not be ended raises nothing: the command has been taken all the same.
    """
    own = _free_or_own(web, endpoint, expires) or _logged_on(web, endpoint, permit, expires)
    web.tokens.keep(endpoint, _PURPOSE, own, _REMEMBERED)
    try:
        yield own
    finally:
        with suppress(DeviceError):
            exchange_api(endpoint, request("logoff", own), until)
            web.tokens.forget(endpoint, _PURPOSE)


def _free_or_own(web: Web, endpoint: Endpoint, expires: float) -> str:
    """Return our own session where the device has it still, "" where it has none; a read."""
    there = session_id(exchange_api(endpoint, _SESSION, expires))
    known = web.tokens.kept(endpoint, _PURPOSE)
    if there and known == _UNHEARD:
        raise CommandRefused(
            "The miner is in a session that may be our own, of a lost answer: it ends within a minute."
        )
    if there and there != known:
        raise _of_another()
    return there


def _logged_on(web: Web, endpoint: Endpoint, permit: Permit, expires: float) -> str:
    try:
        opened = session_id(exchange_api(endpoint, _LOGON, expires, permit))
    except CommandRefused:
        # Refused it was because of a session, or for another reason: who asked first is seen by a read.
        if session_id(exchange_api(endpoint, _SESSION, expires)):
            raise _of_another() from None
        raise
    except (Unreachable, MalformedAnswer) as error:
        web.tokens.keep(endpoint, _PURPOSE, _UNHEARD, _REMEMBERED)
        error.may_have_acted = False  # a session alone changes nothing of what it does
        raise
    if not opened:
        raise MalformedAnswer("The miner opened a session and does not name it.")
    return opened


def _of_another() -> HeldByAnother:
    return HeldByAnother(
        "Another tool holds the miner's one session: end what else controls it, or keep it out of this fleet."
    )
