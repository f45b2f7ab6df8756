"""What the log knows of schedules and prices."""

from dataclasses import replace

import pytest
from recording import PLANNED, STARTED, SteppedClock, origin

from events.commands import SetPrices, SetSchedule
from events.log import FleetLog
from events.refusal import Facts, refusal
from events.state import FleetState
from netstab.power.allocation import PowerMode
from netstab.schedules.prices import NO_PRICES, PriceRule, Rate
from netstab.schedules.schedule import EMPTY, Schedule
from netstab.units import WallTime, Watts

FLEET = FleetState(version=3, power_mode=PowerMode.ON_OFF)
FACTS = Facts(Watts(1.0), 1, initializing=False)
HOUR = Rate(WallTime(STARTED), WallTime(STARTED + 3600), 0.2)


def code(command: SetSchedule | SetPrices, state: FleetState = FLEET) -> str | None:
    rejected = refusal(state, command, FACTS)
    return None if rejected is None else rejected.code


def test_a_schedule_replaces_the_one_that_it_was_made_from_and_no_other() -> None:
    later = replace(FLEET, schedule=replace(PLANNED, version=7))
    assert [code(SetSchedule(EMPTY, each), later) for each in (None, 7, 6)] == [
        None,
        None,
        "CHANGED_MEANWHILE",
    ]
    assert code(SetSchedule(EMPTY, 0)) is None


@pytest.mark.parametrize(
    "command",
    [
        SetSchedule(Schedule(timezone="Mars")),
        SetPrices((HOUR, HOUR)),
        SetPrices(rule=PriceRule(off_above=0.1, on_below=0.2)),
    ],
)
def test_what_cannot_be_kept_to_is_refused(command: SetSchedule | SetPrices) -> None:
    assert code(command) == "INVALID_INPUT"


def test_both_outlive_a_restart_and_what_is_not_said_stays(url: str) -> None:
    log = FleetLog(url, SteppedClock(), PowerMode.ON_OFF)
    planned = log.accept(SetSchedule(PLANNED), origin(), "")
    log.accept(SetPrices((HOUR,), hash_price=40.0), origin(), "")
    priced = log.accept(SetPrices(rule=PriceRule(off_above=0.1)), origin(), "")
    log.close()
    again = FleetLog(url, SteppedClock(), PowerMode.ON_OFF)
    assert again.state.schedule == replace(PLANNED, version=planned)
    expected = replace(
        NO_PRICES, rates=(HOUR,), rule=PriceRule(off_above=0.1), hash_price=40.0, version=priced
    )
    assert again.state.prices == expected
    again.accept(SetPrices(rates=(), hash_price=0.0), origin(), "")
    assert (again.state.prices.rates, again.state.prices.hash_price) == ((), None)
    again.close()
