"""A fleet in virtual time whose orders and experience go through a real log, as the FleetActor's do."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from fleet_values import NOW, miner, origin
from virtual_fleet import Nature, VirtualFleet

from actors.fleet.dispatcher import Dispatcher
from actors.report import MinerReport
from events.commands import (
    Activate,
    ChangeConfiguration,
    Command,
    ControlMiner,
    Deactivate,
    MinerAction,
    RegisterMiners,
    SetPowerMode,
)
from events.log import FleetLog, Response
from events.replay import Difference, Differences
from events.state import Configuration
from events.store import FleetStore
from netstab.dispatch.limits import Limits
from netstab.power.allocation import PowerMode, Strategy
from netstab.units import Megahertz, MinerId, Timestamp, Watts


class RecordedFleet(VirtualFleet):
    def __init__(
        self,
        natures: Sequence[Nature],
        limits: Limits,
        folder: Path,
        mode: PowerMode = PowerMode.ON_OFF,
        strategy: Strategy = Strategy.EQUAL,
        seed: int = 0,
        homes: Sequence[Megahertz | None] = (None, Megahertz(600), Megahertz(650)),
    ) -> None:
        super().__init__(natures, limits)
        self.chance = Random(seed)
        self.dispatcher = Dispatcher(limits, self.fence, metered=True)
        self.url = f"sqlite:///{folder / 'log.db'}"
        self.log = FleetLog(self.url, lambda: self._clock, mode)
        registered = tuple(
            miner(miner_id, home_frequency=self.chance.choice(homes)) for miner_id in self.miners
        )
        priority = tuple(reversed(self.miners))
        self.record(RegisterMiners(registered, "scan"))
        self.record(SetPowerMode(mode))
        self.record(ChangeConfiguration(Configuration(None, strategy, priority, 50.0, 0.0), ()))

    def record(self, command: Command) -> None:
        self.log.accept(command, origin(), "")
        self.state = self.log.state

    def order(self, target: float | None) -> None:
        command = Activate(Watts(target)) if target else Deactivate()
        drafted = self.dispatcher.draft_for(command, self.state, self.reports, self._clock)
        repeated, holds = drafted is self.dispatcher.plan, self.state.holds
        decided = self.dispatcher.decided(command, drafted, self.state)
        version = self.log.accept(command, origin(), "", decided)
        self.state = self.log.state
        if not target:
            self.fence.standby_version = version
        if not repeated:
            self.dispatcher.follow(
                self.state, self.reports, self._clock, drafted if self.state.holds == holds else None
            )
        self._tell()

    def operate(self, miner_id: MinerId, action: MinerAction) -> None:
        self.record(ControlMiner(miner_id, action))
        self._follow()

    def meter(self, scale: float) -> None:
        """Have a site meter found to show more, or less, than the miners say; and hours that they ran."""
        hours = {
            miner_id: (self.chance.uniform(0.8, 1.2), self.chance.uniform(0, 5)) for miner_id in self.miners
        }
        self.log.measured(hours, scale)
        self.state = self.log.state

    def _live(self) -> None:
        for miner_id, each in self.miners.items():
            took = each.step(self.now)
            if took is not None:
                outcome = "done" if took > 0 else "failed"
                at = Timestamp(NOW + self.now)
                self.log.responses([Response(each.order, miner_id, "wake", outcome, "", at, abs(took))])
        self.state = self.log.state
        self.reports = {miner_id: self._report(miner_id) for miner_id in self.miners}

    def _report(self, miner_id: MinerId) -> MinerReport:
        each = self.miners[miner_id]
        told = each.setpoint.setting if each.setpoint else None
        found = each.report(self.now)
        return replace(found, setting=told or found.setting, running_hours=self.now / 3600)

    def differences(self) -> tuple[list[Difference], Differences]:
        """Decide all orders again from the log alone."""
        self.log.close()
        store = FleetStore(self.url, read_only=True)
        found = Differences(store)
        different = list(found.between(1, self.log.state.version, lambda _version: None))
        store.close()
        return different, found
