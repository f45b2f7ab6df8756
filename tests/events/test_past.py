"""The fleet as it was, from the log alone."""

import time
from datetime import datetime, timedelta

import pytest
from recording import SteppedClock, miner, origin, record_everything
from waiting import slowness

from events.commands import Activate, RegisterMiners
from events.fleet import Fleet
from events.history import HistoryReader
from events.log import FleetLog
from events.state import FleetState, Source
from events.timeline import moment
from netstab.power.allocation import PowerMode
from netstab.units import WallTime, Watts


@pytest.mark.parametrize("interval", [4, 1000])
def test_every_past_state_is_the_one_that_was(
    url: str, interval: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.log.SNAPSHOT_INTERVAL", interval)
    clock, states = SteppedClock(), dict[int, tuple[datetime, FleetState]]()
    log = FleetLog(url, clock, PowerMode.FREQUENCY)
    keep = log._save

    def save(fleet: Fleet) -> None:
        keep(fleet)
        states[log.state.version] = (fleet.modified_on, log.state)

    log._save = save  # type: ignore[method-assign]
    record_everything(log)
    log.close()
    reader = HistoryReader(url)
    assert len(states) > 20
    last_at = dict(states.values())
    for version, (at, state) in states.items():
        assert reader.state(version) == state
        assert reader.state(at) == last_at[at]
        assert reader.state(at + timedelta(seconds=0.9)) == last_at[at]
    reader.close()


def test_a_moment_counts_to_the_millisecond_as_it_is_printed(url: str) -> None:
    log = FleetLog(url, lambda: WallTime(1_768_921_500.250789), PowerMode.FREQUENCY)
    log.close()
    reader = HistoryReader(url)
    assert reader.state(moment("2026-01-20T15:05:00.250Z")) is not None
    assert reader.state(moment("2026-01-20T15:05:00.249Z")) is None
    reader.close()


def test_a_version_beyond_the_log_has_no_state(log: FleetLog, url: str) -> None:
    reader = HistoryReader(url)
    assert [reader.state(version) is None for version in (-1, 0, 1, 2, 10**30)] == [
        True,
        True,
        False,
        True,
        True,
    ]
    reader.close()


def test_ten_thousand_miners_do_not_slow_the_past_down(log: FleetLog, url: str) -> None:
    log.accept(RegisterMiners(tuple(map(miner, range(1, 10_001))), "scan"), origin(Source.SYSTEM), "")
    for number in range(1_500):
        log.accept(Activate(Watts(float(number))), origin(), "")
    reader = HistoryReader(url)
    times = []
    for version in (1_002, 1_200, 1_400):
        started = time.process_time()
        state = reader.state(version)
        times.append(time.process_time() - started)
        assert state is not None
        assert (state.version, len(state.miners)) == (version, 10_000)
    reader.close()
    assert min(times) < 0.1 * slowness()


@pytest.mark.parametrize("text", ["yesterday", "", "-1", "1.5", "2026-13-01T00:00:00Z"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        moment(text)


def test_a_time_without_an_offset_is_utc() -> None:
    assert moment("2026-01-20T15:05:00") == moment("2026-01-20T16:05:00+01:00")
    assert moment("17") == 17
