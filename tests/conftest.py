"""What holds for all tests."""

import pytest
from hypothesis import settings
from waiting import PATIENCE

# How long an example takes depends on what else the host does: a test of time measures it itself.
settings.register_profile("netstab", deadline=None)
settings.load_profile("netstab")


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody give up the fleet because the host stood still: a test of that deadline sets its own."""
    monkeypatch.setattr("actors.client.GRACE", PATIENCE)
