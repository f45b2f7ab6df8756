"""The random offsets of starts: drawn once, without being kept. Pure.

What is drawn depends on the site, the event, its modification and nothing else, so that a restart, another
server of the site and another order of events draw the same; a modified event is drawn anew.
"""

from collections.abc import Callable
from hashlib import sha256

__all__ = ["Draw", "drawn_by"]

Draw = Callable[[str, str, str], float]
"""Gives a number from -1 to 1 for an event's id, its modification, and the place in it."""

_BYTES = 6
_HIGHEST = float(2 ** (8 * _BYTES) - 1)


def drawn_by(site: str) -> Draw:
    """Return the draws of a site, named as no other VEN of the VTN is."""

    def draw(event_id: str, modified: str, place: str) -> float:
        text = f"{site}\0{event_id}\0{modified}\0{place}"
        digest = sha256(text.encode(errors="surrogatepass")).digest()
        return 2 * int.from_bytes(digest[:_BYTES], "big") / _HIGHEST - 1

    return draw
