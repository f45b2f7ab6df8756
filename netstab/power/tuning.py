"""How a unit's owner has set it, so that what was changed of it can be put back."""

from dataclasses import dataclass

from netstab.units import Setting

__all__ = ["Tuning"]


@dataclass(frozen=True, slots=True)
class Tuning:
    """A unit's own: `settings` are the firmware's keys and values, `setting` is what they come to.

    `plain`: one setting for all its boards and chips, and no preset; so it is after a change by us.
    """

    setting: Setting | None
    plain: bool
    settings: tuple[tuple[str, str], ...]
