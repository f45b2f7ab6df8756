"""What dispatch keeps to, whatever the target: set for one server, the same for all its miners.

What the fleet may draw at most is no constraint but a limit (`events.limits`): somebody commands it.
"""

from dataclasses import dataclass
from enum import StrEnum

from netstab.units import Seconds, Watts

__all__ = ["PRESETS", "Constraints", "Preset"]


@dataclass(frozen=True, slots=True)
class Constraints:
    """`tolerance_percent` is the band around a target within which nothing is corrected.

    At most `wake_batch_size` miners, or `wake_batch_share` of the fleet if that is more, are woken within
    `wake_batch_interval` (size 0: no such limit). Dispatch
    leaves a miner on for `min_on` and off for `min_off`, and changes the point of one that
    restarts for it no more than `frequency_changes_per_hour` times an hour. Power is moved no faster than
    `ramp_up` and `ramp_down` in W per second, None where the operator's configuration alone says how fast.
    """

    tolerance_percent: float = 5.0
    wake_batch_size: int = 0
    wake_batch_share: float = 0.0
    wake_batch_interval: Seconds = Seconds(45.0)
    min_on: Seconds = Seconds(0.0)
    min_off: Seconds = Seconds(0.0)
    frequency_changes_per_hour: int = 4
    ramp_up: Watts | None = None
    ramp_down: Watts | None = None


class Preset(StrEnum):
    """What dispatch keeps to where nothing else is set."""

    S9 = "s9"
    DOCUMENT = "document"


PRESETS = {
    Preset.S9: Constraints(wake_batch_size=80, wake_batch_share=0.5),
    Preset.DOCUMENT: Constraints(),
}
"""Real S9, of which too many that boot together sag the supply, and the contract's, that wake in seconds.

Of 171 S9 woken together 57 % booted; waves of 80 helped. A larger site has a larger supply: half of the fleet
a wave has any be up after one more interval.
"""
