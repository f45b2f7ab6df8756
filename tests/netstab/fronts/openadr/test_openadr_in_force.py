"""What events ask for at a moment: one of each kind, whatever the order they come in."""

import json
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openadr_events import DRAW, NOON, any_event, event, laid_out, setpoints

from netstab.fronts.openadr.documents import Descriptor, Event, read_events
from netstab.fronts.openadr.in_force import Asks, pieces, prices
from netstab.fronts.openadr.planned import Plan, PlannedEvent, read_plan

QUARTER = 900_000.0
KEYS = ("id", "intervals", "payloads", "type", "values", "intervalPeriod", "start", "duration", "priority")


def now(events: list[PlannedEvent], quarters: float = 0.5) -> Asks:
    return next(pieces(events, NOON + quarters * QUARTER)).asked


def asked(kind: str, *values: object, **members: object) -> Event:
    intervals = [{"id": 0, "payloads": [{"type": kind, "values": list(values)}]}]
    period = {"start": "2026-11-26T12:00:00Z", "duration": "PT15M"}
    return event(**({"intervalPeriod": period, "intervals": intervals} | members))


def value(events: list[PlannedEvent]) -> float | None:
    setpoint = now(events).setpoint
    return None if setpoint is None else setpoint.value


def test_the_lowest_priority_number_wins_none_is_last_and_of_equals_the_one_made_last() -> None:
    none, second, first = (
        setpoints(1, id="n"),
        setpoints(2, id="s", priority=2),
        setpoints(3, id="f", priority=0),
    )
    assert value(laid_out(none, second, first)) == 3
    assert value(laid_out(none, second)) == 2
    later = setpoints(4, id="l", createdDateTime="2026-11-26T10:00:01Z")
    assert value(laid_out(none, later)) == value(laid_out(later, none)) == 4


def test_kinds_do_not_compete_and_an_alert_is_the_highest_level_whatever_its_priority() -> None:
    found = now(
        laid_out(
            setpoints(2, id="a"),
            asked("IMPORT_CAPACITY_LIMIT", 5, id="b"),
            asked("SIMPLE", 1, id="c", priority=0),
            asked("ALERT_GRID_EMERGENCY", "frequency", id="d"),
            asked("PRICE", -0.02, id="e"),
        )
    )
    assert found.setpoint is not None
    assert found.limit is not None
    assert found.price is not None
    assert (found.setpoint.value, found.limit.value, found.shed_level, found.price.value) == (2, 5, 3, -0.02)


def test_an_unknown_payload_is_listed_and_the_known_one_of_its_interval_is_followed() -> None:
    payloads = [
        {"type": "CURVE", "values": [{"x": 1.0, "y": 2.0}]},
        {"type": "DISPATCH_SETPOINT", "values": [1.5]},
    ]
    period = {"start": "2026-11-26T12:00:00Z", "duration": "PT15M"}
    mixed = event(intervalPeriod=period, intervals=[{"id": 4, "payloads": payloads}])
    plan = read_plan([mixed], (), DRAW)
    assert value(list(plan.events)) == 1.5
    assert plan.unsupported == ["event e1: CURVE is not supported"]


@pytest.mark.parametrize(
    ("kind", "given_value", "units", "why"),
    [
        ("DISPATCH_SETPOINT", "much", "KW", "has no number"),
        ("DISPATCH_SETPOINT", -1, "KW", "is below 0"),
        ("DISPATCH_SETPOINT", True, "KW", "has no number"),
        ("DISPATCH_SETPOINT", 1e300, "KW", "has no number"),
        ("IMPORT_CAPACITY_LIMIT", 5, "AMPS", "has the unit AMPS"),
        ("SIMPLE", 4, "", "has no level of 0 to 3"),
        ("SIMPLE", 1.5, "", "has no level of 0 to 3"),
        ("PRICE", 1, "KW", "has the unit KW"),
    ],
)
def test_what_cannot_be_followed_is_said_in_words_and_changes_nothing(
    kind: str, given_value: object, units: str, why: str
) -> None:
    strange = asked(kind, given_value, payloadDescriptors=[{"payloadType": kind, "units": units or None}])
    plan = read_plan([strange], (), DRAW)
    assert now(list(plan.events)) == Asks()
    assert plan.unsupported == [f"event e1: {kind} {why}"]


def test_units_are_the_events_else_the_programs_else_kw() -> None:
    program = [Descriptor("DISPATCH_SETPOINT", "PERCENT")]
    own = [{"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": "DISPATCH_SETPOINT", "units": "KW"}]

    def is_percent(plan: Plan) -> bool:
        setpoint = now(list(plan.events)).setpoint
        assert setpoint is not None
        return setpoint.percent

    assert is_percent(read_plan([setpoints(0.5)], program, DRAW))
    assert not is_percent(read_plan([setpoints(0.5, payloadDescriptors=own)], program, DRAW))
    assert not is_percent(read_plan([setpoints(0.5)], (), DRAW))


def test_an_event_that_cannot_be_read_costs_no_other_and_an_unreadable_time_is_listed() -> None:
    read = read_events(b'[{"id": "a"}, {"id": "b", "intervals": 7}, {"id": "c/d"}, 3, {"id": null}]')
    assert [each.id for each in read.events] == ["a"]
    assert [why.partition(":")[0] for why in read.unusable] == ["event b", "event c/d", "event ?", "event ?"]
    plan = read_plan([setpoints(1, duration="an hour"), setpoints(2, id="e2")], (), DRAW)
    assert value(list(plan.events)) == 2
    assert plan.unsupported == ["event e1: 'an hour' is no ISO 8601 duration"]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner),
    max_leaves=20,
)


@given(st.lists(_json, max_size=4))
def test_whatever_is_listed_is_read_or_said_to_be_unusable(items: list[object]) -> None:
    read = read_events(json.dumps(items).encode())
    assert len(read.events) + len(read.unusable) == len(read.ids) == len(items)
    plan = read_plan(read.events, (), DRAW)
    assert len(list(islice(pieces(plan.events, NOON), 10))) >= 1


@pytest.mark.parametrize("body", [b"", b"7", b"{}", b"[", b"[" * 100_000])
def test_what_is_no_list_is_refused_and_never_taken_for_an_empty_one(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_events(body)


def test_a_price_of_several_values_is_divided_evenly_and_a_missing_one_is_none() -> None:
    events = laid_out(asked("PRICE", 0.1, 0.2, 0.3))
    found = list(prices(events, NOON + 0.5 * QUARTER, NOON + 9 * QUARTER))
    third = QUARTER / 3
    assert found == [
        (NOON + 0.5 * QUARTER, NOON + 2 * third, 0.2),
        (NOON + 2 * third, NOON + 3 * third, 0.3),
    ]
    assert list(prices(laid_out(setpoints(1)), NOON, NOON + QUARTER)) == []


@given(st.lists(any_event(), max_size=5), st.randoms(), st.floats(-10, 300))
def test_any_events_in_any_order_ask_for_one_thing_of_a_kind_until_the_next_change(
    events: list[Event], random: object, quarters: float
) -> None:
    moment = float(round(NOON + quarters * QUARTER))
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    plan, other = read_plan(events, (), DRAW), read_plan(shuffled, (), DRAW)
    ahead = list(islice(pieces(plan.events, moment), 20))
    assert ahead == list(islice(pieces(other.events, moment), 20))
    assert ahead[0].start == moment
    for piece, following in pairwise(ahead):
        assert piece.start < piece.end == following.start
        assert piece.asked == next(pieces(plan.events, piece.end - 1)).asked
