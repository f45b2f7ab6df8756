"""What is measured: a fleet, how it is disturbed, and what each unit truly gives."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random

from events.state import RegisteredMiner
from netstab.devices.antminer.configuration import frequency_of, parse_configuration
from netstab.devices.antminer.s9 import ANTMINER_S9, FREQUENCIES
from netstab.devices.port import Firmware
from netstab.power.unit import PowerMode
from netstab.simulation.build import build_devices
from netstab.simulation.device import Device
from netstab.simulation.faults import FAULTS
from netstab.simulation.physics import Miner
from netstab.simulation.population import Unit
from netstab.simulation.profiles import Profile, Range
from netstab.simulation.supply import Supply
from netstab.units import Megahertz, MinerId, Setting, WallTime, Watts

__all__ = [
    "FIRST_ADDRESS",
    "Disturbance",
    "Draw",
    "Site",
    "capability",
    "devices_of",
    "full_setting",
    "registered",
    "true_draws",
]

FIRST_ADDRESS = "127.7.1.1"

_WRONG = (0.3, 0.6)
"""By how much the power that a misreporting miner tells is off, up or down."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Shares from 0 to 1: miners that lose their power for good or tell a wrong power, and lost requests."""

    dead: float = 0.0
    misreporting: float = 0.0
    lost: float = 0.0


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

    @property
    def name(self) -> str:
        return f"{self.profile.name}, {self.count}, {self.mode.value.replace('_', '/')}"


@dataclass(frozen=True, slots=True)
class Draw:
    """What a unit truly does at a frequency: power at the plug in W, hashrate in TH/s."""

    power: float
    hashrate: float


def full_setting() -> Setting:
    """Return the setting at which a miner runs at its full point."""
    return max(FREQUENCIES)


def true_draws(unit: Unit, profile: Profile) -> Mapping[int, Draw]:
    """Measure a unit at each frequency that dispatch may choose, and at its own."""
    frequencies = sorted({*FREQUENCIES, unit.frequency})
    return {frequency: _draw(replace(unit, frequency=frequency), profile) for frequency in frequencies}


def _draw(unit: Unit, profile: Profile) -> Draw:
    miner = Miner(unit, profile, Supply(), Random(0), asleep=False)  # noqa: S311
    ideal = sum(map(miner.board_ideal, range(ANTMINER_S9.boards))) * unit.hashrate_factor / 1000
    return Draw(miner.power, ideal)


def devices_of(site: Site, *, asleep: bool = True) -> dict[MinerId, Device]:
    """Build the site's miners."""
    wrong = replace(FAULTS["wrong_power"], share=site.disturbance.misreporting, figure=_WRONG)
    return build_devices(
        site.count,
        FIRST_ADDRESS,
        site.profile,
        site.seed,
        asleep=asleep,
        faults=(wrong,) if wrong.share else (),
    )


@lru_cache(maxsize=64)
def capability(site: Site) -> float:
    """Return what it draws, in W, with all running that can be controlled, each at its own frequency."""
    devices = devices_of(site)
    return sum(
        _draw(device.unit, site.profile).power if registered(device).controllable else device.miner.power
        for device in devices.values()
    )


def registered(device: Device) -> RegisteredMiner:
    """Register a miner as discovery would; one whose password was changed tells nothing of itself."""
    told = not device.condition.unauthorized
    vnish = told and not device.unit.stock
    conf = parse_configuration(device.conf.encode())
    return RegisteredMiner(
        miner_id=device.miner_id,
        api_port=4028,
        http_port=80,
        model=ANTMINER_S9.name,
        firmware=Firmware.VNISH if vnish else Firmware.STOCK if told else Firmware.UNKNOWN,
        firmware_version="3.9.0" if vnish else "",
        mac=device.mac if told else "",
        hostname="antMiner" if told else "",
        rated_power=Watts(ANTMINER_S9.rated_power),
        home_frequency=Megahertz(frequency_of(conf) or 0) or None if told else None,
        controllable=vnish,
        registered_at=WallTime(0.0),
    )
