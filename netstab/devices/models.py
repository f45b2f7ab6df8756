"""The models of which figures are known, of all families; of any other nothing is known but its name."""

from functools import lru_cache

from netstab.devices.antminer.s9 import S9_MODELS
from netstab.devices.model import UNKNOWN, MinerModel
from netstab.power.unit import Capabilities
from netstab.units import GigahashPerSecond, Watts

__all__ = ["MODELS", "UNKNOWN", "MinerModel", "model_named"]

MODELS: dict[str, MinerModel] = {model.name: model for model in S9_MODELS}


@lru_cache(maxsize=1024)
def model_named(name: str) -> MinerModel:
    """Return the model of that name; of one that is not listed nothing is known but the name."""
    return MODELS.get(name) or MinerModel(
        name=name,
        short_name=name.removeprefix("Antminer "),
        capabilities=Capabilities(),
        positions=(),
        chips_per_board=0,
        most_power=Watts(12_000.0),  # beyond the largest machines on the market
        most_hashrate=GigahashPerSecond(1_500_000),
    )
