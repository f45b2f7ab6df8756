"""What is recorded of each miner with a decision: read as it was written, and small."""

import json
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from netstab.dispatch.condition import PARTS_TO_RISE, Condition, packed, unpacked

set_to = st.integers(100, 1175) | st.text(max_size=20)
conditions = st.builds(
    Condition,
    running_at=st.none() | set_to,
    surely=st.booleans(),
    starting_for=st.none() | st.integers(0, 100_000),
    wake_failed=st.booleans(),
    stays=st.booleans(),
    point_fixed=st.booleans(),
    own_setting=st.none() | set_to,
    overdue=st.booleans(),
    reach=st.none() | st.integers(1, 10**9),
    self_tuned=st.none() | st.integers(1, 10**6),
    climbs=st.booleans(),
    to_rise=st.integers(0, PARTS_TO_RISE),
)


@given(st.lists(st.none() | conditions, max_size=60))
def test_conditions_are_read_as_they_were_written_through_json(found: list[Condition | None]) -> None:
    rows, members = json.loads(json.dumps(packed(found)))
    assert unpacked(rows, members) == found


def test_those_of_5000_miners_in_any_order_take_less_than_a_byte_each() -> None:
    chance = Random(1)
    kinds = [Condition(), Condition(650, surely=True), Condition(wake_failed=True), None]
    found = chance.choices(kinds, weights=(45, 45, 5, 5), k=5_000)
    assert len(json.dumps(packed(found))) < 5_000


def test_the_format_stays_as_it_is() -> None:
    rows: list[list[int | str | None]] = [[650, 1, None], [None, 2, None], [525, 12, 31]]
    assert unpacked(rows, "eJxjYGBkYGJgZgAAABwABw==") == [
        None,
        Condition(650, surely=True),
        Condition(wake_failed=True),
        Condition(525, starting_for=31, stays=True, point_fixed=True),
    ]
