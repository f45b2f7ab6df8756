"""What a Whatsminer can be told to be set to, judged before anything is sent. Pure."""

from netstab.devices.whatsminer.state import State
from netstab.errors import CommandRefused, StillStarting
from netstab.units import Setting, Volts, Watts

__all__ = ["require_power", "require_settable"]


def require_power(setting: Setting, voltage: Volts | None) -> int:
    """Return the power that is asked for in W; raises `CommandRefused` for anything else."""
    if voltage is not None or not isinstance(setting, int):
        raise CommandRefused("A Whatsminer takes a power and nothing else.")
    return setting


def require_settable(state: State) -> Watts:
    """Return the power limit that percentages are of; raises `StillStarting` before its clock has climbed."""
    if not state.settable:
        raise StillStarting(
            "The miner takes a power only once it mines at its full clock, minutes after a start."
        )
    if state.limit is None:
        raise CommandRefused("The miner has no power limit that a percentage could be of.")
    return state.limit
