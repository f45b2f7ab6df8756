"""Why a device does not hash, where its firmware tells (from API 1.14 on). Pure.

Where it stands in the details is not published: its names are looked for under all that is called a status or
a reason.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Reason", "reason_in"]


@dataclass(frozen=True, slots=True)
class Reason:
    """What keeps a device from hashing, in `words` for an operator.

    With `refuses` it does not come to hash whatever it is told, with `starts` it does by itself, with
    `awaits_pool` once a pool answers.
    """

    words: str
    refuses: bool = False
    starts: bool = False
    awaits_pool: bool = False


_REASONS = {
    "userpause": Reason("it was paused"),
    "thermalpause": Reason("it is too hot: its firmware has paused it", refuses=True),
    "dpscooldown": Reason("it cools down: its dynamic power scaling has shut it down", refuses=True),
    "delayedstart": Reason("its start is delayed by its own settings", starts=True),
    "preheating": Reason("it preheats", starts=True),
    "waitingwhilecold": Reason("it is too cold to start", starts=True),
    "defrosting": Reason("it defrosts", starts=True),
    "deadpools": Reason("no pool answers it", awaits_pool=True),
    "missinglicense": Reason("its firmware has no licence", refuses=True),
    "hardwareerror": Reason("its firmware has found a fault of its hardware", refuses=True),
}

_NO_LETTER = re.compile(r"[^a-z]")
_LONGEST, _MOST = 64, 64


def reason_in(details: dict[str, object]) -> Reason | None:
    """Return the reason that the details of a device give, None where they give none that is known."""
    told = (value for key, value in details.items() if "status" in key or "reason" in key)
    for _, text in zip(range(_MOST), _texts(list(told)), strict=False):
        name = _NO_LETTER.sub("", text[:_LONGEST].lower())
        found = next((reason for known, reason in _REASONS.items() if name.endswith(known)), None)
        if found is not None:
            return found
    return None


def _texts(left: list[object]) -> Iterator[str]:
    """Go through keys and texts, whatever they are nested in."""
    while left:
        value = left.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from (key for key, inner in value.items() if inner not in (None, False))
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value[:_MOST])
