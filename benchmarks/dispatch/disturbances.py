"""What goes wrong in the course of a run, drawn from the site's seed: miners that die or fall silent.

Who tells a wrong power is built so, and lost requests are the plant's own business.
"""

from functools import partial

from benchmarks.dispatch.run import Scenario
from benchmarks.dispatch.scenarios import LEAD
from netstab.simulation.population import random_of
from netstab.simulation.virtual.miner import VirtualMiner
from netstab.simulation.virtual.plant import Plant
from netstab.simulation.virtual.s9 import VirtualS9, s9
from netstab.simulation.virtual.site import Site, devices_of
from netstab.units import MinerId

__all__ = ["disturb", "silent_of"]


def disturb(plant: Plant, scenario: Scenario) -> None:
    """Choose the unlucky and set the moments at which they lose their power."""
    asked, chance = plant.site.disturbance, random_of(plant.site.seed, "disturbance")
    miners = list(plant.miners.values())
    chance.shuffle(miners)
    for miner in miners[: round(asked.dead * len(miners))]:
        plant.at(chance.uniform(LEAD / 2, scenario.seconds * 2 / 3), partial(_die, plant, miner))
    for miner_id in silent_of(plant.site):
        plant.at(asked.silent_from, partial(_fall_silent, plant, plant.miners[miner_id]))


def silent_of(site: Site) -> frozenset[MinerId]:
    """Draw the S9 that are to fall silent from those that can be controlled."""
    able = [
        miner_id
        for miner_id, device in devices_of(site).items()
        if device.registered.controllable and isinstance(device, VirtualS9)
    ]
    count = round(site.disturbance.silent * len(able))
    return frozenset(random_of(site.seed, "silent").sample(able, count))


def _fall_silent(plant: Plant, miner: VirtualMiner) -> None:
    miner.device.advance(plant.now)
    s9(miner.device).fall_silent()
    plant.disturb(miner)


def _die(plant: Plant, miner: VirtualMiner) -> None:
    miner.device.advance(plant.now)
    miner.device.cut_power()
    plant.disturb(miner)
