from dataclasses import replace

import pytest
from dispatch_units import AVAILABLE, HOME, fleet, kept_out, reach_of, tuned

from netstab.dispatch.reach import Cause, Kept, OutOfReach, least, most, out_of_reach
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.power.allocation import PowerMode
from netstab.units import Watts

ASLEEP = replace(AVAILABLE, idle_power=Watts(51))
HASHING = replace(ASLEEP, running_at=HOME, hashing=True, measured_power=Watts(1460))
RETRIED = replace(ASLEEP, certainty=0.2)


def of(target: int, *units: UnitStatus) -> OutOfReach | None:
    return out_of_reach(Watts(target), reach_of(fleet(*units)), 5.0)


def test_a_target_that_can_be_had_is_not_out_of_reach() -> None:
    assert of(2920, HASHING, ASLEEP) is None
    assert of(3000, HASHING, ASLEEP) is None  # short by less than the tolerance
    assert of(0, HASHING) is None


def test_what_keeps_the_rest_is_counted_by_cause() -> None:
    failed, held = kept_out(Availability.FAILED_TO_WAKE, 51), kept_out(Availability.HELD, 51)
    found = of(7300, HASHING, failed, held, RETRIED, replace(ASLEEP, stays=True))
    assert found is not None
    assert found.kept == (
        Kept(Cause.HELD, 1, Watts(1409)),
        Kept(Cause.FAILED_TO_WAKE, 2, Watts(2818)),
        Kept(Cause.MINIMUM_TIME, 1, Watts(1409)),
    )
    assert found.sentence == (
        "Target 7.3 kW is out of reach: 1.946 kW can be had; "
        "1 held, 2 failed to wake, 1 waiting for their minimum time."
    )


def test_a_held_miner_that_gives_all_it_can_keeps_nothing() -> None:
    found = of(4380, HASHING, replace(kept_out(Availability.HELD, 1440), hashing=True))
    assert found is not None
    assert found.kept == ()
    assert found.sentence == "Target 4.38 kW is out of reach: 2.9 kW can be had; no miner has more to give."


@pytest.mark.parametrize(
    ("units", "sentence"),
    [
        ([ASLEEP] * 10, "Target 0.3 kW is out of reach: at least 0.51 kW is drawn."),
        (
            [ASLEEP, kept_out(Availability.HELD, 1440)],
            "Target 0.3 kW is out of reach: at least 1.491 kW is drawn (1 held).",
        ),
    ],
)
def test_a_target_below_what_is_drawn_anyway_is_out_of_reach(units: list[UnitStatus], sentence: str) -> None:
    found = of(300, *units)
    assert found is not None
    assert found.sentence == sentence


def test_what_stays_counts_for_what_it_does() -> None:
    on, off = replace(HASHING, stays=True), replace(ASLEEP, stays=True)
    units = fleet(on, off, ASLEEP)
    assert (least(units), most(units, PowerMode.ON_OFF)) == (1562.0, 2971.0)


def test_a_target_between_standby_and_the_lowest_point_of_any_unit_is_out_of_reach() -> None:
    found = of(1000, tuned(None), tuned(2500))
    assert found is not None
    assert found.between == (Watts(0), Watts(2000))
    assert found.sentence == "Target 1.0 kW is out of reach: 0.0 kW or 2.0 kW can be had, nothing between."
    assert of(2000, tuned(None), tuned(2500)) is None
    assert of(1910, tuned(None)) is None  # within the tolerance of the lowest point


def test_what_stays_bounds_the_gap_and_a_smaller_miner_closes_it() -> None:
    found = of(4000, replace(tuned(2510), stays=True), tuned(None))
    assert found is not None
    assert found.between == (Watts(2510), Watts(4510))
    assert of(1460, tuned(None), ASLEEP) is None


def test_whole_miners_alone_leave_no_gap_that_is_told() -> None:
    assert of(700, ASLEEP, HASHING) is None
