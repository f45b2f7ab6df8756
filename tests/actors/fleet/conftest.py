from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pykka
import pytest
from fleet_values import A, B, miner
from test_fleet_actor import TIMEOUT, Setting

from actors.report import Phase


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Start a fleet of two hashing miners, or go on with the log of one."""
    begun = []

    def begin(**options: Any) -> Any:
        setting: Any = Setting(tmp_path / "log.db", **options)
        begun.append(setting)
        if not setting.log.state.miners:
            setting.has(miner(A), miner(B), phase=Phase.HASHING)
        return setting

    yield begin
    pykka.ActorRegistry.stop_all(timeout=TIMEOUT)
    for setting in begun:
        setting.log.close()
