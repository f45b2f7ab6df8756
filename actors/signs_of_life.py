"""When the fronts' counterparts were last heard without a command, for any thread. It judges nobody.

A heartbeat may come a hundred times a second: it takes no place in anybody's inbox.
"""

from collections.abc import Mapping

from events.state import Source
from netstab.units import Timestamp

__all__ = ["SignsOfLife"]


class SignsOfLife:
    """Every access is one operation on a dict, which the interpreter never interrupts: no lock."""

    def __init__(self) -> None:
        self._heard: dict[Source, Timestamp] = {}

    def note(self, source: Source, at: Timestamp) -> None:
        self._heard[source] = at

    @property
    def newest(self) -> Mapping[Source, Timestamp]:
        """When each was heard last; a copy."""
        return self._heard.copy()
