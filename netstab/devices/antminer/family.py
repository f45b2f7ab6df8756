"""The families that this folder drives: the S9 on Vnish 3.x, on Bitmain's own firmware, and all else.

What is not known any better is asked in the same ways: most firmware answers on the port of the S9's API.
"""

from netstab.devices.antminer.reads import AntminerReads
from netstab.devices.antminer.s9 import S9_MODELS, START_LIMIT
from netstab.devices.antminer.vnish import VnishDriver
from netstab.devices.family import Credential, Family, Timings
from netstab.devices.port import Endpoint, Firmware, Identity
from netstab.devices.web import Web
from netstab.power.unit import Capabilities
from netstab.units import Seconds, Setting
from netstab.wire.login import Digest

__all__ = ["CREDENTIALS", "STOCK", "UNKNOWN", "VNISH"]

_TIMINGS = Timings(
    start=START_LIMIT,
    stop=Seconds(30.0),  # power falls within seconds
    vanished=Seconds(120.0),  # the web server is back 30-60 s after a reboot was taken
    process=Seconds(75.0),  # its port is bound some 40 s after the wake, and its host 24-32 s after it
    cure_every=Seconds(3600.0),  # a third of the restarts on real S9 broke the process
    wrong_password=None,  # its web server says so to whoever reads, too
    set_asleep=True,  # a third of such restarts, and a twelfth of wakes; and a wake can be tried again
)

CREDENTIALS = (
    Credential("MINER_USERNAME", "root", "user of the miners' web server", secret=False),
    Credential("MINER_PASSWORD", "root", "its password"),
)


class StockDriver(AntminerReads):
    """Offers no control at all: a watchdog in Bitmain's firmware restarts whatever is stopped."""

    firmware = Firmware.STOCK


class UnknownDriver(AntminerReads):
    """Reads as far as a device answers, on the API's port or on a web server like an Antminer's."""

    firmware = Firmware.UNKNOWN


def _in_megahertz(setting: Setting, _can: Capabilities) -> str:
    return f"{setting} MHz" if isinstance(setting, int) else setting


def _look(endpoint: Endpoint, web: Web) -> Identity:
    return UnknownDriver(web).identify(endpoint)


VNISH = Family(
    key="vnish",
    firmware=Firmware.VNISH,
    look=_look,
    driver=VnishDriver,
    timings=_TIMINGS,
    worded=_in_megahertz,
    models=S9_MODELS,
    credentials=CREDENTIALS,
    login=Digest,
    locked_is_unreachable=True,
)

STOCK = Family(
    key="stock",
    firmware=Firmware.STOCK,
    look=_look,
    driver=StockDriver,
    timings=_TIMINGS,
    worded=_in_megahertz,
    models=S9_MODELS,
    credentials=CREDENTIALS,
    login=Digest,
    locked_is_unreachable=True,
)

UNKNOWN = Family(
    key="unknown",
    firmware=Firmware.UNKNOWN,
    look=_look,
    driver=UnknownDriver,
    timings=_TIMINGS,
    worded=_in_megahertz,
    credentials=CREDENTIALS,
    login=Digest,
    locked_is_unreachable=True,
)
