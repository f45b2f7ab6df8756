"""A site of sixty of all makes with a meter and a server; time runs as much faster for all of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import Controller
from own_address import own_address
from waiting import PATIENCE, running_time, stays, wait_until

from netstab.server.wiring import running
from netstab.settings import read_settings
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.mix import read_mix
from netstab.simulation.mixed import MixedSite
from netstab.units import MinerId, Timestamp, WallTime

__all__ = ["SPEED", "MixedMakes", "mixed_makes"]

SPEED = 20.0
HELD = 30.0 / SPEED
"""Seconds of this host that a power is held for: half a minute of the site."""

MIX = "s9=16,whatsminer=10,braiins=10,s21=9,vnish=7,luxos=6,s19_old=1,braiins_old=1"


@dataclass
class MixedMakes:
    site: MixedSite
    api: Controller

    @property
    def s9(self) -> SimulatedFleet:
        assert self.site.s9 is not None
        return self.site.s9

    def sleeps(self, at: MinerId) -> bool:
        """Whether one that is no S9 is asleep."""
        return self.site.faces.tamper(at, lambda face: face.machine.asleep)

    def is_within_a_percent(self, kilowatts: float) -> bool:
        return abs(self.site.true_power() / 1000 - kilowatts) <= 0.01 * kilowatts

    def follow(self, kilowatts: float) -> float:
        """Order a power; gives after how many seconds of the site it was within 1 %, and stayed there."""
        self.api.activate(kilowatts)
        began = running_time()
        wait_until(lambda: stays(lambda: self.is_within_a_percent(kilowatts), HELD), 2 * PATIENCE)
        return (running_time() - began - HELD) * SPEED

    @property
    def forbidden(self) -> dict[MinerId, list[str]]:
        """What devices say nobody may ask for, and was."""
        asked = {at: self.site.faces.tamper(at, lambda face: face.machine.forbidden) for at in self.others}
        return {
            at: [f"{each.text}: {each.forbidden}" for each in found] for at, found in asked.items() if found
        }

    @property
    def others(self) -> tuple[MinerId, ...]:
        """All but the S9."""
        return self.site.faces.miners

    def writes(self, at: MinerId) -> list[str]:
        return self.site.faces.tamper(at, lambda face: [touch.text for touch in face.machine.writes])


@contextmanager
def mixed_makes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MixedMakes]:
    """Run the site and its server, which knows them all once this begins."""
    monkeypatch.setattr("actors.port.COMMAND_DEADLINE", PATIENCE * SPEED)
    began, first = time.time(), own_address()
    mix = read_mix(MIX)
    with (
        MixedSite(mix, first_address=first, seed=3, speed=SPEED, meter=True, clock=running_time) as site,
        running(
            read_settings(_environment(site, folder)),
            lambda: Timestamp(began + running_time() * SPEED),
            lambda: WallTime(began + running_time() * SPEED),
        ) as system,
        Controller(system) as api,
    ):
        api.wait_for_miners(mix.total)
        api.wait_for(mining_miners=mix.total)
        yield MixedMakes(site, api)


def _environment(site: MixedSite, folder: Path) -> dict[str, str]:
    return {
        "NETSTAB_HOST": "127.0.0.1",
        "NETSTAB_PORT": "0",
        "MINER_NETWORK_CIDR": f"{site.miners[0].rpartition('.')[0]}.0/24",
        "MINER_API_PORT": str(site.api_port),
        "MINER_HTTP_PORT": str(site.http_port),
        "WHATSMINER_API_PORT": str(site.framed_port),
        "POLL_INTERVAL_SECONDS": "5",
        "POWER_METER_URL": site.meter_url,
        "POWER_METER_INTERVAL_SECONDS": "1",
        "POWER_METER_STALE_SECONDS": "60",
        "LOG_FORMAT": "text",
        "DATABASE_URL": f"sqlite:///{folder / 'log.db'}",
    }
