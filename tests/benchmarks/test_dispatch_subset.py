"""The exact allocator of the benchmark, against trying everything."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.dispatch.controllers.subset import nearest_sum

groups = st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=3), min_size=1, max_size=5)


@given(groups, st.integers(0, 200))
def test_no_choice_comes_nearer(options: list[list[int]], target: int) -> None:
    answer = nearest_sum(options, target)
    assert answer.total == sum(group[place] for group, place in zip(options, answer.chosen, strict=True))
    assert abs(answer.total - target) == min(abs(sum(chosen) - target) for chosen in product(*options))


def test_what_comes_first_in_the_last_groups_is_kept() -> None:
    idle, running = [0, 5], [5, 0]
    assert nearest_sum([idle, idle, running, running], 10).chosen == (0, 0, 0, 0)


def test_two_hundred_miners_with_fifteen_frequencies_are_solved_exactly() -> None:
    options = [[0, *(500 + 7 * miner + 60 * step for step in range(15))] for miner in range(200)]
    assert nearest_sum(options, 123_457).total == 123_457
