import os
import random
import subprocess
import sys
from pathlib import Path

from recording import SteppedClock, origin

from events.chain import verify
from events.fleet import FLEET_ID
from events.history import HistoryReader
from events.log import FleetLog
from netstab.power.allocation import PowerMode

TESTS = Path(__file__).parents[1]


def killed_in_the_middle(url: str, answers: int) -> list[int]:
    """Return the versions that a writer answered before it was killed."""
    writer = subprocess.Popen(
        [sys.executable, str(TESTS / "support" / "stream_of_commands.py"), url],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(TESTS.parent)},
    )
    with writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(answers)]
        writer.kill()
        lines += writer.stdout.readlines()
    return [int(line) for line in lines if line.endswith(b"\n")]


def test_nothing_that_was_answered_is_lost_to_a_kill(url: str) -> None:
    chance = random.Random(9)
    answered: list[int] = []
    for _ in range(6):
        answered += killed_in_the_middle(url, chance.randint(1, 60))
        log = FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)
        order = log.state.order
        assert order is not None
        assert order.version >= answered[-1]
        assert verify(log._store.recorder.select_events(FLEET_ID), expected=log.head).bad_version is None
        log.close()
    reader = HistoryReader(url)
    recorded = {record.version: record.command_id for record in reader.recent(100_000)}
    reader.close()
    assert {version: recorded[version] for version in answered} == {
        version: origin(number=version - 1).command_id for version in answered
    }
