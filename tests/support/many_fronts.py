"""A control loop with several ways in, over a log that is folded and kept, in a time that the test moves."""

from copy import copy
from typing import Any

from fleet_values import A, B, miner, report

from actors.fence import WakeFence
from actors.fleet.view import DecisionRules
from actors.messages import CommandResult, FrontSilent
from actors.report import Phase
from events.commands import Command, RegisterMiners
from events.state import FRONTS, FleetState, Source
from netstab.errors import CommandRejected
from netstab.power.allocation import PowerMode
from netstab.simulation.virtual.controller import VirtualController
from netstab.simulation.virtual.log import FoldedLog
from netstab.units import Seconds, Timestamp, WallTime, Watts

START = 1_768_921_500.0
TIMEOUT = Seconds(20.0)


class Site:
    """A control loop over a log that is folded and kept as events, in a time that the test moves."""

    def __init__(self, priority: tuple[Source, ...] = FRONTS, failsafe: Watts | str = "hold") -> None:
        self.log = Kept()
        self.failsafe = failsafe
        self._begin(priority, Timestamp(START))
        self.say(RegisterMiners((miner(A), miner(B)), "scan"), Source.SYSTEM)
        self._look()

    def _begin(self, priority: tuple[Source, ...], now: Timestamp) -> None:
        self.rules = DecisionRules(ems_timeout=TIMEOUT, ems_failsafe=self.failsafe, priority=priority)
        self.controller = VirtualController(
            self.log, self.rules, WakeFence(), lambda _miner, _told: None, now
        )

    def _look(self) -> None:
        self.controller.report(report(Phase.HASHING, each, at=self.controller.now) for each in (A, B))

    def restart(self, priority: tuple[Source, ...]) -> None:
        """Have another server go on with the log, by other priorities, after an orderly end."""
        self.controller.loop.record_repetitions()
        self._begin(priority, self.controller.now)
        self._look()

    @property
    def now(self) -> float:
        return self.controller.now

    @property
    def state(self) -> FleetState:
        return self.log.state

    @property
    def target(self) -> Watts | None:
        assert self.state.order is not None
        return self.state.order.target

    def say(self, command: Command, source: Source) -> CommandResult | CommandRejected:
        self.log.now = WallTime(self.now)
        return self.controller.take(command, source)

    def taken(self, command: Command, source: Source) -> CommandResult:
        answer = self.say(command, source)
        assert isinstance(answer, CommandResult), answer
        return answer

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            self.log.now = WallTime(self.now + 1)
            self.controller.tick(Timestamp(self.now + 1))

    def loses(self, front: Source) -> None:
        """Have a front say that its counterpart is gone."""
        self.log.now = WallTime(self.now)
        self.controller.loop.receive(FrontSilent(front))


class Kept(FoldedLog):
    """Keeps its events, to fold them again."""

    def __init__(self) -> None:
        self.now = WallTime(START)
        super().__init__(lambda: self.now, PowerMode.ON_OFF)
        self.events: list[Any] = []
        self.states = [self.state]

    def record(self, event: Any, at: Any = None, **fields: Any) -> int:
        fleet = copy(self._fleet)
        fleet.trigger_event(event, timestamp=at or self._now(), previous="", **fields)
        self.events += fleet.collect_events()
        self._fleet = fleet
        self.states.append(self.state)
        return fleet.version

    def names(self, *kinds: str) -> list[str]:
        found = [type(each).__name__ for each in self.events]
        return [name for name in found if not kinds or name in kinds]
