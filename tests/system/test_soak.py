"""A minute of what `make soak` does for half an hour, and whether it would find what grows."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from soak import RESTARTS, soaked
from soak_growth import BOUNDS, MIB, Sample, grown
from torture import database

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
A_LIFE = 400
STEADY = Sample(at=0.0, life=1, memory=80 * MIB, threads=120, descriptors=60, temporary=0, database=8 * MIB)
SHAKEN = {"memory": MIB, "threads": 2, "descriptors": 10, "temporary": MIB // 2}


def life(leak: str = "", more: float = 0.0, *, number: int = 1, length: int = A_LIFE) -> list[Sample]:
    """A server that does the same all its life; of a leak so much more is held with every sample."""
    return [
        replace(
            STEADY,
            at=0.5 * turn,
            life=number,
            database=STEADY.database + 4096 * turn,  # commands are recorded all the time
            **held(turn, leak, more),
        )
        for turn in range(length)
    ]


def held(turn: int, leak: str, more: float) -> dict[str, Any]:
    """Half of the time a little more than usual."""
    shaken = {name: getattr(STEADY, name) + extra * (turn % 7 < 3) for name, extra in SHAKEN.items()}
    return shaken | ({leak: getattr(STEADY, leak) + int(more * turn)} if leak else {})


@given(st.integers(100, 1000))
def test_what_stays_as_it_is_has_not_grown(length: int) -> None:
    assert grown(life(length=length)) == []


def test_what_only_the_first_hours_take_has_not_grown() -> None:
    filling = [
        replace(each, memory=min(80, 40 + turn) * MIB, threads=min(120, 20 + turn))
        for turn, each in enumerate(life())
    ]
    assert grown(filling) == []


@pytest.mark.parametrize(
    ("leak", "more", "sentence"),
    [
        ("memory", 50_000, "resident memory: the second half of the day held 9"),
        ("threads", 0.2, "threads: the second half of the day held 18"),
        ("descriptors", 0.2, "descriptors: the second half of the day held 12"),
        ("temporary", 20_000, "temporary files: the second half of the day held 6"),
    ],
)
def test_a_leak_is_found_and_named(leak: str, more: float, sentence: str) -> None:
    (said,) = grown(life(leak, more))
    assert said.startswith(sentence)
    assert said.endswith("are allowed.")


def test_a_database_that_grows_faster_and_faster_is_found() -> None:
    swelling = [replace(each, database=4096 * turn + 256 * turn**2) for turn, each in enumerate(life())]
    (said,) = grown(swelling)
    assert said.startswith("the database: the second half of the day gathered")


def test_the_longest_life_is_judged_and_no_restart_hides_what_it_gathers() -> None:
    leaking = life("threads", 0.2, number=3)
    assert grown([*life(number=1, length=50), *life(number=2, length=20), *leaking]) == grown(leaking) != []


def test_of_a_day_that_is_too_short_it_is_not_said_that_nothing_grows() -> None:
    assert grown(life(length=20)) == grown([]) == ["The day was too short to say what grows."]


def test_the_documented_bounds_are_those_that_are_held() -> None:
    text = OPERATIONS.read_text()
    for bound in BOUNDS:
        more = f"{bound.more // bound.unit[0]}{bound.unit[1]}"
        assert f"| {bound.what} | {100 * bound.share:.0f} % and {more} |" in text


def test_a_short_day_goes_by_with_troubles_restarts_and_a_log_that_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = RESTARTS[:2]
    monkeypatch.setattr("soak.RESTARTS", ends)
    with database("sqlite", tmp_path) as url:
        day, struck = soaked(5.0, 12, "127.92.0.1", seed=3, url=url, folder=tmp_path)
    assert [each.life for each in day.samples] == sorted(each.life for each in day.samples)
    assert {each.life for each in day.samples} == set(range(len(ends) + 1))
    assert all(before.at <= after.at for before, after in pairwise(day.samples))
    assert all(_lives(each) for each in day.samples)
    assert day.faults() == []
    assert day.answers[200] >= len(ends) + 1
    assert "hang" in struck


def _lives(sample: Sample) -> Any:
    return sample.memory and sample.threads and sample.descriptors and sample.database
