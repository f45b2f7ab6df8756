"""By what a device shows that it is of Braiins OS, before it is shown anything. Reads alone.

The name of its mining software on the API port is one sign; its web server's version or page is another.
"""

import re
from contextlib import suppress

from netstab.devices.antminer.api_protocol import parse_version
from netstab.devices.antminer.naming import label
from netstab.devices.figures import parsed
from netstab.devices.models import UNKNOWN
from netstab.devices.port import Endpoint
from netstab.devices.web import Web
from netstab.errors import DeviceError, MalformedAnswer, NotAMiner, Unreachable
from netstab.units import Seconds
from netstab.wire.bounds import after

__all__ = ["LOOK", "require_sign", "sign"]

LOOK = Seconds(3.0)

_VERSION = "/api/v1/version/"
_SOFTWARE = re.compile(r"boser|bosminer", re.IGNORECASE)
_NAME = b"Braiins OS"  # in the page that its web server has for browsers
_NUMBERS = {"major", "minor", "patch"}


def sign(endpoint: Endpoint, web: Web) -> tuple[str, str]:
    """Return the name and version of its mining software; where its API port is closed, what HTTP tells.

    Raises `NotAMiner` for what gives no sign of the family.
    """
    try:
        answer = web.version(endpoint, after(LOOK))
    except Unreachable:
        return UNKNOWN, _interface(endpoint, web.logged_in(None), after(LOOK))
    return _named(answer)


def require_sign(endpoint: Endpoint, web: Web, expires: float) -> None:
    """Raise `NotAMiner` unless it gives a sign, its web server being asked first: that is in use anyway."""
    try:
        _interface(endpoint, web.logged_in(None), expires)
    except NotAMiner as error:
        try:
            _named(web.version(endpoint, expires))
        except DeviceError:
            raise error from None


def _named(answer: bytes) -> tuple[str, str]:
    try:
        software = parse_version(answer)
    except DeviceError as error:
        raise NotAMiner("Its mining software does not say what it is.") from error
    named = next(((name, software[name]) for name in software if _SOFTWARE.match(name)), None)
    if named is None:
        raise NotAMiner("Its mining software is none of Braiins OS.")
    return named


def _interface(endpoint: Endpoint, bare: Web, expires: float) -> str:
    """Return the version of the REST interface, if it tells that to anybody; else its page has to say."""
    answer = bare.ask(endpoint, _VERSION, expires=expires)
    with suppress(MalformedAnswer):
        told = parsed(answer.body) if answer.status == 200 else {}
        if told.keys() == _NUMBERS and all(type(number) is int for number in told.values()):
            return label(".".join(str(told[part]) for part in ("major", "minor", "patch")))
    if _NAME not in bare.ask(endpoint, "/", expires=expires).body:
        raise NotAMiner("What answers there does not say that it is Braiins OS.")
    return ""
