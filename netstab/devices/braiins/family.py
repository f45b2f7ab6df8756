"""The family of Braiins OS, and the look that finds it."""

from netstab.devices.braiins import older
from netstab.devices.braiins.driver import BraiinsDriver
from netstab.devices.braiins.session import PASSWORD, USERNAME, Session
from netstab.devices.braiins.sign import LOOK, sign
from netstab.devices.family import Credential, Family, Timings
from netstab.devices.port import Endpoint, Firmware, Identity
from netstab.devices.web import Web
from netstab.errors import DeviceError, FirmwareTooOld, Unreachable
from netstab.power.unit import Capabilities
from netstab.units import Seconds
from netstab.wire.bounds import after

__all__ = ["BRAIINS"]

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
    software, version = sign(endpoint, web)
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


BRAIINS = Family(
    key="braiins",
    firmware=Firmware.BRAIINS,
    look=_look,
    driver=BraiinsDriver,
    timings=_TIMINGS,
    tells_capabilities=True,
    credentials=_CREDENTIALS,
)
