"""The search through all choices of a few units."""

from collections.abc import Sequence
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from netstab.power.exact import Stretch, nearest_choice

IDLE = Stretch(0.0, 0.0)


@st.composite
def stretches(draw: st.DrawFn) -> Stretch:
    low = draw(st.integers(1, 100))
    return Stretch(float(low), float(low + draw(st.sampled_from([0, 0, 5, 40]))))


units = st.lists(st.lists(stretches(), max_size=3).map(lambda found: [IDLE, *found]), min_size=1, max_size=4)


def error(target: float, taken: Sequence[Stretch]) -> float:
    low, high = sum(one.low for one in taken), sum(one.high for one in taken)
    return max(0.0, low - target, target - high)


def test_the_nearest_may_lie_above_the_target() -> None:
    assert nearest_choice(10.0, [[IDLE, Stretch(7.0, 7.0)], [IDLE, Stretch(11.0, 11.0)]]) == [0, 1]


@given(st.integers(0, 500).map(float), units)
def test_no_choice_comes_nearer(target: float, options: list[list[Stretch]]) -> None:
    places = nearest_choice(target, options)
    taken = [each[place] for each, place in zip(options, places, strict=True)]
    assert error(target, taken) == min(error(target, choice) for choice in product(*options))


def test_of_very_many_sums_one_that_is_near_is_found() -> None:
    options = [[IDLE, *(Stretch(power, power) for power in (1.5**n, 1.7**n, 1.9**n))] for n in range(12)]
    places = nearest_choice(1234.5, options)
    taken = [each[place] for each, place in zip(options, places, strict=True)]
    assert error(1234.5, taken) < 1
