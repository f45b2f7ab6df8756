"""Energy is counted from what is published of power; it never falls, and what is not seen is not counted."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from netstab.dispatch.energy import LONGEST_GAP, EnergyCount, counted
from netstab.units import Timestamp, Watts

MOMENTS = st.floats(0, 1e9)
POWERS = st.none() | st.floats(-1e9, 1e9)


def test_power_counts_for_as_long_as_it_was_published() -> None:
    count = EnergyCount(10.0, Timestamp(100.0))
    for at, power in ((101.0, 1000.0), (102.0, 500.0), (104.0, None), (105.0, 0.0)):
        count = counted(count, Timestamp(at), None if power is None else Watts(power))
    assert count.joules == 10.0 + 1000.0 + 2 * 500.0


def test_what_is_not_seen_for_long_is_not_counted() -> None:
    count = EnergyCount(0.0, Timestamp(0.0), Watts(1000.0))
    assert counted(count, Timestamp(3600.0), Watts(0.0)).joules == 1000.0 * LONGEST_GAP


@given(st.lists(st.tuples(MOMENTS, POWERS)))
def test_it_never_falls_whatever_is_published(seen: list[tuple[float, float | None]]) -> None:
    counts = [EnergyCount(0.0, Timestamp(0.0))]
    for at, power in seen:
        given_power = None if power is None else Watts(power)
        counts.append(counted(counts[-1], Timestamp(at), given_power))
    assert all(before.joules <= after.joules for before, after in pairwise(counts))
