"""What a simulated site is made of, by name and number: `s9=20,whatsminer=10`. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from netstab.errors import SettingsError
from netstab.simulation.faces.kinds import FACES

__all__ = ["MIX_FORM", "MIX_HELP", "MOST", "S9", "Mix", "read_mix"]

S9 = "s9"
MIX_FORM = "NAME=COUNT,..."
MIX_HELP = "a site of several makes, so many of each: " + ", ".join((S9, *FACES))
MOST = 10_000
"""The most devices of one kind."""


@dataclass(frozen=True, slots=True)
class Mix:
    """The number of devices of each kind, in the order in which they stand at their addresses."""

    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def words(self) -> str:
        """What it is made of, as `20 Antminer S9, 10 Whatsminer`."""
        return ", ".join(f"{count} {_words_of(name)}" for name, count in self.counts.items())

    @property
    def kinds(self) -> str:
        """The kinds alone."""
        return ", ".join(map(_words_of, self.counts))


def _words_of(name: str) -> str:
    return "Antminer S9" if name == S9 else FACES[name].words


def read_mix(text: str) -> Mix:
    """Read numbers by name. Raises `SettingsError` for a name that is none, or a number out of bounds."""
    counts: dict[str, int] = {}
    for entry in text.split(","):
        name, equals, number = entry.strip().partition("=")
        if not equals:
            raise SettingsError(f"--mix: {entry.strip()[:20]!r} is not NAME=COUNT.")
        if name != S9 and name not in FACES:
            known = ", ".join((S9, *FACES))
            raise SettingsError(f"--mix: there is no simulated device {name[:20]!r}; there are {known}.")
        if name in counts:
            raise SettingsError(f"--mix: {name} is given twice.")
        if not re.fullmatch(r"[0-9]{1,5}", number) or not 1 <= int(number) <= MOST:
            raise SettingsError(
                f"--mix: the number of {name} is {number[:20]!r}; it must be from 1 to {MOST}."
            )
        counts[name] = int(number)
    return Mix(counts)
