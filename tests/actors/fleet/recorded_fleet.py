"""A fleet in virtual time whose orders and experience go through a real log, as the FleetActor's do."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from fleet_values import miner
from virtual_fleet import Nature, VirtualFleet, VirtualMiner

from actors.report import MinerReport
from events.commands import (
    ChangeConfiguration,
    ControlMiner,
    MinerAction,
    RegisterMiners,
    SetPowerMode,
)
from events.log import FleetLog
from events.replay import Difference, Differences
from events.state import Configuration
from events.store import FleetStore
from netstab.dispatch.constraints import Constraints
from netstab.power.allocation import PowerMode, Strategy
from netstab.units import Megahertz, MinerId, WallTime


class RecordedFleet(VirtualFleet):
    def __init__(
        self,
        natures: Sequence[Nature],
        constraints: Constraints,
        folder: Path,
        mode: PowerMode = PowerMode.ON_OFF,
        strategy: Strategy = Strategy.EQUAL,
        seed: int = 0,
        homes: Sequence[Megahertz | None] = (None, Megahertz(600), Megahertz(650)),
    ) -> None:
        self.chance = Random(seed)
        self._homes, self._mode, self._strategy = homes, mode, strategy
        self.url = f"sqlite:///{folder / 'log.db'}"
        log = FleetLog(self.url, lambda: WallTime(self._clock), mode)
        super().__init__(natures, constraints, log=log, metered=True)

    def _enlist(self, ramp_kw: float) -> None:
        registered = tuple(
            miner(miner_id, home_frequency=self.chance.choice(self._homes)) for miner_id in self.miners
        )
        priority = tuple(reversed(self.miners))
        self.take(RegisterMiners(registered, "scan"))
        self.take(SetPowerMode(self._mode))
        self.take(ChangeConfiguration(Configuration(None, self._strategy, priority, ramp_kw, 0.0), ()))

    def operate(self, miner_id: MinerId, action: MinerAction) -> None:
        self.take(ControlMiner(miner_id, action))

    def meter(self, scale: float) -> None:
        """Have a site meter found to show more, or less, than the miners say; and hours that they ran."""
        hours = {
            miner_id: (self.chance.uniform(0.8, 1.2), self.chance.uniform(0, 5)) for miner_id in self.miners
        }
        self.log.measured(hours, scale)

    def _measure(self) -> None:
        """Leave what is known of the miners' draw to `meter`."""

    def seen(self, each: VirtualMiner) -> MinerReport:
        told = each.setpoint.setting if each.setpoint else None
        found = each.report(self.now)
        return replace(found, setting=told or found.setting, running_hours=self.now / 3600)

    def differences(self) -> tuple[list[Difference], Differences]:
        """Decide all orders again from the log alone."""
        self.controller.loop.record_repetitions()
        self.log.close()
        store = FleetStore(self.url, read_only=True)
        found = Differences(store)
        different = list(found.between(1, self.log.state.version, lambda _version: None))
        store.close()
        return different, found
