"""For how long a front does not say again what was refused. Pure."""

from netstab.units import Seconds

__all__ = ["FIRST_PAUSE", "pause_after"]

FIRST_PAUSE = Seconds(2.0)
_LONGEST = Seconds(60.0)


def pause_after(before: Seconds | None) -> Seconds:
    """Return the pause after one more refusal of the same, twice the one `before`; None at the first."""
    return FIRST_PAUSE if before is None else Seconds(min(_LONGEST, 2 * before))
