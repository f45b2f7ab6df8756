"""What connections are owed: in order, never copied, and bounded over all of them."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from api.serving.connections import crowded_out
from api.serving.owed import LEAST_TAKEN, PATIENCE, Owed

PIECES = st.lists(st.binary(min_size=1, max_size=40), max_size=40)


@given(PIECES, st.lists(st.integers(min_value=1, max_value=200), min_size=1, max_size=60))
def test_what_is_taken_is_what_was_added_in_its_order(pieces: list[bytes], sockets: list[int]) -> None:
    owed, sent = Owed(), b""
    for piece in pieces:
        owed.add(piece, 0.0)
    for room in sockets:
        taken = b"".join(owed.first())[:room]
        owed.take(len(taken))
        sent += taken
        assert owed.size == sum(map(len, pieces)) - len(sent)
    assert b"".join(pieces).startswith(sent)


def test_a_piece_is_kept_by_reference_until_its_last_byte_is_taken() -> None:
    owed, file = Owed(), bytes(1000)
    owed.add(file, 0.0)
    owed.take(999)
    assert dict(owed.held()) == {id(file): 1000}
    owed.take(1)
    assert dict(owed.held()) == {}


def test_a_reader_that_takes_too_little_has_stalled_and_one_that_goes_on_has_not() -> None:
    owed = Owed()
    assert not owed.stalled(100.0)
    owed.add(bytes(10 * LEAST_TAKEN), 100.0)
    assert not owed.stalled(100.0 + PATIENCE - 0.1)
    owed.take(LEAST_TAKEN)
    assert not owed.stalled(100.0 + PATIENCE)
    owed.take(LEAST_TAKEN - 1)
    assert owed.stalled(100.0 + 2 * PATIENCE)


def test_patience_begins_anew_with_each_answer() -> None:
    owed = Owed()
    owed.add(b"x", 0.0)
    owed.take(1)
    owed.add(b"x", 1000.0)
    assert not owed.stalled(1000.1)
    assert owed.since == 1000.0


@dataclass(eq=False)
class Holding:
    held_since: float
    objects: dict[int, int]
    reserved: bool = False

    def held(self) -> dict[int, int]:
        return self.objects


HOLDINGS = st.lists(
    st.builds(
        Holding,
        st.floats(min_value=0, max_value=9),
        st.dictionaries(st.integers(0, 5), st.just(10), max_size=4),
        st.booleans(),
    ),
    max_size=12,
)


def sizes(holdings: list[Holding]) -> int:
    return sum({one: size for holding in holdings for one, size in holding.objects.items()}.values())


@given(HOLDINGS, st.integers(0, 70))
def test_the_oldest_give_way_the_reserved_last_until_the_rest_holds_little_enough(
    holdings: list[Holding], most: int
) -> None:
    out = list(crowded_out(holdings, most))
    left = [holding for holding in holdings if holding not in out]
    assert sizes(left) <= most
    in_turn = sorted(holdings, key=lambda holding: (holding.reserved, holding.held_since))
    assert out == [one for one in in_turn if one.objects][: len(out)]
    if out:
        assert sizes([*left, out[-1]]) > most


def test_what_thousands_hold_together_counts_once() -> None:
    file = {1: 5_000_000}
    assert list(crowded_out([Holding(n, file) for n in range(2000)], 6_000_000)) == []


def test_what_each_holds_for_itself_is_summed() -> None:
    each = [Holding(n, {n: 100}) for n in range(10)]
    assert list(crowded_out(each, 700)) == each[:3]
