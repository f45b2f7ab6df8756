"""A site in virtual time: the product's control loop on a simulated plant, with a log that can be kept."""

import math
from typing import Any

from actors.messages import CommandResult, ReleaseControl
from actors.report import Phase
from events.commands import Activate, Deactivate, LiftLimit, SetLimit
from events.log import FleetLog
from events.state import Configuration, Source
from netstab.dispatch.capacity import capacity
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.failsafe import FailsafeAction
from netstab.dispatch.ramp import ramps
from netstab.dispatch.unit_status import Availability
from netstab.qualification.plan import Loss
from netstab.qualification.site import Declared, Receipt, Recording, Sample
from netstab.simulation.virtual.closed_loop import ClosedLoop
from netstab.simulation.virtual.controller import Told
from netstab.simulation.virtual.plant import Plant
from netstab.simulation.virtual.site import Site
from netstab.units import MinerId, Seconds, Timestamp, WallTime, Watts

__all__ = ["VirtualSite"]

_TICKS = 4
"""Steps of control in a second, as the product's ticker has them."""

_LIMITS = "qualify"
"""The source of the limits that a test sets."""

_FOUND = Seconds(12.0)
"""Every unit was looked at twice."""


_REPEATS = 3  # times within the time-out of the EMS


class _ProvenLog(FleetLog):
    """A log that remembers the digest of the newest commands' events."""

    digests: dict[int, str]

    def accept(self, *arguments: Any, **fields: Any) -> int:
        return self._proven(super().accept(*arguments, **fields))

    def reject(self, *arguments: Any, **fields: Any) -> int:
        return self._proven(super().reject(*arguments, **fields))

    def check(self) -> None:
        """Find nothing wrong: nobody else writes to it, and it would be looked at twice in each second."""

    def _proven(self, version: int) -> int:
        self.newest = version
        self.digests[version] = self.head.digest
        return version


class VirtualSite:
    """A `Site` of the bench over a simulated one, whose log is begun at `url`; its meter is a second late.

    With an `ems_timeout` the EMS repeats its order three times in it, as long as it is not lost.
    """

    def __init__(
        self,
        site: Site,
        url: str,
        constraints: Constraints | None = None,
        ramp_kw_per_second: float = Configuration().max_power_change_rate_kw_per_sec,
        ems_timeout: Seconds = Seconds(0.0),
        ems_failsafe: Watts | str = FailsafeAction.HOLD,
    ) -> None:
        self._plant = Plant(site, asleep=True)
        self._constraints = constraints or Constraints()
        self._log = _ProvenLog(url, lambda: WallTime(self._plant.now), site.mode)
        self._log.digests = {}
        self._loop = ClosedLoop(
            self._plant,
            self._constraints,
            ramp_kw_per_second,
            self._plant.fence,
            self._tell,
            self._log,
            ems_timeout,
            ems_failsafe,
        )
        self._controller = self._loop.controller
        self._target: Watts | None = None
        self._every, self._said_at = Seconds(ems_timeout / _REPEATS), math.inf
        self._power = Watts(0.0)
        self._ticks = 0
        self._lost = set[Loss]()
        self.wait_until(_FOUND)

    @property
    def units(self) -> int:
        return len(self._plant.registered)

    @property
    def rated(self) -> Watts:
        return Watts(sum(each.rated_power for each in self._plant.registered.values()))

    @property
    def log(self) -> FleetLog:
        """What proves the orders, as long as the site is open."""
        return self._log

    def close(self) -> None:
        self._log.close()

    def now(self) -> Seconds:
        return Seconds(self._ticks / _TICKS)

    def wait_until(self, at: Seconds) -> None:
        """Let time pass in steps of control; what is due between two of them is done at the later one."""
        while self.now() < at:
            self._step()

    def _step(self) -> None:
        self._ticks += 1
        now = self.now()
        self._plant.run_until(now)
        metered = None
        if self._ticks % _TICKS == 0:
            metered = None if Loss.METER in self._lost else self._power
            self._power = Watts(self._plant.measure()[0])
        self._loop.look(Timestamp(now), metered)
        self._controller.tick(Timestamp(now))
        if self._every and now >= self._said_at + self._every:
            self.order(self._target)

    def _tell(self, miner_id: MinerId, message: Told) -> None:
        setpoint = None if isinstance(message, ReleaseControl) else message.setpoint
        self._plant.tell(miner_id, setpoint, message.version)

    def order(self, target: Watts | None) -> Receipt:
        self._said_at = self.now()
        if Loss.EMS in self._lost:
            return Receipt(self.now(), target)
        answer = self._controller.take(Deactivate() if target is None else Activate(target))
        if not isinstance(answer, CommandResult):
            version = self._log.newest
            return Receipt(self.now(), target, answer.message, version, digest=self._log.digests[version])
        self._target = target
        digest = self._log.digests.get(answer.version, "")
        return Receipt(self.now(), target, "", answer.version, answer.command_id, digest)

    def limit(self, most: Watts | None) -> Receipt:
        command = LiftLimit(_LIMITS) if most is None else SetLimit(_LIMITS, most, None)
        answer = self._controller.take(command, Source.DASHBOARD)
        refusal = "" if isinstance(answer, CommandResult) else answer.message
        version = self._log.newest
        digest = self._log.digests.get(version, "")
        return Receipt(self.now(), most, refusal, version, digest=digest, limits=True)

    def sample(self) -> Sample:
        seen, units = self._controller.loop.snapshot(), self._controller.loop.view().units
        return Sample(
            at=self.now(),
            target=seen.pursued,
            metered=Watts(self._plant.measure()[0]) if self._ticks % _TICKS else self._power,
            claimed=seen.active_power,
            expected=seen.memory.forecast.expected,
            hashing=seen.hashing,
            starting=seen.phases[Phase.STARTING],
            unusable=sum(unit.availability is not Availability.AVAILABLE for unit in units),
            faults=seen.errors,
            available=seen.available_for_dispatch,
        )

    def declared(self) -> Declared:
        view = self._controller.loop.view()
        limits = ramps(self._constraints, view.state.configuration.max_power_change_rate_kw_per_sec)
        found = capacity(
            view.units, view.state.power_mode, view.record, self._constraints, limits, Watts(0.0)
        )
        return Declared(found.reachable, found.minimum, found.step, limits.up)

    def proven(self, recording: Recording) -> Recording:
        return recording  # each receipt was made with its event

    def lose(self, what: Loss, share: float) -> None:
        self._lost.add(what)
        if what is Loss.TELEMETRY:
            self._plant.lose_requests(share)
        if what is Loss.UNITS:
            self._plant.cut_power(share)

    def restore(self, what: Loss) -> None:
        self._lost.discard(what)
        if what is Loss.TELEMETRY:
            self._plant.lose_requests(None)
