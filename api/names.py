"""Short names for miners."""

from collections import Counter
from collections.abc import Mapping

from events.state import RegisteredMiner
from netstab.devices.awesome_miner.ids import number_in
from netstab.devices.models import model_named
from netstab.units import MinerId

__all__ = ["miner_names"]


def miner_names(miners: Mapping[MinerId, RegisteredMiner]) -> dict[MinerId, str]:
    """Name each miner by its model and last octet, `S9-56`, with as many octets as make it unique.

    One without an address is named by its number at Awesome Miner.
    """
    choices = {miner_id: _choices(miner) for miner_id, miner in miners.items()}
    uses = Counter(name for names in choices.values() for name in names)
    return {
        miner_id: next((name for name in names if uses[name] == 1), names[-1])
        for miner_id, names in choices.items()
    }


def _choices(miner: RegisteredMiner) -> list[str]:
    short_name = model_named(miner.model).short_name
    number = number_in(miner.miner_id)
    if number is not None:
        return [f"{short_name}-{number}", f"{short_name}-{miner.miner_id}"]
    octets = miner.miner_id.split(".")
    return [f"{short_name}-{'.'.join(octets[-count:])}" for count in range(1, len(octets) + 1)]
