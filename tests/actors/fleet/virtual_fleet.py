"""A fleet in virtual time below the dispatcher: miners that wake, fail and lie as they were drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isclose

from fleet_values import FULL, NOW, miner, report

from actors.fence import WakeFence
from actors.fleet.view import DecisionRules
from actors.messages import ActionEnded, ReleaseControl
from actors.report import Backoff, Commanded, Desired, MinerReport, Phase, Step
from actors.snapshot import FleetSnapshot
from events.commands import (
    Activate,
    ChangeConfiguration,
    Command,
    ControlMiner,
    Deactivate,
    MinerAction,
    RegisterMiners,
    SetFrequency,
)
from events.log import FleetLog
from events.state import Configuration, FleetState, HoldKind, Source
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.plan import Plan
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.statistics import NEW
from netstab.power.allocation import PowerMode
from netstab.simulation.virtual.controller import Told, VirtualController
from netstab.simulation.virtual.log import FoldedLog
from netstab.units import MinerId, Seconds, Timestamp, Version, WallTime, Watts

IDLE_DRAW = 51.0
NOTHING = Version(0)


@dataclass(frozen=True)
class Nature:
    """How a miner is: its draw while hashing in W, seconds to wake (None: never), when it is away."""

    power: float = 1460.0
    wakes_in: float | None = 8.0
    away: tuple[float, float] = (0.0, 0.0)


@dataclass
class VirtualMiner:
    miner_id: MinerId
    nature: Nature
    setpoint: Setpoint | None = None
    order: Version = NOTHING
    hashing: bool = False
    waking_since: float | None = None
    failures: int = 0
    next_at: float = 0.0
    woken: list[float] = field(default_factory=list)

    def told(self, message: Told) -> None:
        self.setpoint = None if isinstance(message, ReleaseControl) else message.setpoint
        self.order = message.version

    def step(self, now: float) -> float | None:
        """Live until `now`; give how long a wake took that ended, negative if it failed."""
        if self.setpoint is not None and not self.setpoint.running:
            self.hashing, self.waking_since = False, None
        wanted = self.setpoint is not None and self.setpoint.running
        if wanted and not self.hashing and self.waking_since is None and now >= self.next_at:
            self.waking_since = now
            self.woken.append(now)
        return self._wake(now) if self.waking_since is not None else None

    def _wake(self, now: float) -> float | None:
        took = now - (self.waking_since or now)
        if self.nature.wakes_in is not None and took >= self.nature.wakes_in:
            self.hashing, self.waking_since, self.failures = True, None, 0
            return took
        if took < 240:
            return None
        self.waking_since, self.failures = None, self.failures + 1
        self.next_at = now + min(1800.0, 30.0 * 2 ** (self.failures - 1))
        return -took

    @property
    def power(self) -> float:
        return self.nature.power if self.hashing else IDLE_DRAW

    def report(self, now: float) -> MinerReport:
        begin, end = self.nature.away
        phase = Phase.HASHING if self.hashing else Phase.ASLEEP
        if self.waking_since is not None:
            phase = Phase.STARTING
        if begin <= now < end:
            phase = Phase.UNREACHABLE
        attempts = ((Step.WAKE, Backoff(self.failures, Timestamp(NOW + self.next_at))),)
        waking = phase is Phase.STARTING
        return report(
            phase,
            self.miner_id,
            at=Timestamp(NOW + now),
            power=Watts(0.0 if phase is Phase.UNREACHABLE else self.power),
            backoffs=attempts if self.failures else (),
            settled=self.setpoint is None or self.setpoint.running is self.hashing,
            in_transition=Step.WAKE if waking else None,
            commanded=Commanded(Step.WAKE, None, self.order, Timestamp(NOW + (self.waking_since or 0.0)))
            if waking
            else None,
            lost_power=Watts(self.power if phase is Phase.UNREACHABLE and self.hashing else 0.0),
            phase_since=Timestamp(NOW + (begin if phase is Phase.UNREACHABLE else 0.0)),
            desired=None if self.setpoint is None else Desired(self.setpoint, self.order, NOW),
        )


class VirtualFleet:
    """The product's control loop over virtual miners."""

    now = 0.0

    def __init__(
        self,
        natures: Sequence[Nature],
        constraints: Constraints,
        ramp_kw: float = 50.0,
        log: FleetLog | None = None,
        *,
        metered: bool = False,
    ) -> None:
        self.miners = {
            MinerId(f"127.0.0.{number}"): VirtualMiner(MinerId(f"127.0.0.{number}"), nature)
            for number, nature in enumerate(natures, 1)
        }
        self.sent: list[tuple[float, MinerId, Told]] = []
        self.targets: dict[int, float | None] = {}
        self.log = log or FoldedLog(lambda: WallTime(self._clock), PowerMode.ON_OFF)
        rules = DecisionRules(constraints, metered=metered, rated_power=Watts(1e6))
        self.controller = VirtualController(self.log, rules, WakeFence(), self._told, self._clock)
        self._enlist(ramp_kw)
        self.controller.report(each.report(0.0) for each in self.miners.values())

    def _enlist(self, ramp_kw: float) -> None:
        registered = tuple(miner(miner_id, home_frequency=FULL) for miner_id in self.miners)
        configuration = Configuration(max_power_change_rate_kw_per_sec=ramp_kw)
        self.take(RegisterMiners(registered, "scan"))
        self.take(ChangeConfiguration(configuration, ()))

    def take(self, command: Command, source: Source = Source.DASHBOARD) -> int | None:
        """Have a command carried out; give its version, None if it is refused."""
        return getattr(self.controller.take(command, source), "version", None)

    def order(self, target: float | None) -> int | None:
        """Take an order of the EMS; give its version, None if it is refused."""
        version = self.take(Activate(Watts(target)) if target else Deactivate(), Source.EMS)
        if version is not None:
            self.targets[version] = target
        return version

    @property
    def state(self) -> FleetState:
        return self.controller.state

    @property
    def plan(self) -> Plan | None:
        return self.controller.loop.memory.plan

    def snapshot(self) -> FleetSnapshot:
        """Return what the FleetActor would publish now."""
        return self.controller.loop.snapshot()

    def hold(self, miner_id: MinerId, kind: HoldKind = HoldKind.STOPPED) -> None:
        if kind is HoldKind.FREQUENCY:
            self.take(SetFrequency(miner_id, FULL, None))
        else:
            started = kind is HoldKind.STARTED
            self.take(ControlMiner(miner_id, MinerAction.START if started else MinerAction.STOP))

    @property
    def _clock(self) -> Timestamp:
        return Timestamp(NOW + self.now)

    def run(self, seconds: float, tick: float = 1.0) -> None:
        for _ in range(round(seconds / tick)):
            self.now += tick
            self.controller.now = self._clock
            self._live()
            self.controller.tick(self._clock)

    @property
    def power(self) -> float:
        return sum(each.power for each in self.miners.values())

    def _live(self) -> None:
        for miner_id, each in self.miners.items():
            took = each.step(self.now)
            if took is not None:
                reason, seconds = "" if took > 0 else "does not wake", Seconds(abs(took))
                ended = ActionEnded(miner_id, Step.WAKE, each.order, reason, self._clock, seconds)
                self.controller.ended([ended])
        self._measure()
        self.controller.report(self.seen(each) for each in self.miners.values())

    def seen(self, each: VirtualMiner) -> MinerReport:
        return each.report(self.now)

    def _measure(self) -> None:
        """Have it known at once what a miner draws that hashes."""
        known = self.state.experience
        found = {
            miner_id: (each.power / 1460.0, known.get(miner_id, NEW).running_hours)
            for miner_id, each in self.miners.items()
            if each.hashing
            and not isclose(round(each.power / 1460.0, 3), known.get(miner_id, NEW).power_factor)
        }
        if found:
            self.log.measured(found, self.state.meter_scale)

    def _told(self, miner_id: MinerId, message: Told) -> None:
        self.sent.append((self.now, miner_id, message))
        self.miners[miner_id].told(message)


NO_LIMITS = Constraints(min_on=Seconds(0.0), min_off=Seconds(0.0))
