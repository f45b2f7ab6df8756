"""What goes wrong in the course of a run, drawn from the site's seed: miners that die.

Who tells a wrong power is built so, and lost requests are the plant's own business.
"""

from functools import partial

from benchmarks.dispatch.run import Scenario
from benchmarks.dispatch.scenarios import LEAD
from netstab.simulation.population import random_of
from netstab.simulation.virtual.miner import VirtualMiner
from netstab.simulation.virtual.plant import Plant

__all__ = ["disturb"]


def disturb(plant: Plant, scenario: Scenario) -> None:
    """Choose the unlucky and set the moments at which they lose their power."""
    asked, chance = plant.site.disturbance, random_of(plant.site.seed, "disturbance")
    miners = list(plant.miners.values())
    chance.shuffle(miners)
    for miner in miners[: round(asked.dead * len(miners))]:
        plant.at(chance.uniform(LEAD / 2, scenario.seconds * 2 / 3), partial(_die, plant, miner))


def _die(plant: Plant, miner: VirtualMiner) -> None:
    miner.device.advance(plant.now)
    miner.device.cut_power()
    plant.disturb(miner)
