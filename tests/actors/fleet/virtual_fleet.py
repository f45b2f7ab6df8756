"""A fleet in virtual time below the dispatcher: miners that wake, fail and lie as they were drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from fleet_values import FULL, NOW, fleet_of, miner, order, report

from actors.fence import WakeFence
from actors.fleet.dispatcher import Dispatcher
from actors.fleet.standing import bearing
from actors.fleet.status import Condition, rated_power, snapshot
from actors.messages import ReleaseControl, SetTarget
from actors.report import Backoff, Commanded, Desired, MinerReport, Phase, Step
from actors.snapshot import FleetSnapshot
from events.commands import Activate, Deactivate
from events.state import Configuration, FleetState, Hold, HoldKind, as_ordered
from netstab.dispatch.limits import Limits
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.statistics import NEW, UnitStatistics, after_failure, after_wake
from netstab.units import MinerId, Seconds, Timestamp, Watts

IDLE_DRAW = 51.0


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
    order: int = 0
    hashing: bool = False
    waking_since: float | None = None
    failures: int = 0
    next_at: float = 0.0
    woken: list[float] = field(default_factory=list)

    def told(self, message: SetTarget | ReleaseControl) -> None:
        self.setpoint = message.setpoint if isinstance(message, SetTarget) else None
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
    """The dispatcher over virtual miners, driven as the FleetActor drives it."""

    def __init__(self, natures: Sequence[Nature], limits: Limits, ramp_kw: float = 50.0) -> None:
        self.miners = {
            MinerId(f"127.0.0.{number}"): VirtualMiner(MinerId(f"127.0.0.{number}"), nature)
            for number, nature in enumerate(natures, 1)
        }
        self.fence = WakeFence()
        self.dispatcher = Dispatcher(limits, self.fence)
        configuration = Configuration(max_power_change_rate_kw_per_sec=ramp_kw)
        registered = [miner(miner_id, home_frequency=FULL) for miner_id in self.miners]
        self.state: FleetState = fleet_of(*registered, configuration=configuration)
        self.now = 0.0
        self.sent: list[tuple[float, MinerId, SetTarget | ReleaseControl]] = []
        self.targets: dict[int, float | None] = {}
        self.reports = {miner_id: each.report(0.0) for miner_id, each in self.miners.items()}
        self._bearings: object = None

    def order(self, target: float | None) -> None:
        """Take an order as the FleetActor takes and records it."""
        command = Activate(Watts(target)) if target else Deactivate()
        drafted = self.dispatcher.draft_for(command, self.state, self.reports, self._clock)
        repeated = drafted is not None and drafted is self.dispatcher.plan
        version = self.state.version + 1
        if not target:
            self.fence.standby_version = version
        given = order(target, version, since=NOW + self.now)
        ordered = as_ordered(self.state, given.target)
        self.state = replace(ordered, version=version, order=given)
        self.targets[version] = target
        if not repeated:
            self.dispatcher.follow(self.state, self.reports, self._clock, drafted)
        self._tell()

    def snapshot(self) -> FleetSnapshot:
        """Return what the FleetActor would publish now."""
        reports, dispatcher = self.reports, self.dispatcher
        condition = Condition(
            initializing=False,
            log_fault=None,
            settled=dispatcher.has_settled(reports),
            forecast=dispatcher.forecast,
            basis=dispatcher.basis(self.state, reports, self._clock),
            out_of_reach=dispatcher.out_of_reach,
        )
        rated = rated_power(self.state, None)
        return snapshot(self.state, reports, dispatcher.plan, condition, rated, self._clock)

    def hold(self, miner_id: MinerId, kind: HoldKind = HoldKind.STOPPED) -> None:
        frequency = FULL if kind is HoldKind.FREQUENCY else None
        held = Hold(miner_id, kind, frequency, "", Timestamp(NOW + self.now))
        holds = {**self.state.holds, miner_id: held}
        self.state = replace(self.state, version=self.state.version + 1, holds=holds)
        self._follow()

    @property
    def _clock(self) -> Timestamp:
        return Timestamp(NOW + self.now)

    def run(self, seconds: float, tick: float = 1.0) -> None:
        for _ in range(round(seconds / tick)):
            self.now += tick
            self._live()
            self._attend()
            self._tell()

    @property
    def power(self) -> float:
        return sum(each.power for each in self.miners.values())

    def _live(self) -> None:
        experience = dict(self.state.experience)
        for miner_id, each in self.miners.items():
            took = each.step(self.now)
            if took is not None:
                known: UnitStatistics = experience.get(miner_id, NEW)
                experience[miner_id] = after_wake(known, took) if took > 0 else after_failure(known)
            if each.hashing:
                known = experience.get(miner_id, NEW)
                factor = round(each.power / 1460.0, 3)
                experience[miner_id] = replace(known, power_factor=factor)
        self.state = replace(self.state, experience=experience)
        self.reports = {miner_id: each.report(self.now) for miner_id, each in self.miners.items()}

    def _attend(self) -> None:
        reports, holds = self.reports, self.state.holds
        bearings = [
            bearing(known, reports[known.miner_id], holds.get(known.miner_id))
            for known in self.state.miners.values()
        ]
        if bearings != self._bearings:
            self._bearings = bearings
            self._follow()
        self.dispatcher.review(self.state, self.reports, self._clock)

    def _follow(self) -> None:
        self.dispatcher.follow(self.state, self.reports, self._clock)
        self._tell()

    def _tell(self) -> None:
        for miner_id, message in self.dispatcher.due(self.state, self.reports, self._clock):
            self.sent.append((self.now, miner_id, message))
            self.miners[miner_id].told(message)


NO_LIMITS = Limits(min_on=Seconds(0.0), min_off=Seconds(0.0))
