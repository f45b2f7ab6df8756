"""A simulated Awesome Miner, as several independent clients of the real one know it, on loopback alone."""

from netstab.simulation.awesome_miner.server import SimulatedAwesomeMiner
from netstab.simulation.awesome_miner.watched import Rig, Stops, Watched, rig

__all__ = ["Rig", "SimulatedAwesomeMiner", "Stops", "Watched", "rig"]
