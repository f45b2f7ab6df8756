from dataclasses import replace

import pytest

from actors.meter_board import MeterFault, MeterState
from netstab.meters.port import MeterReading
from netstab.units import Seconds, Timestamp, Watts

NEW = MeterState(since=Timestamp(100.0), stale_after=Seconds(10.0))
READ = replace(NEW, reading=MeterReading(Watts(2000.0), Timestamp(200.0)))


@pytest.mark.parametrize(("now", "power"), [(200.0, 2000.0), (209.9, 2000.0), (210.0, None), (900.0, None)])
def test_a_reading_counts_until_it_is_stale(now: float, power: float | None) -> None:
    assert READ.power(Timestamp(now)) == power


def test_before_the_first_reading_there_is_no_power_and_the_age_is_that_of_the_asking() -> None:
    assert NEW.power(Timestamp(100.0)) is None
    assert NEW.age(Timestamp(103.0)) == 3.0
    assert READ.age(Timestamp(203.0)) == 3.0


def test_a_fault_is_over_with_the_next_reading_and_is_remembered() -> None:
    fault = MeterFault("Nothing listens there.", Timestamp(201.0))
    failing = replace(READ, last_fault=fault)
    assert (failing.fault, replace(NEW, last_fault=fault).fault) == (fault, fault)
    recovered = replace(failing, reading=MeterReading(Watts(2000.0), Timestamp(202.0)))
    assert (recovered.fault, recovered.last_fault) == (None, fault)
    assert (NEW.fault, READ.fault) == (None, None)
