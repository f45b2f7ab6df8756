from collections.abc import Iterator
from pathlib import Path

import pytest
from recording import SteppedClock

from events.log import FleetLog
from netstab.power.allocation import PowerMode


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def log(url: str) -> Iterator[FleetLog]:
    log = FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)
    yield log
    log.close()
