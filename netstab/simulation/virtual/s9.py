"""The S9 in virtual time: the simulated device that the servers serve, without its sockets."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from actors.miner.state import Send
from actors.report import Step
from events.state import RegisteredMiner
from netstab.devices.antminer.configuration import frequency_of, parse_configuration, power_share
from netstab.devices.antminer.family import VNISH
from netstab.devices.antminer.s9 import ANTMINER_S9, FREQUENCIES
from netstab.devices.port import Firmware, Reading
from netstab.errors import DeviceError, PortClosed
from netstab.simulation.device import Device
from netstab.simulation.physics import Miner, Stage
from netstab.simulation.population import Unit
from netstab.simulation.profiles import Profile
from netstab.simulation.supply import Supply
from netstab.simulation.virtual import wire
from netstab.simulation.virtual.device import Order, VirtualDevice
from netstab.units import Megahertz, MinerId, Setting, WallTime, Watts

__all__ = ["Draw", "VirtualS9", "s9"]


@dataclass(frozen=True, slots=True)
class Draw:
    """What a unit truly does at a frequency: power at the plug in W, hashrate in TH/s."""

    power: float
    hashrate: float


class VirtualS9:
    """A `VirtualDevice`; `draws` is what its unit truly does at each frequency that dispatch may choose."""

    fluctuates = False
    timings = VNISH.timings

    def __init__(self, device: Device, profile: Profile) -> None:
        self._device, self._profile = device, profile
        self.index = device.index
        self.registered = _registered(device)
        self.draws = _true_draws(device.unit, profile)

    @property
    def miner_id(self) -> MinerId:
        return self._device.miner_id

    @property
    def unit(self) -> Unit:
        return self._device.unit

    @property
    def physics(self) -> Miner:
        return self._device.miner

    @property
    def stage(self) -> Stage:
        return self.physics.stage

    @property
    def power(self) -> float:
        return self.physics.power

    @property
    def hashrate(self) -> float:
        if self.stage is not Stage.HASHING:
            return 0.0
        idle, full = self.unit.idle_power, self.draws[round(self.physics.running.frequency)]
        share = (self.power - idle) / (full.power - idle) if full.power > idle else 0.0
        return full.hashrate * share

    @property
    def next_change(self) -> float:
        return self._device.next_change

    @property
    def capability(self) -> float:
        return self.draws[self.unit.frequency].power if self.registered.controllable else self.power

    @property
    def gains(self) -> Mapping[Setting, float]:
        idle = self.unit.idle_power
        added: dict[Setting, float] = {frequency: draw.power - idle for frequency, draw in self.draws.items()}
        home = self.registered.home_frequency or self.unit.frequency
        return added | {0: added[home]}

    def advance(self, now: float) -> None:
        self.physics.advance(now)

    def cut_power(self) -> None:
        self.physics.cut_power()

    def fall_silent(self, *, api: bool = True) -> None:
        """Accept everything and answer nothing, on both ports or on that of the web server alone."""
        self._device.tampering = replace(self._device.tampering, hang_api=api, hang_web=True)

    def look(self) -> Reading | PortClosed | None:
        return wire.look(self._device)

    def probe(self) -> Reading | DeviceError:
        return wire.probe(self._device)

    def pages(self, step: Step) -> int:
        return wire.FREQUENCY_READS if step is Step.TUNE else 1

    def carry_out(self, send: Send) -> Order | DeviceError:
        return wire.carry_out(self._device, send)


def s9(device: VirtualDevice) -> VirtualS9:
    """Return a device that is known to be an S9 as one."""
    if not isinstance(device, VirtualS9):
        raise TypeError(f"{device.miner_id} is no S9.")
    return device


def _true_draws(unit: Unit, profile: Profile) -> Mapping[int, Draw]:
    """Measure a unit at each frequency that dispatch may choose, and at its own."""
    frequencies = sorted({*FREQUENCIES, unit.frequency})
    return {frequency: _draw(replace(unit, frequency=frequency), profile) for frequency in frequencies}


def _draw(unit: Unit, profile: Profile) -> Draw:
    miner = Miner(unit, profile, Supply(), Random(0), asleep=False)  # noqa: S311  # nosec B311  # physics
    ideal = sum(map(miner.board_ideal, range(ANTMINER_S9.boards))) * unit.hashrate_factor / 1000
    return Draw(miner.power, ideal)


def _registered(device: Device) -> RegisteredMiner:
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
        power_share=power_share(conf) if told else 1.0,
    )
