"""Sums over a fleet that are kept up are those that would be made anew, and hold no more than these."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from netstab.dispatch.sums import Share, Sums
from netstab.units import MinerId

UNITS = st.sampled_from([MinerId(f"127.0.0.{place}") for place in range(1, 6)])
SHARES = st.lists(st.tuples(st.sampled_from("abc"), st.integers(-3, 3)), max_size=5).map(tuple)


@given(st.lists(st.tuples(UNITS, SHARES)), st.sets(UNITS))
def test_however_shares_change_the_totals_are_those_of_the_last_ones(
    changes: list[tuple[MinerId, Share]], members: set[MinerId]
) -> None:
    sums = Sums.of(changes)
    sums.keep(members)
    expected = Counter[object]()
    for unit_id, share in dict(changes).items():
        for name, amount in share if unit_id in members else ():
            expected[name] += amount
    assert sums.totals == {name: total for name, total in expected.items() if total}
    assert all(sums.count(name) == expected[name] for name in "abc")


def test_a_name_that_nobody_adds_to_any_more_is_not_kept() -> None:
    sums = Sums()
    for turn in range(1000):
        for place in range(3):
            sums.put(MinerId(f"127.0.0.{place}"), (("power", 7), (1000.0 + turn / 7 + place, turn % 2)))
    assert len(sums._totals) <= 1 + 3
