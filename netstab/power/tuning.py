"""How a miner's owner has set its boards, so that what was changed of it can be put back."""

from dataclasses import dataclass

from netstab.units import Megahertz

__all__ = ["Tuning"]


@dataclass(frozen=True, slots=True)
class Tuning:
    """A miner's own: `settings` are the firmware's keys and values, `frequency` in MHz is what they come to.

    `plain`: one frequency and voltage for all boards and chips, and no preset; so it is after a change by us.
    """

    frequency: Megahertz | None
    plain: bool
    settings: tuple[tuple[str, str], ...]
