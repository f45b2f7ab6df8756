"""A unit of any capabilities in virtual time: it answers as a driver's readings would be, at once."""

from collections.abc import Mapping
from random import Random

from actors.miner.state import Send
from actors.report import Step
from events.state import RegisteredMiner
from netstab.devices.family import Timings
from netstab.devices.port import Activity, Firmware, Reading
from netstab.errors import CommandRefused, DeviceError, PortClosed, StillStarting, TimedOut
from netstab.power.unit import Capabilities, drawn_at
from netstab.simulation.makes import Make
from netstab.simulation.physics import Stage
from netstab.simulation.tunable import TunableMiner
from netstab.simulation.virtual.device import Order
from netstab.units import GigahashPerSecond, MinerId, Seconds, Setting, WallTime, Watts

__all__ = ["VirtualTunable"]

_ACTIVITIES = {Stage.HASHING: Activity.HASHING, Stage.STARTING: Activity.STARTING}


class VirtualTunable:
    """A `VirtualDevice`: one unit of a make, which takes a volatile setting only while it hashes."""

    def __init__(self, miner_id: MinerId, index: int, make: Make, chance: Random, *, asleep: bool) -> None:
        self.miner_id, self.index, self.make = miner_id, index, make
        self.law = make.law(chance)
        self.timings = Timings(
            start=Seconds(max(240.0, make.start[1] + 1.5 * make.climb[1])), stop=Seconds(10.0)
        )
        self.told = chance.uniform(*make.told)  # what it tells of what it draws
        self.closed: DeviceError | None = None  # what it answers to whoever would change it
        self.agent = ""  # that moves its power by itself, by its name
        full = make.capabilities.full_point
        self.setting = full.setting if full is not None else None
        self.physics = TunableMiner(self.law, self._power_of(self.setting), chance, asleep=asleep)
        self.registered = _registered(miner_id, make)

    @property
    def _can(self) -> Capabilities:
        return self.make.capabilities

    @property
    def _climbs(self) -> bool:
        """Whether it is on its way to where it takes a setting."""
        return self._can.volatile and self.stage is Stage.HASHING and not self.physics.ramped

    def _power_of(self, setting: Setting | None) -> float:
        point = None if setting is None else self._can.point_of(setting)
        return drawn_at(self._can, point, self.make.rated_power)

    @property
    def stage(self) -> Stage:
        return self.physics.stage

    @property
    def power(self) -> float:
        return self.physics.power

    @property
    def hashrate(self) -> float:
        full = self._can.full_point
        if full is None or self.stage is not Stage.HASHING:
            return 0.0
        return full.hashrate / 1000 * self.power / (full.power * self.law.share)

    @property
    def next_change(self) -> float:
        return self.physics.next_change

    @property
    def fluctuates(self) -> bool:
        return self.law.ripple > 0 and self.stage is Stage.HASHING

    @property
    def capability(self) -> float:
        return self.law.idle + self._gain(None) if self.registered.controllable else self.power

    @property
    def gains(self) -> Mapping[Setting, float]:
        added = {point.setting: self._gain(point.setting) for point in self._can.points}
        return {**added, 0: self._gain(None)}

    def _gain(self, setting: Setting | None) -> float:
        """Return what it adds at a setting, None for the full one."""
        return self._power_of(setting) * self.law.share - self.law.idle

    def advance(self, now: float) -> None:
        self.physics.advance(now)

    def cut_power(self) -> None:
        self.physics.cut_power()

    def look(self) -> Reading | PortClosed | None:
        return None if self.stage is Stage.OFF else self._reading()

    def probe(self) -> Reading | DeviceError:
        return self.look() or TimedOut(f"{self.miner_id} gave no answer in time.")

    def _reading(self) -> Reading:
        activity = _ACTIVITIES.get(self.stage, Activity.STOPPED)
        if self._climbs:
            activity = Activity.STARTING
        stopped = activity is Activity.STOPPED
        return Reading(
            activity=activity,
            power=Watts(float(round(self.power * self.told))),
            hashrate=GigahashPerSecond(self.hashrate * 1000),
            setting=self.setting,
            elapsed=None if stopped else Seconds(float(int(self.physics.now - self.physics.started))),
            boards=(),
            fans=(),
            self_tuning=self.agent,
        )

    def pages(self, step: Step) -> int:
        return 1

    def carry_out(self, send: Send) -> Order | DeviceError:
        if self.stage is Stage.OFF:
            return TimedOut(f"{self.miner_id} gave no answer in time.")
        if self.closed is not None:
            return self.closed
        match send.step:
            case Step.TUNE:
                return self._tune(send.setting)
            case Step.SLEEP:
                self.physics.sleep()
            case Step.WAKE:
                self.physics.wake()
                self._forget()
            case Step.RESTART | Step.REBOOT | Step.RESET:
                self.physics.restart()
                self._forget()
            case Step.RESTORE:  # a setting of its owner is never kept: it came at its full one
                return Order(0.0, changed=False)
        return Order(0.0, changed=True)

    def _tune(self, setting: Setting | None) -> Order | DeviceError:
        if setting is None or self._can.point_of(setting) is None:
            return CommandRefused(f"{self.miner_id} knows no setting {setting}.")
        if self._climbs:
            return StillStarting(f"{self.miner_id} climbs yet.")
        if self._can.volatile and self.stage is not Stage.HASHING:
            return CommandRefused(f"{self.miner_id} takes a setting only while it hashes.")
        if setting == self.setting:
            return Order(0.0, changed=False)
        self.setting = setting
        self.physics.tune(self._power_of(setting), restarts=self._can.restarts_on_change)
        return Order(0.0, changed=True)

    def _forget(self) -> None:
        """Lose a volatile setting with the mining process."""
        full = self._can.full_point
        if self._can.volatile and full is not None:
            self.setting = full.setting
            self.physics.tune(self._power_of(full.setting), restarts=False)


def _registered(miner_id: MinerId, make: Make) -> RegisteredMiner:
    """Register a unit as discovery would one that tells its capabilities."""
    return RegisteredMiner(
        miner_id=miner_id,
        api_port=0,
        http_port=80,
        model=make.name,
        firmware=Firmware.UNKNOWN,
        firmware_version="",
        mac="02:" + ":".join(f"{int(octet):02X}" for octet in ["0", *miner_id.split(".")]),
        hostname="",
        rated_power=make.rated_power,
        home_frequency=None,
        controllable=make.capabilities.controllable,
        registered_at=WallTime(0.0),
        capabilities=make.capabilities,
    )
