"""What a miner is set to, in the words of its own family."""

from events.state import RegisteredMiner
from netstab.devices.families import family_of
from netstab.units import Setting

__all__ = ["setting_words"]


def setting_words(miner: RegisteredMiner, setting: Setting | None) -> str | None:
    """Return what an operator is shown of a setting, None where there is none."""
    if setting is None:
        return None
    family = family_of(miner.firmware, miner.model, miner.firmware_version)
    return family.worded(setting, miner.points)
