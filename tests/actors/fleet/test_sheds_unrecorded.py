"""The hand on a log that fails or stands still: what sheds is carried out, and recorded first."""

from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import OperationalError
from fleet_values import NOW, A, origin
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_log_writer import locked, stored

from actors.fence import WakeFence
from actors.fleet.log_writer import UNCERTAIN, LogWriter
from events.authority import ruling
from events.commands import (
    Activate,
    ApplyPower,
    Command,
    ControlMiner,
    Deactivate,
    LiftLimit,
    MinerAction,
    Release,
    SetLimit,
    SetOverride,
)
from events.log import FleetLog
from events.reserve import Reserve
from events.reserve_format import Entry
from events.state import FRONTS, Source
from netstab.errors import CommandRejected
from netstab.power.allocation import PowerMode
from netstab.units import WallTime, Watts

AT = WallTime(NOW)


def opened(path: Path) -> FleetLog:
    return FleetLog(f"sqlite:///{path}", lambda: AT, PowerMode.ON_OFF)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def log(path: Path) -> Iterator[FleetLog]:
    with closing(opened(path)) as log:
        yield log


@pytest.fixture
def reserve(path: Path) -> Iterator[Reserve]:
    with closing(Reserve.at(path.with_suffix(".reserve"))) as reserve:
        yield reserve


def give(writer: LogWriter, command: Command) -> int:
    return writer.accept(command, origin(), command.name, at=AT)


def target(writer: LogWriter) -> object:
    return writer.state.order and writer.state.order.target


@pytest.mark.parametrize(
    "command",
    [Deactivate(), Activate(Watts(0.0)), ApplyPower(Watts(0.0)), SetOverride(enabled=True, target=None)],
)
def test_standby_is_in_force_at_once_fences_off_what_came_before_and_is_recorded_first(
    log: FleetLog, path: Path, reserve: Reserve, command: Command
) -> None:
    writer = LogWriter(log, 5.0, WakeFence(), reserve)
    ordered = give(writer, Activate(Watts(1000.0)))
    with locked(path):
        version = give(writer, command)
        assert not target(writer)
        assert not writer.fence.allows(ordered)
        assert writer.fence.allows(version + 1)
        assert "not yet recorded" in writer.unrecorded.sentence
        assert "Not yet recorded" in writer.remark
        shown = writer.state
    writer.flush()
    assert (writer.fault, writer.remark) == (None, "")
    assert stored(path)[2:][1:] == ["FaultCleared"]
    assert replace(writer.state, version=version) == shown
    assert reserve.kept == ()


def test_a_limit_that_falls_is_in_force_at_once_and_one_that_rises_is_refused(
    log: FleetLog, path: Path
) -> None:
    writer = LogWriter(log, 5.0, WakeFence())
    give(writer, SetLimit("grid", Watts(1000.0), WallTime(NOW + 60)))
    with locked(path):
        give(writer, SetLimit("grid", Watts(500.0), WallTime(NOW + 60)))
        give(writer, SetLimit("grid", Watts(500.0), WallTime(NOW + 90)))
        give(writer, SetLimit("site", Watts(9e9)))
        for refused in (
            SetLimit("grid", Watts(501.0), WallTime(NOW + 60)),
            SetLimit("grid", Watts(500.0), WallTime(NOW + 80)),
            LiftLimit("grid"),
            Activate(Watts(1.0)),
            ApplyPower(Watts(1.0)),
            SetOverride(enabled=False, target=None),
            ControlMiner(A, MinerAction.STOP),
        ):
            with pytest.raises(CommandRejected) as rejected:
                give(writer, refused)
            assert rejected.value.code == "FAULT_STATE"
        assert writer.unrecorded.count == 2
    writer.flush()
    assert stored(path)[2:] == ["LimitSet", "LimitSet", "FaultCleared"]
    assert writer.state.limits["grid"].until == NOW + 90


def test_an_actor_that_is_new_goes_on_with_what_its_predecessor_carried_out(
    log: FleetLog, path: Path, reserve: Reserve
) -> None:
    fence = WakeFence()
    with locked(path):
        give(LogWriter(log, 5.0, fence, reserve), Deactivate())
        successor = LogWriter(log, 5.0, fence, reserve)
        assert successor.fault is not None
        assert successor.state.order is not None
    successor.flush()
    assert stored(path) == ["Commissioned", "Deactivated", "FaultCleared"]


def test_a_server_that_may_not_lead_any_more_sheds_and_records_nothing(log: FleetLog, path: Path) -> None:
    fence = WakeFence(lambda: log.head.version)
    writer = LogWriter(log, 5.0, fence)
    ordered = give(writer, Activate(Watts(1000.0)))
    fence.lower_only()
    assert writer.fault == UNCERTAIN
    assert not fence.allows(ordered)
    with pytest.raises(CommandRejected):
        give(writer, Activate(Watts(500.0)))
    give(writer, Deactivate())
    writer.flush()
    assert target(writer) is None
    assert stored(path) == ["Commissioned", "Activated"]


def test_a_server_that_another_has_overtaken_does_not_shed(log: FleetLog, path: Path) -> None:
    writer = LogWriter(log, 5.0, WakeFence())
    with closing(opened(path)) as rival:
        rival.accept(Activate(Watts(1000.0)), origin(), "")
    with pytest.raises(CommandRejected):
        give(writer, Deactivate())
    assert writer.fence.closed
    assert writer.unrecorded.count == 0


def failing(*_arguments: Any, **_options: Any) -> Any:
    raise OperationalError("database or disk is full")


def try_to_activate(writer: LogWriter) -> None:
    with suppress(CommandRejected):
        give(writer, Activate(Watts(1000.0)))


def test_what_a_commit_that_failed_has_recorded_after_all_is_withdrawn(
    log: FleetLog, path: Path, reserve: Reserve, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, append = LogWriter(log, 5.0, WakeFence(), reserve), log._store.append

    def cut_off(*arguments: Any) -> Any:
        append(*arguments)
        failing()

    with monkeypatch.context() as patch:
        patch.setattr(log._store, "append", cut_off)
        with pytest.raises(CommandRejected):
            give(writer, Activate(Watts(1000.0)))
    writer.flush()
    assert writer.fence.closed  # this process did not record it, as far as it knows
    with closing(opened(path)) as again:
        again.take_up(reserve.kept, "")
        assert again.state.order is None
    assert stored(path) == ["Commissioned", "Activated", "CommandWithdrawn"]


def test_after_more_sheds_than_the_reserve_has_room_for_the_fence_stands_where_the_log_ends(
    log: FleetLog, path: Path, reserve: Reserve
) -> None:
    writer = LogWriter(log, 5.0, WakeFence(), reserve)
    with locked(path):
        for number in range(70):
            command: Command = Deactivate() if number == 60 else SetLimit("grid", Watts(1000.0 - number))
            writer.in_haste(command, AT)
            give(writer, command)
    writer.flush()
    ordered = give(writer, Activate(Watts(1000.0)))
    assert writer.fence.allows(ordered)
    give(writer, Deactivate())
    assert not writer.fence.allows(ordered)


def test_of_several_fronts_who_waits_stops_nobody_unrecorded_and_who_lets_go_raises_nothing(
    log: FleetLog, path: Path, reserve: Reserve
) -> None:
    def say(command: Command, source: Source) -> int:
        ruled = ruling(writer.state, command, source, AT, FRONTS)
        writer.in_haste(command, AT, ruled)
        return writer.accept(command, origin(source), command.name, at=AT, ruled=ruled)

    writer = LogWriter(log, 5.0, WakeFence(), reserve)
    say(Activate(Watts(1000.0)), Source.EMS)
    say(Activate(Watts(500.0)), Source.MQTT)
    say(Activate(Watts(500.0)), Source.S2)
    say(Activate(Watts(2000.0)), Source.SCHEDULE)
    with locked(path):
        say(Deactivate(), Source.S2)
        assert target(writer) == 1000.0
        say(Release(), Source.S2)  # it waits: nothing is more by it
        assert target(writer) == 1000.0
        say(Release(), Source.EMS)
        assert target(writer) == 500.0
        with pytest.raises(CommandRejected, match="fault"):
            say(Release(), Source.MQTT)
        say(Release(), Source.SCHEDULE)
        say(Release(), Source.MQTT)
        assert target(writer) is None
    foreseen = writer.state
    writer.flush()
    assert stored(path)[-6:] == ["Deactivated", *["Released"] * 4, "FaultCleared"]
    assert (log.state.order and log.state.order.target, log.state.setpoints.keys()) == (
        None,
        foreseen.setpoints.keys(),
    )


def test_on_a_database_that_is_read_only_what_sheds_is_carried_out_and_recorded_once_it_is_not(
    log: FleetLog, path: Path, reserve: Reserve
) -> None:
    writer = LogWriter(log, 5.0, WakeFence(), reserve)
    read_only(log, "ON")
    with pytest.raises(CommandRejected) as refused:
        give(writer, Activate(Watts(1000.0)))
    assert "readonly" in refused.value.message
    give(writer, Deactivate())
    writer.flush()
    assert "readonly" in str(writer.fault)
    assert "kept in the reserve file" in writer.remark
    read_only(log, "OFF")
    writer.flush()
    assert writer.fault is None
    assert stored(path) == ["Commissioned", "Deactivated", "FaultCleared"]


def read_only(log: FleetLog, whether: str) -> None:
    """Have the connection that writes change nothing: files cannot be closed to who runs tests as root."""
    with log._store.transaction() as cursor:
        cursor.execute(f"PRAGMA query_only = {whether}")


@given(st.lists(st.sampled_from(["fail", "mend", "deactivate", "limit", "activate", "flush"]), max_size=25))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_happens_what_was_carried_out_is_recorded_first_and_leads_to_what_was_shown(
    tmp_path_factory: pytest.TempPathFactory, story: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("story")
    path, power = folder / "log.db", 10_000.0
    with closing(opened(path)) as log, closing(Reserve(folder / "reserve")) as reserve:
        writer, insert = LogWriter(log, 5.0, WakeFence(), reserve), log._store.recorder.insert_events
        for step in [*story, "mend"]:
            match step:
                case "fail":
                    log._store.recorder.insert_events = failing  # type: ignore[method-assign]
                case "mend":
                    log._store.recorder.insert_events = insert  # type: ignore[method-assign]
                case "deactivate":
                    give(writer, Deactivate())
                case "limit":
                    power -= 1
                    give(writer, SetLimit("grid", Watts(power)))
                case "activate":
                    try_to_activate(writer)
                case "flush":
                    writer.flush()
        shown = writer.state
        promised = [each for each in reserve.kept if isinstance(each, Entry)]
        known = len(stored(path))
        writer.flush()
        names = {"deactivate": "Deactivated", "set_limit": "LimitSet"}
        late = [names[each.command.name] for each in promised]
        assert stored(path)[known : known + len(late)] == late
        assert replace(writer.state, version=0) == replace(shown, version=0)
        assert reserve.kept == ()
