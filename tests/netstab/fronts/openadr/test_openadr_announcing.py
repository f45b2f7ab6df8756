"""What is to come of OpenADR's events is shown with its cause, and not what nobody can know."""

from openadr_events import DRAW, NOON, event, setpoints

from netstab.fronts.openadr.announcing import announced
from netstab.fronts.openadr.planned import read_plan
from netstab.schedules.interval import Interval, Kind
from netstab.units import WallTime, Watts

START, QUARTER = NOON / 1000, 900.0
RATED = Watts(2920)


def at(quarters: float) -> WallTime:
    return WallTime(START + quarters * QUARTER)


def test_setpoints_and_limits_to_come_are_named_with_their_interval_and_what_goes_on_is_one() -> None:
    payloads = [{"type": "SIMPLE", "values": [2]}]
    period = {"start": "2026-11-26T12:00:00Z", "duration": "PT30M"}
    shed = event(id="s1", intervalPeriod=period, intervals=[{"id": 7, "payloads": payloads}])
    plan = read_plan([setpoints(1, 9), shed], (), DRAW)
    assert announced(plan.events, at(-1), RATED, (75, 50, 0)) == [
        Interval(at(0), at(1), Kind.SETPOINT, Watts(1000), 0, "openadr", "event e1 interval 0"),
        Interval(at(0), at(2), Kind.LIMIT, Watts(1460), 0, "openadr-simple", "event s1 interval 7 level 2"),
        Interval(
            at(1), at(2), Kind.SETPOINT, RATED, 0, "openadr", "event e1 interval 1, 9 kW clamped to rated"
        ),
    ]


def test_a_change_of_the_setpoint_is_not_known_before_it_starts() -> None:
    payloads = [{"type": "DISPATCH_SETPOINT_RELATIVE", "values": [-1]}]
    period = {"start": "2026-11-26T12:00:00Z", "duration": "PT30M"}
    relative = event(intervalPeriod=period, intervals=[{"id": 0, "payloads": payloads}])
    assert announced(read_plan([relative], (), DRAW).events, at(0), RATED, (75, 50, 0)) == []


def test_an_endless_event_is_shown_for_eight_days() -> None:
    for endless in (setpoints(1, duration="P9999Y"), setpoints(1, 2, duration="P9999Y")):
        found = announced(read_plan([endless], (), DRAW).events, at(0), RATED, (75, 50, 0))
        assert found[0].start == at(0)
        assert found[-1].end <= at(8 * 96)
