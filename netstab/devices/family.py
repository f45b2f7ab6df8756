"""What a family of devices is: what is the same for all of them, as data. No device is talked to here."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from netstab.devices.model import MinerModel
from netstab.devices.port import Endpoint, Firmware, Identity, Readable
from netstab.devices.web import Web
from netstab.power.unit import Capabilities
from netstab.units import Seconds, Setting
from netstab.wire.login import Login

__all__ = ["Credential", "Family", "Timings", "Waits", "in_watts"]


@dataclass(frozen=True, slots=True)
class Credential:
    """What a site sets once for all devices of a family: the setting of that `name`, else the `default`.

    `meaning` is its line in the documents; a `secret` is shown nowhere.
    """

    name: str
    default: str
    meaning: str
    secret: bool = True


@dataclass(frozen=True, slots=True)
class Waits:
    """How long is waited after a failure before the next try: at first, and at most."""

    first: Seconds
    longest: Seconds

    def after(self, failures: int) -> Seconds:
        """Return the wait after so many failures, 1 or more: each time it is twice as long."""
        return Seconds(min(self.longest, self.first * 2.0 ** min(failures - 1, 16)))


@dataclass(frozen=True, slots=True)
class Timings:
    """How long devices of a family take for what they are told, and how often they may be told again.

    `start` bounds a wake or restart: a miner may boot that long before it counts as failed; within `let_in`
    of having been taken it has ended what ran before. `stop` bounds the fall of power after a sleep command.
    One that was without power shows its web server up to `boot` before it hashes by itself, and a miner that
    took a start and is silent for `vanished` does not boot any more; nor does one whose host answers again
    `process` after a wake and says that no mining process runs, None where a start has not to show so early.
    A restart that is to bring in a setting
    is spent once in `cure_every`, and a failure counts for `remembered` while nobody tries again.

    One that fell silent is counted on for `counted_on` before others take its place: most often it was the
    network. What it is set to is said again every `renew`, None where nothing watches over that.

    One that takes nothing from here is asked again after `closed`, where somebody has to open it, after
    `held`, where another client has it, and after `wrong_password`, None where that fails like all else.

    One that is `set_asleep` is put to sleep to be set, and woken: what restarts its process may break it.
    """

    start: Seconds = Seconds(240.0)
    let_in: Seconds = Seconds(30.0)
    stop: Seconds = Seconds(30.0)
    boot: Seconds = Seconds(60.0)
    vanished: Seconds = Seconds(120.0)
    process: Seconds | None = None
    cure_every: Seconds = Seconds(3600.0)
    remembered: Seconds = Seconds(3600.0)
    counted_on: Seconds = Seconds(15.0)
    renew: Seconds | None = None
    after_sleep: Waits = Waits(Seconds(5.0), Seconds(60.0))
    after_wake: Waits = Waits(Seconds(30.0), Seconds(1800.0))
    after_change: Waits = Waits(Seconds(60.0), Seconds(3600.0))
    closed: Waits = Waits(Seconds(120.0), Seconds(3600.0))
    held: Waits = Waits(Seconds(60.0), Seconds(60.0))
    wrong_password: Waits | None = Waits(Seconds(300.0), Seconds(3600.0))
    set_asleep: bool = False


def in_watts(setting: Setting, _can: Capabilities) -> str:
    """Say a setting that is a power, or a name."""
    return f"{setting:,} W" if isinstance(setting, int) else setting


@dataclass(frozen=True)
class Family:
    """One row of `families.FAMILIES`, by its own `key`; `firmware` is what its devices are registered with.

    Rows that share a firmware are told apart by what they drive: the `models` listed, or any model of a
    family that tells its capabilities itself; of versions that begin with `version_prefix`.

    `look` finds out with reads alone what answers at an endpoint; it raises `NotAMiner` for what is not of
    this family, and families that are told apart by the same look share it. One whose devices name their
    software on the API port `says` by what: it looks only where the answer to `version` has that ("" is
    searched where nothing was said in time, and it looks nowhere where nobody listens). `driver` builds the
    driver of `models`; of a family whose devices tell their capabilities themselves it is that of any model.

    `worded` says a setting of a device to an operator, in the family's own terms.

    `credentials` are the only ones that its look and driver are given; `login` makes of their values, in that
    order, what each request shows. None: the driver does that itself, or nobody has to. One that
    `reads_freely` shows its devices nothing for a read: only a command proves that they take what is set.
    Where `locked_is_unreachable`, a command to one that refuses the password is answered as to a silent one.
    """

    key: str
    firmware: Firmware
    look: Callable[[Endpoint, Web], Identity]
    driver: Callable[[Web], Readable]
    timings: Timings = Timings()
    models: tuple[MinerModel, ...] = ()
    tells_capabilities: bool = False
    version_prefix: str = ""
    says: re.Pattern[str] | None = None
    worded: Callable[[Setting, Capabilities], str] = in_watts
    credentials: tuple[Credential, ...] = ()
    login: Callable[..., Login] | None = None
    reads_freely: bool = False
    locked_is_unreachable: bool = False

    def drives(self, model: str, version: str) -> bool:
        """Whether its driver is one for that model with its firmware of that version."""
        listed = self.tells_capabilities or any(known.name == model for known in self.models)
        return listed and version.startswith(self.version_prefix)
