"""What is measured: a fleet, how it is disturbed, and what it can draw."""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from netstab.devices.antminer.s9 import ANTMINER_S9, FREQUENCIES
from netstab.power.unit import PowerMode
from netstab.simulation.build import build_devices, loopback_addresses
from netstab.simulation.faults import FAULTS
from netstab.simulation.makes import POWER_LIMIT
from netstab.simulation.population import random_of
from netstab.simulation.profiles import Profile, Range
from netstab.simulation.virtual.device import VirtualDevice
from netstab.simulation.virtual.s9 import VirtualS9
from netstab.simulation.virtual.tunable import VirtualTunable
from netstab.units import MinerId, Setting

__all__ = [
    "FIRST_ADDRESS",
    "Composition",
    "Disturbance",
    "Site",
    "capability",
    "devices_of",
    "full_setting",
]

FIRST_ADDRESS = "127.7.1.1"

_WRONG = (0.3, 0.6)
"""By how much the power that a misreporting miner tells is off, up or down."""


class Composition(StrEnum):
    """What a fleet is made of."""

    S9 = "S9"
    RANGE = "range"  # units with a power limit in watts, which is moved without a restart
    MIXED = "mixed"  # half of either, by their number
    HALF = "half tunable"  # so many of either that half of the power can be tuned


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Shares from 0 to 1: miners that lose their power for good or tell a wrong power, and lost requests.

    `silent` answer nothing from the second `silent_from` on. Only S9 misreport and are silent so.
    """

    dead: float = 0.0
    misreporting: float = 0.0
    lost: float = 0.0
    silent: float = 0.0
    silent_from: float = 0.0


@dataclass(frozen=True, slots=True)
class Site:
    """A fleet by its profile and seed, the mode that it is dispatched in, and whether it has a meter.

    `page` is the range of seconds that a web server takes for one page.
    """

    profile: Profile
    count: int
    mode: PowerMode
    seed: int = 1
    metered: bool = True
    disturbance: Disturbance = Disturbance()
    page: Range = (0.1, 1.0)
    composition: Composition = Composition.S9

    @property
    def name(self) -> str:
        plain = f"{self.profile.name}, {self.count}, {self.mode.value.replace('_', '/')}"
        return plain if self.composition is Composition.S9 else f"{self.composition}, {plain}"

    @property
    def s9_count(self) -> int:
        tuned, whole = POWER_LIMIT[self.profile.name].rated_power, ANTMINER_S9.rated_power
        shares = {
            Composition.S9: 1.0,
            Composition.MIXED: 0.5,
            Composition.HALF: tuned / (tuned + whole),
            Composition.RANGE: 0.0,
        }
        return round(self.count * shares[self.composition])


def full_setting() -> Setting:
    """Return the setting at which an S9 runs at its full point."""
    return max(FREQUENCIES)


def devices_of(site: Site, *, asleep: bool = True) -> dict[MinerId, VirtualDevice]:
    """Build the site's miners, the S9 first."""
    return {**_s9_of(site, asleep), **_tunable_of(site, asleep)}


def _s9_of(site: Site, asleep: bool) -> dict[MinerId, VirtualDevice]:
    wrong = replace(FAULTS["wrong_power"], share=site.disturbance.misreporting, figure=_WRONG)
    devices = build_devices(
        site.s9_count,
        FIRST_ADDRESS,
        site.profile,
        site.seed,
        asleep=asleep,
        faults=(wrong,) if wrong.share else (),
    )
    return {miner_id: VirtualS9(device, site.profile) for miner_id, device in devices.items()}


def _tunable_of(site: Site, asleep: bool) -> dict[MinerId, VirtualDevice]:
    make, places = POWER_LIMIT[site.profile.name], range(site.s9_count, site.count)
    addresses = loopback_addresses(FIRST_ADDRESS, site.count)
    return {
        addresses[place]: VirtualTunable(
            addresses[place], place, make, random_of(site.seed, make.name, place), asleep=asleep
        )
        for place in places
    }


@lru_cache(maxsize=64)
def capability(site: Site) -> float:
    """Return what it draws, in W, with all running that can be controlled, as their owners have set them."""
    return sum(device.capability for device in devices_of(site).values())
