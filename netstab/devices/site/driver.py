"""The driver of sites: reads what a site's server tells, and is its EMS.

A site keeps its own log, failsafe and override. One under manual override is told nothing.
"""

import asyncio
import math

import msgspec

from netstab.devices.model import UNKNOWN
from netstab.devices.port import (
    Activity,
    Details,
    Endpoint,
    Firmware,
    Identity,
    Keep,
    Permit,
    Pool,
    Reading,
    let_go,
)
from netstab.devices.site.documents import (
    Capacity,
    Dispatch,
    Status,
    Told,
    accepted,
    asks_for_a_token,
    capacity,
    document,
)
from netstab.devices.web import Content, Web
from netstab.errors import CommandRefused
from netstab.power.tuning import Tuning
from netstab.power.unit import Capabilities, PowerRange, PowerSource
from netstab.units import GigahashPerSecond, Seconds, Setting, Volts, Watts, kilowatts, watts
from netstab.wire.bounds import after
from netstab.wire.login import Bearer

__all__ = ["EMS_TOKEN", "MODEL", "VIEWER_TOKEN", "SiteDriver"]

MODEL = "Site"

EMS_TOKEN, VIEWER_TOKEN = "SITE_EMS_TOKEN", "SITE_VIEWER_TOKEN"  # nosec B105  # names of settings
"""What opens a site's calls for an EMS, and what its dashboard's."""

STATUS, ACTIVATE, DEACTIVATE = "/api/status", "/api/activate", "/api/deactivate"
DISPATCH, CAPACITY = "/dashboard/api/dispatch", "/dashboard/api/capacity?hands=0"
READ, COMMAND = Seconds(3.0), Seconds(5.0)

SETTLES = Seconds(150.0)
"""What a site that runs may take to another power: some of its units may have to boot for it."""

_LOCKED = Identity(UNKNOWN, Firmware.NETSTAB, "", "", "", None, Capabilities(), provisional=True)

_NOTHING = 0.02  # of the rating: so much above its minimum a site may draw that was told to stop


class SiteDriver:
    firmware = Firmware.NETSTAB

    def __init__(self, web: Web) -> None:
        self._stranger = web.logged_in(None)
        self._ems, self._dashboard = _shown(web, EMS_TOKEN), _shown(web, VIEWER_TOKEN)

    async def poll(self, endpoint: Endpoint) -> Reading:
        return await asyncio.to_thread(self.probe, endpoint)

    def probe(self, endpoint: Endpoint) -> Reading:
        return _reading(self._told(endpoint))

    def identify(self, endpoint: Endpoint) -> Identity:
        expires = after(READ)
        answer = self._stranger.ask(endpoint, CAPACITY, expires=expires)
        if asks_for_a_token(answer):
            answer = self._dashboard.ask(endpoint, CAPACITY, expires=expires)
            if asks_for_a_token(answer):
                return _LOCKED
        found = capacity(answer)
        known = found.lowest_power_kw > 0 and found.rated_power_kw > 0
        return Identity(
            MODEL,
            self.firmware,
            firmware_version="",
            mac=found.fleet_id or "",
            hostname="",
            setting=None,
            capabilities=_capabilities(found) if known else Capabilities(),
            provisional=not known,
        )

    def details(self, endpoint: Endpoint) -> Details:
        told = self._told(endpoint)
        status, dispatch, known = map(msgspec.to_builtins, (told.status, told.dispatch, told.capacity))
        return Details(_reading(told), status, known, dispatch, (), {})

    async def pools(self, endpoint: Endpoint) -> tuple[Pool, ...]:
        return ()

    def sleep(self, endpoint: Endpoint, permit: Permit, *, insist: bool = False) -> None:
        self._dispatch(endpoint, after(READ))
        self._tell(endpoint, None, permit)

    def wake(self, endpoint: Endpoint, permit: Permit) -> None:
        """Have it draw all that it can."""
        self._dispatch(endpoint, after(READ))
        found = capacity(self._dashboard.ask(endpoint, CAPACITY, expires=after(READ)))
        self._tell(endpoint, math.floor(1000 * min(found.reachable_power_kw, found.rated_power_kw)), permit)

    def apply(
        self,
        endpoint: Endpoint,
        setting: Setting,
        permit: Permit,
        keep: Keep = let_go,
        *,
        voltage: Volts | None = None,
    ) -> bool:
        if voltage is not None or not isinstance(setting, int):
            raise CommandRefused("A site takes a power and nothing else.")
        if _setting(self._dispatch(endpoint, after(READ))) == setting:
            return False
        self._tell(endpoint, setting, permit)
        return True

    def restore(self, endpoint: Endpoint, own: Tuning, permit: Permit) -> bool:
        return False

    def renew(self, endpoint: Endpoint, setting: Setting | None, permit: Permit) -> None:
        self._tell(endpoint, setting, permit)

    def _told(self, endpoint: Endpoint) -> Told:
        expires = after(READ)
        status = document(self._ems.ask(endpoint, STATUS, expires=expires), Status)
        dispatch = document(self._dashboard.ask(endpoint, DISPATCH, expires=expires), Dispatch)
        return Told(status, dispatch, capacity(self._dashboard.ask(endpoint, CAPACITY, expires=expires)))

    def _dispatch(self, endpoint: Endpoint, expires: float) -> Dispatch:
        """Read who commands the site, and raise `CommandRefused` where that is an operator's override."""
        found = document(self._dashboard.ask(endpoint, DISPATCH, expires=expires), Dispatch)
        if found.in_command == "override":
            raise CommandRefused("The site is under manual override.")
        return found

    def _tell(self, endpoint: Endpoint, setting: Setting | None, permit: Permit) -> None:
        """Be its EMS: have it draw a power in W, or go to standby."""
        path, body = DEACTIVATE, dict[str, float]()
        if setting is not None:
            path, body = ACTIVATE, {"activationPowerInKw": kilowatts(float(setting))}
        content, expires = Content.json(body), after(COMMAND)
        accepted(self._ems.ask(endpoint, path, content, expires=expires, permit=permit))


def _shown(web: Web, setting: str) -> Web:
    """Return the way to sites that shows them the token of a setting, where it is set."""
    token = web.credentials.get(setting, "")
    return web.logged_in(Bearer(token) if token else None)


def _setting(dispatch: Dispatch) -> Setting:
    """Return what an EMS has set it to in W, 0 for standby; or who else commands it."""
    if dispatch.in_command not in ("ems", "nobody"):
        return dispatch.in_command
    return round(1000 * (dispatch.target_power_kw or 0.0))


def _reading(told: Told) -> Reading:
    return Reading(
        activity=_activity(told),
        power=Watts(max(0.0, watts(told.status.active_power_in_kw))),
        hashrate=GigahashPerSecond(0.0),
        setting=_setting(told.dispatch),
        elapsed=None,
        boards=(),
        fans=(),
        takes_no_orders=_takes_no_orders(told),
        reach=_reach(told),
        fleets=(told.capacity.fleet_id or "", *told.capacity.fleets_below),
    )


def _activity(told: Told) -> Activity:
    """Say what a site does: one that was told to stop sheds for as long as its own ramp limit takes."""
    runs = told.status.running_status == 2
    if told.target > 0:
        return Activity.HASHING if runs else Activity.STARTING
    least = told.capacity.minimum_power_kw + _NOTHING * told.status.rated_power_in_kw
    return Activity.HASHING if runs and told.status.active_power_in_kw > least else Activity.STOPPED


def _takes_no_orders(told: Told) -> str:
    if told.overridden:
        return "it is under manual override"
    if not told.status.is_available_for_dispatch:
        return "its server is in fault, or does not know its units yet"
    return "" if told.capacity.lowest_power_kw > 0 else "none of its units can be used"


def _reach(told: Told) -> Watts | None:
    """Return the most that it can draw now by its units and its limits, None where that is its rating."""
    limits = (limit.power_kw for limit in told.dispatch.limits)
    most = min(told.capacity.reachable_power_kw, *limits, math.inf)
    return None if most >= told.status.rated_power_in_kw else Watts(max(1.0, _rounded(watts(most), 3)))


def _capabilities(found: Capacity) -> Capabilities:
    """Return its range: roughly, so that what a site has learned of its units makes no other unit of it."""
    highest = watts(found.rated_power_kw)
    lowest = min(highest, _rounded(watts(found.lowest_power_kw), 2))
    step = min(max(1.0, _rounded(watts(found.power_step_kw), 2)), max(1.0, highest - lowest))
    aligned = highest - math.floor((highest - lowest) / step) * step
    return Capabilities(
        switchable=True,
        range=PowerRange(Watts(aligned), highest, Watts(step), GigahashPerSecond(0.0)),
        restarts_on_change=False,
        settles_within=SETTLES,
        power_source=PowerSource.MEASURED,
        asleep=Watts(_rounded(watts(found.minimum_power_kw), 2)),
        starts_when_set=True,
    )


def _rounded(power: Watts, digits: int) -> float:
    return float(f"{power:.{digits}g}")
