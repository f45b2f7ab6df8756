"""The host's clock in a test's hands, for a log too: its store knows times by their exact type.

`freezegun` sets the steady clock with it, so it is for what waits for nobody: no threads, no sockets.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from eventsourcing.persistence import DatetimeAsISO, JSONTranscoder
from freezegun import freeze_time
from freezegun.api import FakeDatetime, FrozenDateTimeFactory

from events.store import FleetStore

__all__ = ["host_clock"]


class FrozenAsISO(DatetimeAsISO):
    """Writes a frozen time as what it stands for."""

    type = FakeDatetime


def register(_store: FleetStore, transcoder: JSONTranscoder) -> None:
    transcoder.register(DatetimeAsISO())
    transcoder.register(FrozenAsISO())


@contextmanager
def host_clock(at: str) -> Iterator[FrozenDateTimeFactory]:
    """Have the host's clock stand at a moment until it is moved."""
    with pytest.MonkeyPatch.context() as patch, freeze_time(at) as clock:
        patch.setattr(FleetStore, "register_transcodings", register)
        assert isinstance(clock, FrozenDateTimeFactory)
        yield clock
