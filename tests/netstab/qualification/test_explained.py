"""What orders explain of a power, and that it is bounded by them."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from netstab.qualification.explained import Moment, explained, unexplained

powers = st.lists(st.floats(0, 1000), min_size=1, max_size=60)


def _each_second(powers_: list[float]) -> list[Moment]:
    return [(float(second), power) for second, power in enumerate(powers_)]


@given(powers, st.floats(0, 1000))
def test_an_order_that_stands_explains_one_way_to_it_and_none_back(drawn: list[float], target: float) -> None:
    levels = list(explained(_each_second(drawn), [(0.0, target)], responds_within=30.0))
    forth = [later - level for level, later in pairwise(levels)]
    assert min(forth, default=0.0) >= -1e-6 or max(forth, default=0.0) <= 1e-6
    assert min(drawn[0], target) - 1e-6 <= min(levels)
    assert max(levels) <= max(drawn[0], target) + 1e-6


@given(powers, st.lists(st.tuples(st.floats(0, 60), st.floats(0, 1000)), min_size=1, max_size=10))
def test_what_is_explained_moves_no_further_than_the_orders_did(
    drawn: list[float], orders: list[Moment]
) -> None:
    orders.sort()
    levels = list(explained(_each_second(drawn), orders, responds_within=20.0))
    moved = sum(abs(later - level) for level, later in pairwise(levels))
    # Each order explains a way to itself, and once more what was left of it when it was overtaken, and back.
    asked = [drawn[0], *(target for _, target in orders)]
    furthest = max(asked) - min(asked)
    assert moved <= 3 * len(orders) * furthest + 1e-6


def test_a_square_wave_that_is_ordered_and_followed_is_explained_to_the_last_watt() -> None:
    orders = [(20.0 * turn, 900.0 if turn % 2 else 300.0) for turn in range(20)]
    drawn = [300.0]
    for second in range(1, 400):
        asked = orders[second // 20][1]
        drawn.append(drawn[-1] + max(-200.0, min(60.0, asked - drawn[-1])))
    assert max(map(abs, unexplained(_each_second(drawn), orders, responds_within=10.0))) < 1e-6


def test_what_comes_late_of_an_overtaken_order_is_explained_once_and_in_time() -> None:
    orders = [(0.0, 100.0), (1.0, 500.0), (5.0, 200.0)]
    drawn = [100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 300.0, 500.0, 200.0, 400.0]
    late = unexplained(_each_second(drawn), orders, responds_within=10.0)
    assert late[:9] == [0.0] * 9
    assert late[9] == 200.0
    assert unexplained(_each_second(drawn), orders, responds_within=1.5)[7] == 200.0


def test_what_goes_against_the_order_is_not_explained() -> None:
    drawn = [500.0, 450.0, 400.0, 500.0, 600.0]
    assert unexplained(_each_second(drawn), [(0.0, 700.0)], 10.0) == [0.0, -50.0, -100.0, 0.0, 0.0]


def test_nothing_is_explained_before_the_first_order() -> None:
    assert unexplained(_each_second([500.0, 450.0, 400.0]), [(2.5, 0.0)], 10.0) == [0.0, -50.0, -100.0]
