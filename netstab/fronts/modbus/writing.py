"""Takes a write into the image, whole or not at all: what points may hold, and what they set going. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from netstab.fronts.modbus.controls import Controls, Wish, asked, touched
from netstab.fronts.modbus.fleet import Fleet, operating
from netstab.fronts.modbus.registers import ExceptionCode, Refused, Written
from netstab.units import Seconds, Timestamp, asked_watts

__all__ = ["accepted", "shows_life"]

_BAD = 400
"""The status that the register of the last refusal shows for a value that cannot be used."""

_NOT_NOW = 503
"""That for a share of a rating which is not known yet: it would be 0 W."""

_HEARTBEATS = ("controller_heartbeat", "ControllerHb")
# While none is enabled a value is only kept, and what disables it once more ends no standby.
_SETPOINT = ("WSetEna", "WSet", "WSetPct", "WSetMod", "WSetRvrtTms")
_LIMIT = ("WMaxLimPctEna", "WMaxLimPct", "WMaxLimPctRvrtTms")

_STOP, _START, _ENTER_STANDBY, _EXIT_STANDBY = range(4)  # of OpCtl


def _any(_value: float, _fleet: Fleet) -> bool:
    return True


def _flag(value: float, _fleet: Fleet) -> bool:
    return value in (0, 1)


def _share(value: float, _fleet: Fleet) -> bool:
    return 0 <= value <= 100


def _drawn_share(value: float, _fleet: Fleet) -> bool:
    """Consumption is negative; a load feeds nothing in."""
    return -100 <= value <= 0


def _drawn(value: float, fleet: Fleet) -> bool:
    return value <= 0 and (not fleet.rated or -value <= fleet.rated)


_RULES: Mapping[str, Callable[[float, Fleet], bool]] = {
    "watchdog": _any,
    "WMaxLimPctEna": _flag,
    "WMaxLimPct": _share,
    "WMaxLimPctRvrt": _share,
    "WMaxLimPctEnaRvrt": _flag,
    "WMaxLimPctRvrtTms": _any,
    "WSetEna": _flag,
    "WSetMod": _flag,
    "WSet": lambda value, _fleet: value <= 0,
    "WSetRvrt": _drawn,
    "WSetPct": _drawn_share,
    "WSetPctRvrt": _drawn_share,
    "WSetEnaRvrt": _flag,
    "WSetRvrtTms": _any,
}
"""What is stored as it is written. `WSet` beyond the rating is the fleet's to refuse while it is enabled."""


def accepted(controls: Controls, written: Written, fleet: Fleet, now: Timestamp, client: str) -> Controls:
    """Return the controls after a write. Raises `Refused` for a value that cannot be used, or not now."""
    before, stored = controls, _stored(controls, written, fleet)
    controls = replace(controls.with_(**stored), client=client)
    if any(name in stored for name in _SETPOINT) and (controls["WSetEna"] or before["WSetEna"]):
        controls = replace(controls, wish=Wish.AS_SHOWN)
    if any(name in stored for name in _LIMIT) and (controls["WMaxLimPctEna"] or before["WMaxLimPctEna"]):
        controls = replace(controls, limiting=True)
    controls = _commanded(controls, written, fleet)
    if "WSet" in stored and not controls["WSetEna"] and not _drawn(controls["WSet"], fleet):
        raise _bad()
    if not fleet.rated and _is_share(controls):
        raise Refused(ExceptionCode.DEVICE_FAILURE, _NOT_NOW)
    controls = _timed(controls, stored, now)
    return touched(controls, now) if shows_life(before, written) else controls


def shows_life(before: Controls, written: Written) -> bool:
    """Whether a write says that its master lives: all do but a heartbeat that stands still."""
    return any(name not in _HEARTBEATS or value != before[name] for name, value in written.items())


def _stored(controls: Controls, written: Written, fleet: Fleet) -> dict[str, float]:
    stored = _targets(controls, written, fleet)
    for name, rule in _RULES.items():
        if name in written:
            value = written[name]
            if value is None or not rule(value, fleet):
                raise _bad()
            stored[name] = value
    return stored | {name: written[name] or 0 for name in _HEARTBEATS if name in written}


_TARGETS = ("target", "target_whole")


def _targets(controls: Controls, written: Written, fleet: Fleet) -> dict[str, float]:
    """Return the setpoint of the plain map. Of both its forms in one write, the one that is new counts."""
    given = [written[name] for name in _TARGETS if name in written]
    powers = [_power(value) for value in given]
    if not powers:
        return {}
    new = [power for power in powers if power != asked(controls, fleet.rated)]
    return {"WSet": -(new or powers)[-1], "WSetMod": 1, "WSetEna": 1}


def _power(value: float | None) -> float:
    if value is None or not 0 <= value < float("inf"):
        raise _bad()
    return asked_watts(value / 1000)


def _commanded(controls: Controls, written: Written, fleet: Fleet) -> Controls:
    """Note what is to be done. In one write the later register has the last word."""
    if "run" in written:
        run = written["run"]
        if run not in (0, 1):
            raise _bad()
        controls = _run(controls) if run else _stopped(controls)
    if "OpCtl" in written:
        controls = _operated(controls, written["OpCtl"], fleet)
    return controls


def _operated(controls: Controls, value: float | None, fleet: Fleet) -> Controls:
    """What is shown already changes nothing: so a block can be written back."""
    if value == operating(fleet):
        return controls
    if value in (_STOP, _ENTER_STANDBY):
        return _stopped(controls)
    if value in (_START, _EXIT_STANDBY):
        return _run(controls)
    raise _bad()


def _is_share(controls: Controls) -> bool:
    """Whether what is to be done is a share of rated power."""
    by_percent = controls.wish is Wish.AS_SHOWN and controls["WSetEna"] and controls["WSetMod"] == 0
    return bool(by_percent or (controls.limiting and controls["WMaxLimPctEna"]))


def _run(controls: Controls) -> Controls:
    return replace(controls.with_(WSetEna=1), wish=Wish.AS_SHOWN)


def _stopped(controls: Controls) -> Controls:
    return replace(controls.with_(WSetEna=0), wish=Wish.STANDBY, setpoint_reverts_at=None)


def _timed(controls: Controls, stored: Mapping[str, float], now: Timestamp) -> Controls:
    """Begin anew the timers of what was written; a time of 0 or what is not enabled has none."""
    if controls.wish is Wish.AS_SHOWN:
        at = _end(controls["WSetEna"], controls["WSetRvrtTms"], now)
        controls = replace(controls, setpoint_reverts_at=at)
    if any(name in stored for name in _LIMIT):
        at = _end(controls["WMaxLimPctEna"], controls["WMaxLimPctRvrtTms"], now)
        controls = replace(controls, limit_reverts_at=at)
    return controls


def _end(enabled: float, seconds: float, now: Timestamp) -> Timestamp | None:
    return Timestamp(now + Seconds(seconds)) if enabled and seconds else None


def _bad() -> Refused:
    return Refused(ExceptionCode.ILLEGAL_VALUE, _BAD)
