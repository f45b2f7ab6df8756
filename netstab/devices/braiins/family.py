"""The family of Braiins OS, and the look that finds it."""

import re
from contextlib import suppress

from netstab.devices.antminer.api_protocol import parse_version
from netstab.devices.antminer.naming import label
from netstab.devices.braiins import older
from netstab.devices.braiins.driver import BraiinsDriver
from netstab.devices.braiins.session import PASSWORD, USERNAME, Session
from netstab.devices.family import Credential, Family, Timings
from netstab.devices.figures import parsed
from netstab.devices.models import UNKNOWN
from netstab.devices.port import Endpoint, Firmware, Identity
from netstab.devices.web import Web
from netstab.errors import DeviceError, FirmwareTooOld, MalformedAnswer, NotAMiner, Unreachable
from netstab.power.unit import Capabilities
from netstab.units import Seconds
from netstab.wire.bounds import after

__all__ = ["BRAIINS"]

_VERSION = "/api/v1/version/"
LOOK = Seconds(3.0)
_SOFTWARE = re.compile(r"boser|bosminer", re.IGNORECASE)
_NAME = b"Braiins OS"  # in the page that its web server has for browsers
_NUMBERS = {"major", "minor", "patch"}

_TIMINGS = Timings(
    # No source tells how long a resume or a boot takes: some minutes, more where boards are preheated.
    start=Seconds(600.0),
    boot=Seconds(300.0),
    vanished=Seconds(300.0),
    let_in=Seconds(5.0),  # an action is answered once it is taken; a resume ends no process
    wrong_password=None,  # whoever reads it is refused, too
    stop=Seconds(60.0),  # boards are off within seconds: the vendor's example of quick ramping has 2 s
)

_CREDENTIALS = (
    Credential(USERNAME, "root", "user of Braiins OS", secret=False),
    Credential(PASSWORD, "", "its password, empty as Braiins OS comes"),
)


def _look(endpoint: Endpoint, web: Web) -> Identity:
    """Look for a sign of the family without showing anything; what has one is shown our password."""
    software, version = _sign(endpoint, web)
    try:
        return BraiinsDriver(web).identify(endpoint)
    except Unreachable:
        raise
    except FirmwareTooOld:
        model, release = older.names(Session(web), endpoint, after(LOOK))
        return _unproved(model or software, release or version)
    except DeviceError:  # it is locked, or does not tell what it can be told
        return _unproved(software, version)


def _unproved(model: str, version: str) -> Identity:
    """Return one that is of the family, and of which no more is known: it is asked again."""
    return Identity(model, Firmware.BRAIINS, version, "", "", None, Capabilities(), provisional=True)


def _sign(endpoint: Endpoint, web: Web) -> tuple[str, str]:
    """Return the name and version of its mining software; where its API port is closed, what HTTP tells.

    Raises `NotAMiner` for what gives no sign of the family.
    """
    expires = after(LOOK)
    try:
        answer = web.version(endpoint, expires)
    except Unreachable:
        return UNKNOWN, _interface(endpoint, web.logged_in(None))
    software = _software(answer)
    named = next(((name, software[name]) for name in software if _SOFTWARE.match(name)), None)
    if named is None:
        raise NotAMiner("Its mining software is none of Braiins OS.")
    return named


def _software(answer: bytes) -> dict[str, str]:
    try:
        return parse_version(answer)
    except DeviceError as error:
        raise NotAMiner("Its mining software does not say what it is.") from error


def _interface(endpoint: Endpoint, bare: Web) -> str:
    """Return the version of the REST interface, if it tells that to anybody; else its page has to say."""
    expires = after(LOOK)
    answer = bare.ask(endpoint, _VERSION, expires=expires)
    with suppress(MalformedAnswer):
        told = parsed(answer.body) if answer.status == 200 else {}
        if told.keys() == _NUMBERS and all(type(number) is int for number in told.values()):
            return label(".".join(str(told[part]) for part in ("major", "minor", "patch")))
    if _NAME not in bare.ask(endpoint, "/", expires=expires).body:
        raise NotAMiner("What answers there does not say that it is Braiins OS.")
    return ""


BRAIINS = Family(
    key="braiins",
    firmware=Firmware.BRAIINS,
    look=_look,
    driver=BraiinsDriver,
    timings=_TIMINGS,
    tells_capabilities=True,
    credentials=_CREDENTIALS,
)
