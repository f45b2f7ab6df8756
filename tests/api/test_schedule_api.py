"""The schedule, prices and the outlook over the dashboard's API."""

from dataclasses import replace
from typing import Any

import pytest
from dashboard import get, refused, send
from falcon.testing import TestClient
from stub_fleet import NOW, StubFleet

from actors.planned import says_nothing
from events.commands import SetPrices, SetSchedule
from events.state import FrontSetpoint, Source
from netstab.errors import CommandRejected, ErrorCode
from netstab.schedules.interval import Interval, Kind
from netstab.schedules.prices import PriceRule, Prices, Rate
from netstab.schedules.schedule import Day, Otherwise, Schedule, Weekly
from netstab.units import WallTime, Watts

ENTERED: dict[str, Any] = {
    "schedule": [
        {
            "start": "2026-12-01T15:00:00-06:00",
            "end": "2026-12-01T18:00:00-06:00",
            "limit_kw": 0.0,
            "reason": "4CP watch",
        }
    ],
    "timezone": "America/Chicago",
    "weekly": [{"days": ["mon", "tue"], "from": "17:00", "to": "20:00", "limit_kw": 500.0}],
    "otherwise": {"setpoint_kw": 2000.0},
}
MEANT = Schedule(
    (Interval(WallTime(1796158800.0), WallTime(1796169600.0), Kind.LIMIT, Watts(0.0), reason="4CP watch"),),
    (Weekly((Day.MON, Day.TUE), "17:00", "20:00", Kind.LIMIT, Watts(500_000.0)),),
    (Otherwise(Kind.SETPOINT, Watts(2_000_000.0)),),
    "America/Chicago",
)


def known(fleet: StubFleet, **changes: Any) -> None:
    fleet.snapshot = replace(fleet.snapshot, state=replace(fleet.snapshot.state, **changes))


def test_a_schedule_is_entered_as_a_whole_and_given_back_as_it_was_entered(
    client: TestClient, fleet: StubFleet
) -> None:
    answer = send(client, "/schedule", ENTERED, method="PUT")
    assert answer.json == {"success": True, "message": "as worded by the fleet", "version": 13}
    assert fleet.given[0][:2] == (SetSchedule(MEANT), Source.DASHBOARD)
    known(fleet, schedule=replace(MEANT, version=13))
    assert get(client, "/schedule") == {**ENTERED, "version": 13}
    send(client, "/schedule", {**get(client, "/schedule"), "weekly": []}, method="PUT")
    assert fleet.given[1][0] == SetSchedule(replace(MEANT, weekly=()), 13)


def test_what_is_said_again_is_recorded_once(client: TestClient, fleet: StubFleet) -> None:
    known(fleet, schedule=replace(MEANT, version=13), prices=Prices(MEANT_RATES, PriceRule(), 40.0, 14))
    same = {"success": True, "message": "Nothing has changed."}
    assert send(client, "/schedule", ENTERED, method="PUT").json == {**same, "version": 13}
    said: tuple[dict[str, Any], ...] = ({}, {"hash_price": 40}, {"rule": {}})
    for body in said:
        assert send(client, "/prices", body, method="PUT").json == {**same, "version": 14}
    assert fleet.given == []
    assert says_nothing(SetPrices(MEANT_RATES[1:]), fleet.snapshot.state.prices)
    assert not says_nothing(SetPrices(MEANT_RATES[:1]), fleet.snapshot.state.prices)
    assert not says_nothing(SetPrices(()), fleet.snapshot.state.prices)


def test_each_part_may_be_missing(client: TestClient, fleet: StubFleet) -> None:
    send(client, "/schedule", {}, method="PUT")
    assert fleet.given[0][0] == SetSchedule(Schedule())
    assert get(client, "/schedule") == {
        "schedule": [],
        "timezone": "UTC",
        "weekly": [],
        "otherwise": None,
        "version": 0,
    }


def changed(where: str, **changes: object) -> dict[str, Any]:
    kept = {name: value for name, value in {**ENTERED[where][0], **changes}.items() if value is not None}
    return {**ENTERED, where: [kept]}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({**ENTERED, "weekely": []}, "There is no field weekely; there are: schedule, timezone, weekly"),
        (changed("schedule", limit=3), "There is no field schedule[0].limit; there are: start, end"),
        (changed("schedule", end=None), "The field schedule[0].end is missing."),
        (changed("schedule", limit_kw=-1), "schedule[0].limit_kw must be a finite number from 0 to 1000000"),
        (
            changed("schedule", start="2026-12-01T15:00:00"),
            "schedule[0].start must be a date and time by RFC",
        ),
        (changed("schedule", limit_kw=None), "schedule[0] must have either setpoint_kw or limit_kw."),
        (changed("weekly", setpoint_kw=3), "weekly[0] must have either setpoint_kw or limit_kw."),
        (
            changed("weekly", **{"from": "07:00", "to": "07:00"}),
            "weekly[0].to must differ from weekly[0].from",
        ),
        (changed("weekly", days=["sunday"]), "weekly[0].days[0] must be one of mon, tue"),
    ],
)
def test_what_is_no_schedule_is_refused_by_field_and_bound(
    client: TestClient, fleet: StubFleet, body: dict[str, Any], sentence: str
) -> None:
    answer = send(client, "/schedule", body, method="PUT")
    assert refused(answer, 400, "INVALID_INPUT", sentence)
    assert fleet.given == []


@pytest.mark.parametrize("path", ["/schedule", "/prices"])
def test_a_body_that_is_missing_clears_nothing(client: TestClient, fleet: StubFleet, path: str) -> None:
    known(fleet, schedule=replace(MEANT, version=13))
    answer = client.simulate_put(f"/dashboard/api{path}")
    assert refused(answer, 400, "INVALID_INPUT", "The body is missing.")
    assert not fleet.given


def test_a_schedule_that_was_changed_meanwhile_is_a_conflict(client: TestClient, fleet: StubFleet) -> None:
    fleet.refuse_with = CommandRejected(ErrorCode.CHANGED_MEANWHILE, "The schedule was changed meanwhile.")
    answer = send(client, "/schedule", {**ENTERED, "version": 3}, method="PUT")
    assert refused(answer, 409, "CHANGED_MEANWHILE")


RATES = [
    {"start": "2026-01-20T14:00:00Z", "end": "2026-01-20T15:00:00Z", "value": 0.061},
    {"start": "2026-01-20T16:00:00+01:00", "end": "2026-01-20T17:00:00+01:00", "value": -0.5},
]
MEANT_RATES = (
    Rate(WallTime(NOW - 1800), WallTime(NOW + 1800), 0.061),
    Rate(WallTime(NOW + 1800), WallTime(NOW + 5400), -0.5),
)


@pytest.mark.parametrize("body", [RATES, {"rates": RATES}])
def test_prices_are_taken_as_a_list_or_as_a_field(
    client: TestClient, fleet: StubFleet, body: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.planned.merged", lambda known, new, now: (*known, *new))
    assert send(client, "/prices", body, method="PUT").status_code == 200
    [(command, source, _)] = fleet.given
    assert (command, source) == (SetPrices(MEANT_RATES), Source.DASHBOARD)


def test_what_is_missing_stays_and_null_ends_it(client: TestClient, fleet: StubFleet) -> None:
    send(client, "/prices", {"rule": {"off_above": 0.09, "on_below": 0.07}, "hash_price": 40}, method="PUT")
    later = (Rate(WallTime(NOW * 2), WallTime(NOW * 2 + 1), 1.0),)
    known(fleet, prices=Prices(later, PriceRule(off_above=1.0), 40.0))
    send(client, "/prices", {"rates": None, "rule": None, "hash_price": None}, method="PUT")
    assert [command for command, _, _ in fleet.given] == [
        SetPrices(rule=PriceRule(off_above=0.09, on_below=0.07), hash_price=40.0),
        SetPrices((), PriceRule(), 0.0),
    ]


def test_prices_are_shown_with_their_unit(client: TestClient, fleet: StubFleet) -> None:
    known(fleet, prices=Prices(MEANT_RATES, PriceRule(off_above=0.09), 40.0, 14))
    assert get(client, "/prices") == {
        "unit": "kWh",
        "rates": [
            {"start": "2026-01-20T14:00:00.000Z", "end": "2026-01-20T15:00:00.000Z", "value": 0.061},
            {"start": "2026-01-20T15:00:00.000Z", "end": "2026-01-20T16:00:00.000Z", "value": -0.5},
        ],
        "rule": {
            "off_above": 0.09,
            "off_after_min": 0.0,
            "off_at_once_above": None,
            "on_below": None,
            "on_after_min": 0.0,
            "max_changes_per_hour": None,
        },
        "hash_price": 40.0,
        "version": 14,
    }


def test_prices_that_overlap_are_refused(client: TestClient, fleet: StubFleet) -> None:
    answer = send(client, "/prices", [RATES[0], RATES[0]], method="PUT")
    assert refused(answer, 400, "INVALID_INPUT", "rates[1] must not overlap rates[0].")
    assert fleet.given == []


def test_the_outlook_lists_what_will_be_in_force_and_why(client: TestClient, fleet: StubFleet) -> None:
    event = Interval(
        WallTime(NOW + 3600), WallTime(NOW + 7200), Kind.LIMIT, Watts(3e6), reason="interconnection"
    )
    low = Otherwise(Kind.SETPOINT, Watts(1000.0))
    known(
        fleet,
        schedule=Schedule((event,), otherwise=(low,), version=3),
        prices=Prices((replace(MEANT_RATES[0], value=9.0),), PriceRule(off_above=1.0), version=4),
    )
    assert get(client, "/outlook?hours=3") == [
        {
            "start": "2026-01-20T14:30:00.000Z",
            "end": "2026-01-20T17:30:00.000Z",
            "kind": "setpoint",
            "value_kw": 1.0,
            "source": "schedule",
            "reason": "otherwise",
        },
        {
            "start": "2026-01-20T14:30:00.000Z",
            "end": "2026-01-20T15:15:00.000Z",
            "kind": "limit",
            "value_kw": 0.0,
            "source": "price",
            "reason": "9 per kWh",
        },
        {
            "start": "2026-01-20T15:30:00.000Z",
            "end": "2026-01-20T16:30:00.000Z",
            "kind": "limit",
            "value_kw": 3000.0,
            "source": "schedule",
            "reason": "interconnection",
        },
    ]
    assert refused(client.simulate_get("/dashboard/api/outlook?hours=999"), 400, "INVALID_INPUT", "hours")


def test_the_outlook_says_which_of_several_fronts_commands(client: TestClient, fleet: StubFleet) -> None:
    said = {
        front: FrontSetpoint(front, Watts(power), None, f"id {version}", WallTime(NOW - 60), version, version)
        for version, (front, power) in enumerate(((Source.MQTT, 1500.0), (Source.EMS, 1000.0)), 5)
    }
    known(fleet, setpoints=said)
    shown = {each["source"]: (each["value_kw"], each["reason"]) for each in get(client, "/outlook?hours=3")}
    assert shown == {"ems": (1.0, "in command now"), "mqtt": (1.5, "waits for REST")}
