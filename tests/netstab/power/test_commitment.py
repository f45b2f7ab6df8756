"""Who runs where some are tuned: within bounds, the same again, and never for less than what is cheaper."""

from hypothesis import given
from hypothesis import strategies as st

from netstab.power.commitment import Span, commitments

powers = st.integers(100, 4000).map(float)
starts = st.sampled_from([8.0, 95.0, 600.0])
tuned_spans = st.lists(
    st.builds(
        lambda low, more, runs, seconds: Span(low, low + more, runs, seconds=seconds),
        powers,
        powers,
        st.booleans(),
        starts,
    ),
    min_size=1,
    max_size=6,
)
whole_spans = st.lists(
    st.builds(
        lambda power, runs, seconds: Span(power, power, runs, seconds=seconds), powers, st.booleans(), starts
    ),
    max_size=8,
)
targets = st.integers(1, 40_000).map(float)


def running_first(spans: list[Span]) -> list[Span]:
    return sorted(spans, key=lambda span: not span.runs)


def best(target: float, tuned: list[Span], whole: list[Span]) -> tuple[int, ...]:
    return next(commitments(target, tuned, whole))


def missed(target: float, spans: list[Span], places: tuple[int, ...]) -> float:
    least, most = (sum(spans[place][end] for place in places) for end in (0, 1))
    return max(0.0, least - target, target - most)


def told(spans: list[Span], places: tuple[int, ...], begin: int = 0) -> list[Span]:
    """The spans once it was done."""
    return [span._replace(runs=begin + place in places) for place, span in enumerate(spans)]


@given(targets, tuned_spans, whole_spans)
def test_nobody_runs_twice_and_nobody_that_is_not_there(
    target: float, tuned: list[Span], whole: list[Span]
) -> None:
    for places in commitments(target, running_first(tuned), running_first(whole)):
        assert len(set(places)) == len(places)
        assert set(places) <= set(range(len(tuned) + len(whole)))


@given(targets, tuned_spans, whole_spans)
def test_what_was_answered_is_answered_again(target: float, tuned: list[Span], whole: list[Span]) -> None:
    tuned, whole = running_first(tuned), running_first(whole)
    answer = best(target, tuned, whole)
    assert best(target, told(tuned, answer), told(whole, answer, len(tuned))) == answer


@given(targets, tuned_spans, whole_spans)
def test_no_other_that_is_looked_at_comes_nearer(target: float, tuned: list[Span], whole: list[Span]) -> None:
    tuned, whole = running_first(tuned), running_first(whole)
    found = [missed(target, [*tuned, *whole], places) for places in commitments(target, tuned, whole)]
    assert found == sorted(found)


@given(st.integers(5_000, 17_000).map(float), starts)
def test_tuned_units_leave_more_room_for_a_rise_than_for_a_fall(target: float, seconds: float) -> None:
    """Whole ones take as long to start for the one as `seconds` says, and stop at once for the other."""
    tuned, whole = (
        [Span(1000.0, 3400.0, runs=True)] * 5,
        [Span(1400.0, 1400.0, runs=False, seconds=seconds)] * 9,
    )
    spans = [*tuned, *whole]
    run = [spans[place] for place in best(target, tuned, whole)]
    up, down = sum(span.most for span in run) - target, target - sum(span.least for span in run)
    assert up > down or len(run) == len(spans)


@given(st.integers(0, 30), st.integers(0, 30))
def test_of_equal_units_a_higher_target_has_one_tuned_unit_fewer_run_at_the_most(
    less: int, more: int
) -> None:
    tuned, whole = [Span(1000.0, 3400.0, runs=False)] * 5, [Span(1400.0, 1400.0, runs=False)] * 9
    low, high = sorted((less * 1000.0 + 1, more * 1000.0 + 1))

    def most(target: float) -> float:
        spans = [*tuned, *whole]
        return sum(spans[place].most for place in best(target, tuned, whole))

    assert most(low) <= most(high) + tuned[0].most
