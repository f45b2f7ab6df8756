"""The profiles of a device to the points that it can be run at. Pure.

A profile is a frequency and a voltage with what they come to in W and TH/s, by the device's own word; the one
of step 0 is the nameplate's. Those above it are an overclock, and not for a dispatch to choose.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from netstab.devices.antminer.loose_json import plausible
from netstab.devices.antminer.naming import label
from netstab.power.unit import Capabilities, OperatingPoint, PowerSource
from netstab.units import GigahashPerSecond, Seconds, Watts

__all__ = ["capabilities", "is_name"]

_MOST = 64  # profiles that are looked at; the most that were seen are 25
_LARGEST = 12_000.0  # W, beyond the largest machines on the market
_FASTEST = 1500.0  # TH/s, likewise
_ABOVE_NAMEPLATE = 1.05  # of its hash rate: what the profile of step 0 may differ by
_RAMP_STEP = 5.0  # MHz, docs.luxor.tech
_STEP_TAKES = 2.0  # s; not known: it is assumed to be slow, and readings decide
_SETTLES_AT_LEAST = 60.0  # s
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,63}")
_AMOUNT = re.compile(r"\d+(\.\d+)?(W|THs)", re.IGNORECASE)  # of which `profileset` chooses one itself


@dataclass(frozen=True, slots=True)
class _Profile:
    point: OperatingPoint
    frequency: float
    step: int


def is_name(setting: object) -> bool:
    """Whether it names one profile: neither a step up or down nor an amount to be looked up."""
    return isinstance(setting, str) and bool(_NAME.fullmatch(setting)) and not _AMOUNT.fullmatch(setting)


def capabilities(
    entries: Iterable[Mapping[str, Any]], nameplate: GigahashPerSecond | None, *, measured: bool
) -> Capabilities:
    """Return what can be told a device of these profiles: none of them draws more than the nameplate's.

    Nothing where no profile is the nameplate's. `measured` says that its power supply tells the watts.
    """
    ladder = _ladder(list(entries)[:_MOST], nameplate)
    if not ladder:
        return Capabilities()
    span = ladder[-1].frequency - min(profile.frequency for profile in ladder)
    return Capabilities(
        switchable=True,
        steps=tuple(profile.point for profile in ladder),
        restarts_on_change=False,
        settles_within=Seconds(max(_SETTLES_AT_LEAST, span / _RAMP_STEP * _STEP_TAKES)),
        power_source=PowerSource.MEASURED if measured else PowerSource.APPROXIMATED,
        volatile=True,  # it is taken only awake, and lost at a reboot where it was not saved
    )


def _ladder(entries: list[Mapping[str, Any]], nameplate: GigahashPerSecond | None) -> list[_Profile]:
    """Return the profiles up to the nameplate's, which is the last one, ascending in power."""
    found = [profile for entry in entries if (profile := _profile(entry)) is not None]
    nominal = next((profile for profile in found if profile.step == 0), None)
    if nominal is None or (nameplate is not None and nominal.point.hashrate > nameplate * _ABOVE_NAMEPLATE):
        return []
    ladder = [nominal]
    names = {nominal.point.setting}
    for profile in sorted(found, key=lambda one: one.step, reverse=True):
        lower = profile.step < ladder[-1].step and profile.point.power < ladder[-1].point.power
        if lower and profile.point.setting not in names:
            ladder.append(profile)
            names.add(profile.point.setting)
    return ladder[::-1]


def _profile(entry: Mapping[str, Any]) -> _Profile | None:
    """Read one profile, None for one that is not of the maker's ladder or tells no power."""
    told = entry.get("Profile Name")
    name = label(told)
    power = plausible(entry.get("Watts"), 1, _LARGEST)
    hashrate = plausible(entry.get("Hashrate"), 0.001, _FASTEST)
    frequency = plausible(entry.get("Frequency"), 1, 5000)
    step = plausible(entry.get("Step"), -_MOST, _MOST)
    if name != told or not is_name(name) or not (power and hashrate and frequency) or step is None:
        return None
    point = OperatingPoint(Watts(float(round(power))), GigahashPerSecond(hashrate * 1000), name)
    return _Profile(point, frequency, int(step)) if step == int(step) else None
