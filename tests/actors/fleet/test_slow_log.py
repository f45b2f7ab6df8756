"""The hand on a log that stands still: who sheds is heard soon, and what was refused is nobody's order."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fleet_values import NOW, A, origin
from test_log_writer import responses, stored
from test_sheds_unrecorded import AT, give, log, path, reserve
from waiting import running_time, wait_until

from actors.claim import Claim
from actors.fence import WakeFence
from actors.fleet.log_writer import LogWriter
from actors.messages import ActionEnded
from actors.report import Step
from events.commands import Activate, Deactivate, SetLimit
from events.log import FleetLog
from events.pen import ThreadedPen
from events.reserve import Reserve
from netstab.errors import CommandRejected, LogUnavailable
from netstab.units import Timestamp, Version, Watts

__all__ = ["log", "path", "reserve"]


class Still:
    """Has each write of a log stand still until it is let go, and then done or failed, or once it is done."""

    def __init__(self, log: FleetLog, patch: pytest.MonkeyPatch, *, when_done: bool = False) -> None:
        self.goes_on = threading.Event()
        self.fails = False
        append = log._store.append

        def stands_still(*arguments: Any) -> Any:
            if when_done:
                done = append(*arguments)
                self.goes_on.wait()
                return done
            self.goes_on.wait()
            if self.fails:
                raise OSError("too late")  # as nothing that is expected
            return append(*arguments)

        patch.setattr(log._store, "append", stands_still)


@pytest.fixture
def pen() -> Iterator[ThreadedPen]:
    pen = ThreadedPen("log")
    yield pen
    assert pen.close(30)


def let_go(still: Still, writer: LogWriter) -> None:
    still.goes_on.set()

    def over() -> bool:
        writer.flush()
        return writer.fault is None

    wait_until(over)


def test_on_a_disk_that_stands_still_what_was_refused_is_withdrawn_and_sheds_come_after_it(
    log: FleetLog, path: Path, reserve: Reserve, pen: ThreadedPen, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = LogWriter(log, 5.0, WakeFence(), reserve, pen)
    still = Still(log, monkeypatch)
    with pytest.raises(CommandRejected) as refused:
        give(writer, Activate(Watts(1000.0)))
    assert "stands still" in refused.value.message
    began = running_time()
    version = give(writer, Deactivate())
    assert running_time() - began < 3
    writer.note(ActionEnded(A, Step.SLEEP, Version(version), "", NOW), AT)
    let_go(still, writer)
    writer.flush()
    assert stored(path)[1:5] == ["Activated", "CommandWithdrawn", "Deactivated", "FaultCleared"]
    assert [one["order"] for one in responses(path)] == [4]
    assert writer.fence.standby_version == 4


def test_on_a_disk_that_stands_still_a_shed_is_recorded_once_if_it_comes_through_itself(
    log: FleetLog, path: Path, reserve: Reserve, pen: ThreadedPen, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = LogWriter(log, 5.0, WakeFence(), reserve, pen)
    still = Still(log, monkeypatch)
    writer.in_haste(Deactivate(), AT)
    give(writer, Deactivate())
    let_go(still, writer)
    assert stored(path) == ["Commissioned", "Deactivated", "FaultCleared"]


def test_a_shed_that_a_disk_holds_already_is_not_said_to_be_undone_for_it_is_late_by_then(
    log: FleetLog, path: Path, reserve: Reserve, pen: ThreadedPen, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = LogWriter(log, 5.0, WakeFence(), reserve, pen)
    still = Still(log, monkeypatch, when_done=True)
    claim, times = Claim(Timestamp(1.0)), iter([Timestamp(1.0), Timestamp(2.0)])
    writer.in_haste(Deactivate(), AT)
    writer.accept(Deactivate(), origin(), "", last_look=lambda: claim.take(next(times)), at=AT)
    let_go(still, writer)
    assert next(times, None) is None
    assert stored(path) == ["Commissioned", "Deactivated", "FaultCleared"]


def test_a_shed_that_waits_behind_a_disk_that_stands_still_is_heard_soon(
    log: FleetLog, pen: ThreadedPen, monkeypatch: pytest.MonkeyPatch
) -> None:
    pen.hurried = lambda: True
    writer = LogWriter(log, 5.0, WakeFence(), None, pen)
    still = Still(log, monkeypatch)
    began = running_time()
    with pytest.raises(CommandRejected):
        give(writer, Activate(Watts(1000.0)))
    give(writer, Deactivate())
    assert running_time() - began < 2
    still.goes_on.set()


def test_what_was_refused_and_is_on_record_is_nobodys_order_until_it_is_withdrawn(
    log: FleetLog, path: Path, reserve: Reserve, pen: ThreadedPen, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = LogWriter(log, 5.0, WakeFence(), reserve, pen)
    still = Still(log, monkeypatch)
    with pytest.raises(CommandRejected):
        give(writer, Activate(Watts(1000.0)))
    monkeypatch.setattr(log, "take_up", unavailable)
    still.goes_on.set()
    wait_until(lambda: stored(path)[1:] == ["Activated"])
    wait_until(lambda: attempted(writer) == "full")
    assert writer.state.order is None
    give(writer, SetLimit("grid", Watts(500.0)))
    assert writer.state.order is None
    monkeypatch.undo()
    let_go(still, writer)
    assert stored(path)[1:5] == ["Activated", "CommandWithdrawn", "LimitSet", "FaultCleared"]
    assert writer.state.order is None


def unavailable(*_arguments: Any) -> Any:
    raise LogUnavailable("the disk is full")


def attempted(writer: LogWriter) -> str:
    """Have the log tried again; give the last word of what keeps it."""
    writer.flush()
    return str(writer.fault).rpartition(" ")[2]


def test_a_shed_that_waits_for_nobody_leaves_a_claim_that_was_taken_as_it_is(
    log: FleetLog, path: Path, reserve: Reserve, pen: ThreadedPen, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = threading.Event()
    writer, claim = LogWriter(log, 5.0, WakeFence(), reserve, pen), Claim(gone=left.is_set)
    goes_on, insert = threading.Event(), log._store.recorder.insert_events

    def hangs(*arguments: Any, last_look: Callable[[], None], **options: Any) -> Any:
        last_look()
        left.set()
        goes_on.wait()
        return insert(*arguments, last_look=last_look, **options)

    monkeypatch.setattr(log._store.recorder, "insert_events", hangs)
    writer.in_haste(Deactivate(), AT)
    writer.accept(Deactivate(), origin(), "", last_look=lambda: claim.take(Timestamp(0.0)), at=AT)
    assert writer.unrecorded.count == 1
    goes_on.set()
    wait_until(lambda: attempted(writer) == "None")
    assert stored(path) == ["Commissioned", "Deactivated", "FaultCleared"]
