from dataclasses import replace

from dispatch_units import AVAILABLE, HOME, ahead_of, fleet, kept_out
from points import at

from netstab.dispatch.forecast import Deviation, Forecast, deviation, forecast, is_due
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.units import Timestamp, Watts

RUN = Setpoint(running=True, point=HOME)
ASLEEP = replace(AVAILABLE, idle_power=Watts(51))
HASHING = replace(ASLEEP, running_at=HOME, hashing=True, measured_power=Watts(1400))


def ahead(*pairs: tuple[UnitStatus, Setpoint]) -> Forecast:
    units = fleet(*(unit for unit, _ in pairs))
    setpoints = zip(units, (setpoint for _, setpoint in pairs), strict=True)
    told = {one.unit_id: setpoint for one, setpoint in setpoints if setpoint}
    return forecast(ahead_of(told, units), Watts(0.0))


def test_what_is_woken_counts_as_on_its_way_by_what_is_to_be_expected() -> None:
    waking = replace(ASLEEP, starting=True, certainty=0.5)
    seen = ahead((HASHING, RUN), (waking, RUN), (ASLEEP, IDLE))
    assert seen.pending_up == 704.0
    assert seen.expected == 1460.0 + 51.0 + 704.0 + 51.0


def test_what_boards_that_come_up_are_to_draw_yet_counts_as_on_its_way() -> None:
    seen = ahead((replace(HASHING, rising=Watts(500)), RUN), (ASLEEP, IDLE))
    assert seen.pending_up == 500.0
    assert seen.expected == 1460.0 + 51.0


def test_what_was_told_to_sleep_counts_as_gone() -> None:
    seen = ahead((HASHING, IDLE), (HASHING, RUN))
    assert seen.pending_down == 1400.0 - 51.0
    assert seen.expected == 51.0 + 1460.0


def test_a_miner_outside_of_dispatch_counts_for_what_it_draws() -> None:
    rogue = kept_out(Availability.DOES_NOT_STOP, 1400)
    assert ahead((rogue, IDLE), (ASLEEP, IDLE)).expected == 1451.0


def test_a_miner_that_is_told_no_frequency_is_expected_at_its_own() -> None:
    told = Setpoint(running=True, point=None)
    tuned = replace(ASLEEP, own_point=at(500))
    assert ahead((tuned, told)).expected == 1000.0
    assert ahead((replace(tuned, running_at=at(550)), told)).expected == 1140.0


def seen_at(moments: list[tuple[int, ...]]) -> Deviation | None:
    """Deviations of (second, expected power) from a target of 10 kW."""
    found = None
    for second, expected in moments:
        found = deviation(found, Watts(expected), Watts(10_000), 5.0, Timestamp(second))
    return found


def test_what_is_within_the_band_is_no_deviation() -> None:
    assert seen_at([(0, 9650), (1, 10_350)]) is None
    assert seen_at([(0, 9000), (5, 10_000)]) is None


def test_a_deviation_lasts_from_when_it_began_on_its_side() -> None:
    assert seen_at([(0, 9000), (5, 9400)]) == Deviation(Timestamp(0), above=False)
    assert seen_at([(0, 9000), (5, 11_000)]) == Deviation(Timestamp(5), above=True)


def test_it_is_corrected_soon_downwards_and_patiently_upwards() -> None:
    above, below = Deviation(Timestamp(0), above=True), Deviation(Timestamp(0), above=False)
    assert [is_due(above, Timestamp(at)) for at in (14, 15)] == [False, True]
    assert [is_due(below, Timestamp(at)) for at in (29, 30)] == [False, True]
    assert not is_due(None, Timestamp(99))
