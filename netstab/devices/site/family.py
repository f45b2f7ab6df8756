"""The family of sites. All of them are asked at `MINER_HTTP_PORT`, where their servers listen."""

from netstab.devices.family import Credential, Family, Timings, Waits
from netstab.devices.port import Endpoint, Firmware, Identity
from netstab.devices.site.driver import EMS_TOKEN, VIEWER_TOKEN, SiteDriver
from netstab.devices.web import Web
from netstab.units import Seconds

__all__ = ["NETSTAB"]

_TIMINGS = Timings(
    start=Seconds(300.0),  # until the first of its units hashes: the slowest known takes 240 s
    let_in=Seconds(0.0),
    stop=Seconds(600.0),  # it sheds within its own ramp limit
    boot=Seconds(0.0),  # it starts nothing by itself
    vanished=Seconds(15.0),
    counted_on=Seconds(5.0),  # others have its place within 15 s of its loss, where it is polled every second
    renew=Seconds(5.0),  # a site's EMS_TIMEOUT_SECONDS of 15 outlasts two that are lost
    wrong_password=None,  # whoever reads it is refused, too
    after_sleep=Waits(Seconds(5.0), Seconds(30.0)),
    after_wake=Waits(Seconds(5.0), Seconds(60.0)),
    after_change=Waits(Seconds(5.0), Seconds(60.0)),
)

_CREDENTIALS = (
    Credential(EMS_TOKEN, "", "token for the EMS's calls of the sites below, if they ask for one"),
    Credential(VIEWER_TOKEN, "", "token to read the dashboards of the sites below, if they ask for one"),
)


def _look(endpoint: Endpoint, web: Web) -> Identity:
    return SiteDriver(web).identify(endpoint)


NETSTAB = Family(
    key="netstab",
    firmware=Firmware.NETSTAB,
    look=_look,
    driver=SiteDriver,
    timings=_TIMINGS,
    tells_capabilities=True,
    credentials=_CREDENTIALS,
)
