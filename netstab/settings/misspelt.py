"""Names of variables that were meant for this server and that it does not know. No value is shown."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import islice

from netstab.settings.client import CLIENT_VARIABLES
from netstab.settings.env_file import ENV_FILE
from netstab.settings.variables import Variables

__all__ = ["misspelt"]

_OURS = ("NETSTAB_", "POWER_METER_", "MINER_", "EMS_")
"""No other program's variables begin so."""

_ALIKE = 0.87
_LONGEST = 64  # characters; no name of ours has more than half of them
_MOST = 20


def misspelt(names: Iterable[str]) -> list[str]:
    """Return a sentence for each name that looks like one of ours, with that one."""
    return list(islice(_found(names), _MOST))


def _found(names: Iterable[str]) -> Iterator[str]:
    known = [*Variables.model_fields, *CLIENT_VARIABLES, ENV_FILE]
    for name in sorted(set(names) - set(known)):
        if len(name) > _LONGEST or not name.isidentifier():
            continue
        likely = get_close_matches(name.upper(), known, 1, _ALIKE)
        if likely:
            yield f"The variable {name} is not known and has no effect; did you mean {likely[0]}?"
        elif name.upper().startswith(_OURS):
            near = get_close_matches(name.upper(), known, 1, 0.6)
            meant = f"; the nearest is {near[0]}" if near else ""
            yield f"The variable {name} is not known and has no effect{meant}."
