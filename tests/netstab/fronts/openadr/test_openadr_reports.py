"""Which reports are due when, and what they tell: as the event's descriptors ask."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openadr_events import NOON, any_event, laid_out, setpoints
from stub_fleet import asleep, fleet_snapshot, registered, two_miners
from validated import require_sound_payload

from actors.snapshot import FleetPhase, FleetSnapshot
from events.state import Limit, Order, Override, Source
from netstab.dispatch.attribution import PowerRecord
from netstab.dispatch.constraints import Constraints
from netstab.fronts.openadr.documents import Event, ReportDescriptor
from netstab.fronts.openadr.figures import Noted, Power, mean_power, noted, report
from netstab.fronts.openadr.in_force import NOTHING, Asks
from netstab.fronts.openadr.planned import Ask
from netstab.fronts.openadr.reporting import SUPPORTED, Due, due, not_reported
from netstab.fronts.openadr.timeline import Span
from netstab.units import WallTime, Watts

QUARTER = 900_000.0
EACH = [{"payloadType": "DEMAND", "frequency": 1, "repeat": -1}]
CUT = Asks(setpoint=Ask("e1", 0, NOON, NOON + QUARTER, 1.0))


def made(descriptor: dict[str, Any], quarters: float = 9, intervals: int = 3, **more: Any) -> list[list[int]]:
    """Return the interval ids of the reports that are due so many quarters of an hour after noon."""
    wanted = setpoints(*range(intervals), reportDescriptors=[{"payloadType": "DEMAND"} | descriptor], **more)
    [each] = laid_out(wanted)
    return [
        [span.interval_id for span in one.spans] for one in due(each, NOON - 1, NOON + quarters * QUARTER)
    ]


@pytest.mark.parametrize(
    ("descriptor", "reports"),
    [
        ({}, [[0, 1, 2]]),
        ({"frequency": 1, "repeat": -1}, [[0], [1], [2]]),
        ({"frequency": 1, "repeat": 2}, [[0], [1]]),
        ({"frequency": 1, "repeat": -1, "numIntervals": 2}, [[0], [0, 1], [1, 2]]),
        ({"frequency": 2, "repeat": -1}, [[0, 1]]),
        ({"startInterval": 1, "numIntervals": 1}, [[1]]),
        ({"startInterval": 1, "frequency": 1, "repeat": -1, "numIntervals": 1}, [[1], [2]]),
        ({"frequency": 0, "numIntervals": None, "repeat": None}, [[0, 1, 2]]),
        ({"frequency": None, "startInterval": None}, [[0, 1, 2]]),
        ({"historical": False}, []),
        ({"payloadType": "BASELINE"}, []),
        ({"units": "AMPS"}, []),
    ],
)
def test_reports_are_due_as_often_and_of_as_many_intervals_as_is_asked(
    descriptor: dict[str, Any], reports: list[list[int]]
) -> None:
    assert made(descriptor) == reports


def test_a_report_is_due_when_its_last_interval_has_ended_and_only_then_and_once() -> None:
    [each] = laid_out(
        setpoints(1, 2, reportDescriptors=[{"payloadType": "DEMAND", "frequency": 1, "repeat": -1}])
    )
    end = NOON + QUARTER
    assert not list(due(each, NOON, end - 1))
    [first] = due(each, NOON, end)
    assert (first.at, first.name) == (end, "DEMAND 2026-11-26T12:15:00.000Z")
    assert not list(due(each, end, end + 1))


def test_an_endless_event_is_reported_on_for_ever() -> None:
    wanted = setpoints(
        1, 2, duration="P9999Y", reportDescriptors=[{"payloadType": "DEMAND", "frequency": 1, "repeat": -1}]
    )
    [each] = laid_out(wanted)
    late = NOON + 100_000 * QUARTER
    assert [[span.interval_id for span in one.spans] for one in due(each, late, late + 2 * QUARTER)] == [
        [0],
        [1],
    ]


@given(any_event(), st.floats(-5, 300), st.floats(0, 50), st.integers(-1, 3), st.integers(-1, 3))
def test_what_is_due_of_any_event_is_the_same_however_often_one_looks(
    any_one: Event, quarters: float, later: float, frequency: int, number: int
) -> None:
    asked = ReportDescriptor("USAGE", frequency=frequency, num_intervals=number, repeat=-1)
    [each] = [replace_descriptor(any_one, asked)]
    since = float(round(NOON + quarters * QUARTER))
    now = since + float(round(later * 1000))
    middle = float((since + now) // 2)
    once = list(due(each, since, now))
    assert len(once) <= 50
    if len(once) < 50:
        assert once == [*due(each, since, middle), *due(each, middle, now)]
    assert all(since < one.at <= now for one in once)


def replace_descriptor(any_one: Event, descriptor: ReportDescriptor) -> Any:
    [each] = laid_out(any_one)
    return replace(each, event=msgspec.structs.replace(each.event, report_descriptors=[descriptor]))


def span(quarters: float = 1) -> Span:
    return Span(NOON, NOON + quarters * QUARTER, 4, (), 0)


def seconds(*powers: float | None, target: float | None = 1000) -> list[PowerRecord]:
    return [
        PowerRecord(
            WallTime(NOON / 1000 + at),
            None if target is None else Watts(target),
            None if power is None else Watts(power),
            Watts(0),
        )
        for at, power in enumerate(powers)
    ]


def test_the_power_of_an_interval_is_the_mean_of_its_seconds_and_none_where_too_few_are_known() -> None:
    short = Span(NOON, NOON + 4000, 0, (), 0)
    assert mean_power(seconds(1000, 2000, None, 3000), short) == Power(Watts(2000), Watts(3000), Watts(1000))
    assert mean_power(seconds(1000, None, None, None), short) == Power(None, None, Watts(1000))
    assert mean_power([], short) == Power(None, None, None)


@pytest.mark.parametrize(
    ("kind", "reading", "value"),
    [
        ("DEMAND", "MEAN", 1.98),
        ("DEMAND", "PEAK", 2.5),
        ("USAGE", "", 0.495),
        ("SETPOINT", "", 2.0),
        ("OPERATING_STATE", "", "RUNNING_CURTAILED"),
        ("SIMPLE_LEVEL", "", 2),
        ("UP_REGULATION_AVAILABLE", "", 1.2),
        ("DOWN_REGULATION_AVAILABLE", "", 0.4),
    ],
)
def test_a_report_tells_each_type_of_figure_in_its_units(kind: str, reading: str, value: object) -> None:
    note = Noted(
        {
            "OPERATING_STATE": "RUNNING_CURTAILED",
            "SIMPLE_LEVEL": 2,
            "UP_REGULATION_AVAILABLE": 1.2,
            "DOWN_REGULATION_AVAILABLE": 0.4,
        }
    )
    power = Power(Watts(1980), Watts(2500), Watts(2000))
    told = report(
        Due("e1", "p1", kind, reading, "KW", (span(),)), "site-7", "fleet", [power], [note], with_program=True
    )
    assert (told["eventID"], told["programID"], told["clientName"]) == ("e1", "p1", "site-7")
    [interval] = told["resources"][0]["intervals"]
    assert interval == {
        "id": 4,
        "intervalPeriod": {"start": "2026-11-26T12:00:00.000Z", "duration": "PT900S"},
        "payloads": [{"type": kind, "values": [value]}],
    }
    require_sound_payload(kind, [value])


def test_what_is_not_known_is_missing_and_no_figure_is_made_up() -> None:
    for kind in SUPPORTED:
        told = report(
            Due("e1", "p1", kind, "", "", (span(),)),
            "v",
            "fleet",
            [Power(None, None, None)],
            [Noted({})],
            with_program=False,
        )
        [interval] = told["resources"][0]["intervals"]
        assert interval["payloads"] == [{"type": "DATA_QUALITY", "values": ["MISSING"]}]
        assert "programID" not in told
    require_sound_payload("DATA_QUALITY", ["MISSING"])


def with_state(snapshot: FleetSnapshot, **changes: Any) -> FleetSnapshot:
    return replace(snapshot, state=replace(snapshot.state, **changes))


@pytest.mark.parametrize(
    ("asked", "state"),
    [
        (NOTHING, "RUNNING_NORMAL"),
        (CUT, "RUNNING_CURTAILED"),
        (Asks(level=Ask("e1", 0, NOON, NOON, 2.0)), "RUNNING_CURTAILED"),
        (Asks(level=Ask("e1", 0, NOON, NOON, 0.0)), "RUNNING_NORMAL"),
        (Asks(setpoint=Ask("e1", 0, NOON, NOON, 1.0, relative=True)), "RUNNING_HEIGHTENED"),
    ],
)
def test_the_operating_state_tells_what_an_event_has_made_of_the_fleet(asked: Asks, state: str) -> None:
    snapshot = two_miners()
    assert told(snapshot, asked) == state
    idle = ("127.0.1.56", "127.0.1.167")
    sleeping = fleet_snapshot(tuple(map(registered, idle)), tuple(map(asleep, idle)))
    assert told(sleeping, asked) == state.replace("RUNNING", "IDLE")
    overridden = with_state(snapshot, override=Override(None, "id", WallTime(0)))
    assert told(overridden, asked) == "RUNNING_OPTED_OUT"
    assert told(replace(snapshot, phase=FleetPhase.FAULT), asked) == "ERROR"


def told(snapshot: FleetSnapshot, asked: Asks) -> object:
    found = noted(snapshot, asked, CONSTRAINTS).values["OPERATING_STATE"]
    require_sound_payload("OPERATING_STATE", [found])
    return found


CONSTRAINTS = Constraints()


def test_what_is_noted_has_all_that_a_snapshot_can_tell() -> None:
    snapshot = with_state(two_miners(), order=Order(Watts(2000), "id", Source.OPENADR, 1, WallTime(0)))
    values = noted(snapshot, CUT, CONSTRAINTS).values
    assert (values["SETPOINT"], values["SIMPLE_LEVEL"]) == (2.0, 0)
    assert values["UP_REGULATION_AVAILABLE"] > 2
    assert values["DOWN_REGULATION_AVAILABLE"] == 0
    for kind, value in values.items():
        require_sound_payload(kind, [value])


def test_of_the_setpoint_what_limits_left_is_reported() -> None:
    order = Order(Watts(2000), "id", Source.OPENADR, 1, WallTime(0))
    limit = Limit("grid", Watts(1500), None, "id", WallTime(0), 1)
    snapshot = with_state(two_miners(), order=order, limits={"grid": limit})
    assert noted(snapshot, CUT, CONSTRAINTS).values["SETPOINT"] == 1.5
    standby = with_state(two_miners(), order=replace(order, target=None))
    assert noted(standby, CUT, CONSTRAINTS).values["SETPOINT"] == 0


def test_what_cannot_be_reported_is_said_in_words() -> None:
    assert not_reported(ReportDescriptor("BASELINE")) == "reports of BASELINE are not supported"
    assert (
        not_reported(ReportDescriptor("DEMAND", units="AMPS"))
        == "reports of DEMAND in AMPS are not supported"
    )
    assert not not_reported(ReportDescriptor("DEMAND", units="KW"))
