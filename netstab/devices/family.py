"""What a family of devices is: what is the same for all of them, as data. No device is talked to here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from netstab.devices.port import Endpoint, Firmware, Identity, Readable
from netstab.devices.web import Web
from netstab.power.unit import Capabilities
from netstab.units import Seconds, Watts

__all__ = ["Family", "Model", "Timings", "Waits"]


@dataclass(frozen=True, slots=True)
class Waits:
    """How long is waited after a failure before the next try: at first, and at most."""

    first: Seconds
    longest: Seconds


@dataclass(frozen=True, slots=True)
class Timings:
    """How long devices of a family take for what they are told, and how often they may be told again.

    `start` bounds a wake or restart: a miner may boot that long before it counts as failed; within `let_in`
    of having been taken it has ended what ran before. `stop` bounds the fall of power after a sleep command.
    One that was without power shows its web server up to `boot` before it hashes by itself, and a miner that
    took a start and is silent for `vanished` does not boot any more. A restart that is to bring in a setting
    is spent once in `cure_every`, and a failure counts for `remembered` while nobody tries again.
    """

    start: Seconds = Seconds(240.0)
    let_in: Seconds = Seconds(30.0)
    stop: Seconds = Seconds(30.0)
    boot: Seconds = Seconds(60.0)
    vanished: Seconds = Seconds(120.0)
    cure_every: Seconds = Seconds(3600.0)
    remembered: Seconds = Seconds(3600.0)
    after_sleep: Waits = Waits(Seconds(5.0), Seconds(60.0))
    after_wake: Waits = Waits(Seconds(30.0), Seconds(1800.0))
    after_change: Waits = Waits(Seconds(60.0), Seconds(3600.0))


@dataclass(frozen=True)
class Model:
    """What is the same for every machine of a model; `idle_power` is drawn while it does not mine."""

    capabilities: Capabilities = field(default_factory=Capabilities)
    idle_power: Watts = Watts(0.0)


NOTHING_KNOWN = Model()


@dataclass(frozen=True)
class Family:
    """One row of `families.FAMILIES`.

    `look` finds out with reads alone what answers at an endpoint; it raises `NotAMiner` for what is not of
    this family, and families that are told apart by the same look share it. `driver` builds the driver that
    `models` are controlled with. `credentials` names the login that its devices take.
    """

    key: Firmware
    credentials: str
    look: Callable[[Endpoint, Web], Identity]
    driver: Callable[[Web], Readable]
    timings: Timings = Timings()
    models: Mapping[str, Model] = field(default_factory=lambda: MappingProxyType({}))

    def model(self, name: str) -> Model:
        """Return what is known of a model; of one that is not listed nothing is."""
        return self.models.get(name, NOTHING_KNOWN)
