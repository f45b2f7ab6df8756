"""What masters have written, as one image: accepted or refused at once, acted on after a quiet time. Pure.

Masters spread one intention over several writes, and enable before they write the value; so nothing is done
until none has come for `QUIET`. A refusal that comes then can be answered to nobody: the register of the last
refusal shows it, and the image falls back to what is in force.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType

from events.commands import Activate, Command, Deactivate, LiftLimit, Release, SetLimit
from netstab.fronts.modbus.fleet import LIMIT, Fleet
from netstab.units import Seconds, Timestamp, WallTime, Watts, on_wall

__all__ = ["QUIET", "Controls", "Due", "Wish", "asked", "commands", "due", "reconciled", "touched"]

QUIET = Seconds(0.3)
AT_LATEST = Seconds(1.0)
"""A master that never pauses is heard all the same."""

SPARE = Seconds(120.0)
"""So long after its timer a setpoint or a limit ends by itself: if this server is gone then, the log knows.

It is long enough that what is repeated need not be recorded more than once a minute.
"""

REVERSION = "modbus reversion timer"
"""Who is recorded as having said what a timer does."""

_BEGINNING: Mapping[str, float] = MappingProxyType(
    {
        "watchdog": 0,
        "controller_heartbeat": 0,
        "ControllerHb": 0,
        "WMaxLimPctEna": 0,
        "WMaxLimPct": 100,
        "WMaxLimPctRvrt": 100,
        "WMaxLimPctEnaRvrt": 0,
        "WMaxLimPctRvrtTms": 0,
        "WSetEna": 0,
        "WSetMod": 1,
        "WSet": 0,
        "WSetRvrt": 0,
        "WSetPct": 0,
        "WSetPctRvrt": 0,
        "WSetEnaRvrt": 0,
        "WSetRvrtTms": 0,
    }
)


class Wish(Enum):
    """What is to be done about the setpoint: what the image says, or standby."""

    AS_SHOWN = "as shown"
    STANDBY = "standby"


@dataclass(frozen=True, slots=True)
class Controls:
    """The image, and what waits. `client` wrote last; `refusal` is the last refusal's status, 0 without one.

    Target and run of the plain map are another view of `WSet` and `WSetEna`.
    """

    stored: Mapping[str, float] = field(default_factory=lambda: _BEGINNING)
    wish: Wish | None = None
    limiting: bool = False
    first_at: Timestamp | None = None
    settles_at: Timestamp | None = None
    client: str = ""
    setpoint_reverts_at: Timestamp | None = None
    limit_reverts_at: Timestamp | None = None
    silent_at: Timestamp | None = None
    refusal: int = 0

    def __getitem__(self, name: str) -> float:
        return self.stored[name]

    def with_(self, **stored: float) -> "Controls":
        """Return the controls with other contents of the image."""
        if all(self.stored[name] == value for name, value in stored.items()):
            return self
        return replace(self, stored=MappingProxyType({**self.stored, **stored}))

    @property
    def waits(self) -> bool:
        """Whether anything is to be done yet."""
        return self.wish is not None or self.limiting


def asked(controls: Controls, rated: Watts) -> Watts:
    """Return the power that the image names, whether it is enabled or not."""
    percent = controls["WSetMod"] == 0
    return Watts(float(round(-controls["WSetPct"] / 100 * rated)) if percent else -controls["WSet"] + 0.0)


def commands(controls: Controls, fleet: Fleet) -> tuple[Command, ...]:
    """Return what is to be said to the fleet; nothing where it would change nothing."""
    return (*_limit(controls, fleet), *_setpoint(controls, fleet))


def _setpoint(controls: Controls, fleet: Fleet) -> tuple[Command, ...]:
    if controls.wish is Wish.STANDBY:
        return (Deactivate(),)
    if controls.wish is None or (not controls["WSetEna"] and fleet.own is None):
        return ()
    if not controls["WSetEna"]:
        return (Release(),)
    return (Activate(asked(controls, fleet.rated), _until(controls.setpoint_reverts_at, fleet)),)


def _limit(controls: Controls, fleet: Fleet) -> tuple[Command, ...]:
    if not controls.limiting or (not controls["WMaxLimPctEna"] and fleet.limit is None):
        return ()
    if not controls["WMaxLimPctEna"]:
        return (LiftLimit(LIMIT),)
    return (SetLimit(LIMIT, _limit_of(controls, fleet), _until(controls.limit_reverts_at, fleet)),)


def _until(at: Timestamp | None, fleet: Fleet) -> WallTime | None:
    """Return when that ends by itself whose timer runs out at a moment."""
    return None if at is None else on_wall(Timestamp(at + SPARE), fleet.correction)


def _reverts_at(known: Timestamp | None, until: WallTime | None, fleet: Fleet) -> Timestamp | None:
    """Return when a timer runs out: of one that was begun before this server's start the log tells."""
    if known is not None or until is None:
        return known
    return Timestamp(until - SPARE - fleet.correction)


def touched(controls: Controls, now: Timestamp) -> Controls:
    """Return the controls after an accepted write: the watchdog begins anew, and so does the quiet time."""
    watchdog = controls["watchdog"]
    controls = replace(controls, silent_at=Timestamp(now + watchdog) if watchdog else None)
    if not controls.waits:
        return controls
    first = now if controls.first_at is None else controls.first_at
    settles = Timestamp(min(now + QUIET, first + AT_LATEST))
    return replace(controls, first_at=first, settles_at=settles, refusal=0)


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done now, by whom it was said, and whether the watchdog has run out."""

    commands: tuple[Command, ...] = ()
    client: str = ""
    silent: bool = False


def due(controls: Controls, fleet: Fleet, now: Timestamp) -> tuple[Controls, Due]:
    """Return what is to be done at a moment, and the controls once that is done."""
    silent = controls.silent_at is not None and controls.silent_at <= now
    controls = replace(controls, silent_at=None) if silent else controls
    controls = _reverted(controls, now)
    if controls.settles_at is None or now < controls.settles_at:
        return controls, Due(silent=silent)
    said = commands(controls, fleet)
    done = replace(controls, wish=None, limiting=False, first_at=None, settles_at=None)
    return done, Due(said, controls.client, silent)


def _reverted(controls: Controls, now: Timestamp) -> Controls:
    """Put in the place of setpoint and limit what is to follow them, once their timers have run out."""
    if controls.setpoint_reverts_at is not None and controls.setpoint_reverts_at <= now:
        follows = {name: controls[f"{name}Rvrt"] for name in ("WSetEna", "WSet", "WSetPct")}
        controls = replace(controls.with_(**follows), wish=Wish.AS_SHOWN, setpoint_reverts_at=None)
        controls = replace(controls, client=REVERSION, settles_at=now)
    if controls.limit_reverts_at is not None and controls.limit_reverts_at <= now:
        follows = {name: controls[f"{name}Rvrt"] for name in ("WMaxLimPctEna", "WMaxLimPct")}
        controls = replace(controls.with_(**follows), limiting=True, limit_reverts_at=None)
        controls = replace(controls, client=REVERSION, settles_at=now)
    return controls


def reconciled(controls: Controls, fleet: Fleet) -> Controls:
    """Return an image that shows what is in force, where nothing waits; what ended has no timer any more."""
    if controls.waits:
        return controls
    controls = _as_limited(controls, fleet)
    own = fleet.own
    power = own.target if own else None
    if own is None or power is None:
        return replace(controls.with_(WSetEna=0), setpoint_reverts_at=None)
    reverts_at = _reverts_at(controls.setpoint_reverts_at, own.until, fleet)
    controls = replace(controls, setpoint_reverts_at=reverts_at)
    if controls["WSetEna"] and asked(controls, fleet.rated) == power:
        return controls
    percent = {"WSetPct": max(-100.0, -round(1000 * power / fleet.rated) / 10)} if fleet.rated else {}
    return controls.with_(WSetEna=1, WSetMod=1, WSet=-power, **percent)


def _as_limited(controls: Controls, fleet: Fleet) -> Controls:
    limit = fleet.limit
    if limit is None:
        return replace(controls.with_(WMaxLimPctEna=0), limit_reverts_at=None)
    reverts_at = _reverts_at(controls.limit_reverts_at, limit.until, fleet)
    controls = replace(controls, limit_reverts_at=reverts_at)
    if not fleet.rated or (controls["WMaxLimPctEna"] and _limit_of(controls, fleet) == limit.power):
        return controls
    percent = min(100.0, round(1000 * limit.power / fleet.rated) / 10)
    return controls.with_(WMaxLimPctEna=1, WMaxLimPct=percent)


def _limit_of(controls: Controls, fleet: Fleet) -> Watts:
    return Watts(float(round(controls["WMaxLimPct"] / 100 * fleet.rated)))
