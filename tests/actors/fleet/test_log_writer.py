"""The FleetActor's hand on a real log, which is made to fail by taking its database's write lock."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from fleet_values import NOW, A, miner, origin

from actors.fence import WakeFence
from actors.fleet.log_writer import LogWriter
from actors.messages import ActionEnded
from actors.report import Step
from events.commands import Activate, Deactivate, RegisterMiners
from events.log import FleetLog
from events.pen import DirectPen
from netstab.errors import CommandRejected, ErrorCode
from netstab.metrics import Metrics
from netstab.power.allocation import PowerMode
from netstab.units import Timestamp, Version, WallTime, Watts

T = TypeVar("T")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def log(path: Path) -> Iterator[FleetLog]:
    with closing(FleetLog(f"sqlite:///{path}", lambda: WallTime(NOW), PowerMode.ON_OFF)) as log:
        yield log


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


def stored(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as reader:
        rows = reader.execute("SELECT topic FROM stored_events ORDER BY originator_version").fetchall()
    return [topic.rpartition(".")[2] for (topic,) in rows]


def responses(path: Path) -> list[dict[str, str | float | None]]:
    with closing(sqlite3.connect(path)) as reader:
        rows = reader.execute("SELECT topic, state FROM stored_events ORDER BY originator_version").fetchall()
    told = (json.loads(state)["responses"] for topic, state in rows if topic.endswith("MinersResponded"))
    return [response for some in told for response in some]


def test_a_command_that_cannot_be_recorded_is_refused_and_the_fault_is_kept(
    log: FleetLog, path: Path
) -> None:
    writer = LogWriter(log, 5.0, WakeFence())
    with locked(path), pytest.raises(CommandRejected) as refused:
        writer.accept(Activate(Watts(1000.0)), origin(), "")
    assert refused.value.code == "FAULT_STATE"
    assert writer.fault is not None
    assert stored(path) == ["Commissioned"]


class BusyPen(DirectPen):
    """Takes what is to be done up half a second later each time."""

    def __init__(self) -> None:
        self.now = 0.0

    def write(self, work: Callable[[], T], *, looks: int = 0) -> T:
        self.now += 0.5
        return work()


def test_how_long_a_record_took_has_the_wait_for_the_thread_that_writes_it(
    log: FleetLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    pen, metrics = BusyPen(), Metrics()
    monkeypatch.setattr("actors.fleet.log_writer.perf_counter", lambda: pen.now)
    writer = LogWriter(log, 5.0, WakeFence(), pen=pen, metrics=metrics)
    writer.accept(Activate(Watts(1000.0)), origin(), "")
    writer.look(Timestamp(NOW))
    shown = metrics.registry.get_sample_value
    assert pen.now == 1.0
    assert shown("netstab_log_write_seconds_count") == 1
    assert shown("netstab_log_write_seconds_sum") == 0.5


@pytest.mark.parametrize("text", ["\ud800", "rack\udfff"])
def test_a_command_that_no_log_can_hold_is_refused_and_the_log_goes_on(
    log: FleetLog, path: Path, text: str
) -> None:
    writer = LogWriter(log, 5.0, WakeFence())
    with pytest.raises(CommandRejected) as refused:
        writer.accept(RegisterMiners((replace(miner(A), hostname=text),), "scan"), origin(), "")
    assert refused.value.code == "INVALID_INPUT"
    assert writer.fault is None
    writer.accept(Deactivate(), origin(), "")
    assert stored(path) == ["Commissioned", "Deactivated"]


def test_the_log_says_that_it_was_at_fault_before_it_goes_on(log: FleetLog, path: Path) -> None:
    writer = LogWriter(log, 5.0, WakeFence())
    with locked(path), pytest.raises(CommandRejected):
        writer.accept(Activate(Watts(1000.0)), origin(), "")
    version = writer.accept(Deactivate(), origin(), "")
    assert writer.fault is None
    assert stored(path) == ["Commissioned", "FaultCleared", "Deactivated"]
    assert writer.state.order is not None
    assert writer.state.order.version == version


def test_a_fault_ends_by_itself_when_the_log_can_be_written_again(log: FleetLog, path: Path) -> None:
    writer = LogWriter(log, 5.0, WakeFence())
    with locked(path):
        writer.reject(Deactivate(), origin(), CommandRejected(ErrorCode.MANUAL_OVERRIDE, ""))
        writer.flush()
        assert writer.fault is not None
    writer.flush()
    writer.flush()
    assert writer.fault is None
    assert stored(path) == ["Commissioned", "FaultCleared"]


def test_what_miners_did_is_kept_while_the_log_is_at_fault_and_recorded_in_order(
    log: FleetLog, path: Path
) -> None:
    writer = LogWriter(log, 5.0, WakeFence())
    order = writer.accept(Activate(Watts(1000.0)), origin(), "")
    for reason in ("first", "second"):
        writer.note(ActionEnded(A, Step.WAKE, Version(order), reason, NOW), WallTime(NOW))
    with locked(path):
        writer.flush()
    writer.note(ActionEnded(A, Step.WAKE, Version(order), "", NOW), WallTime(NOW))
    writer.flush()
    assert [(one["order"], one["outcome"], one["reason"]) for one in responses(path)] == [
        (order, "failed", "first"),
        (order, "failed", "second"),
        (order, "done", ""),
    ]


def test_all_that_miners_did_is_recorded_before_the_end_and_a_log_at_fault_holds_nothing_up(
    log: FleetLog, path: Path
) -> None:
    writer = LogWriter(log, 5.0, WakeFence())
    order = writer.accept(Activate(Watts(1000.0)), origin(), "")
    for number in range(2_500):
        writer.note(ActionEnded(A, Step.WAKE, Version(order), str(number), NOW), WallTime(NOW))
    with locked(path):
        writer.drain()
    assert responses(path) == []
    writer.drain()
    assert [one["reason"] for one in responses(path)] == [str(number) for number in range(2_500)]
