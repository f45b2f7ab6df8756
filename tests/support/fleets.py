"""Fleets to allocate over, by hand and by hypothesis."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from hypothesis import strategies as st
from points import at

from netstab.devices.antminer.s9 import ANTMINER_S9, FREQUENCIES
from netstab.power.allocation import Action, Allocation, Unit
from netstab.units import MinerId, Watts

S9 = ANTMINER_S9.capabilities
COARSE = replace(S9, steps=tuple(map(at, (400, 500, 600))))
HOMES = st.sampled_from([None, 300, 475, 537, 600, 650, 700])


def miner(
    number: int, running_at: int | None = None, home: int | None = 650, rated: float = 1460, hours: float = 0
) -> Unit:
    runs = None if running_at is None else at(running_at)
    came_with = None if home is None else at(home)
    return Unit(MinerId(f"127.0.0.{number}"), S9, Watts(rated), runs, came_with, hours)


def miners(*running_at: int | None) -> list[Unit]:
    return [miner(number, at) for number, at in enumerate(running_at, 1)]


def running(fleet: Iterable[Unit], allocation: Allocation) -> list[Unit]:
    """The fleet as it is once the allocation was carried out."""
    return [
        replace(one, running_at=None if told.action is Action.IDLE else told.point)
        for one, told in zip(fleet, allocation.assignments, strict=True)
    ]


def actions(allocation: Allocation) -> list[str]:
    return [
        told.action.value if told.action is not Action.SWING else f"swing {told.point and told.point.setting}"
        for told in allocation.assignments
    ]


def changed(before: Sequence[Unit], after: Sequence[Unit]) -> int:
    return sum(1 for one, other in zip(before, after, strict=True) if one.running_at != other.running_at)


@st.composite
def uniform_fleets(draw: st.DrawFn, most: int = 8) -> list[Unit]:
    """Miners of one rating, in any state that frequency mode leaves behind."""
    swings = draw(st.lists(st.sampled_from(FREQUENCIES[:-1]), max_size=2))
    states = [*swings, *draw(st.lists(st.sampled_from([None, 650]), min_size=1, max_size=most - len(swings)))]
    hours = draw(st.lists(st.integers(0, 3), min_size=len(states), max_size=len(states)))
    fleet = [miner(n, at, hours=h) for n, (at, h) in enumerate(zip(states, hours, strict=True), 1)]
    return draw(st.permutations(fleet))


@st.composite
def mixed_fleets(draw: st.DrawFn) -> list[Unit]:
    """Miners of any model, rating, home and state."""
    return [
        replace(
            miner(
                number,
                draw(HOMES),
                draw(HOMES),
                draw(st.just(0) | st.integers(100, 2000)),
                draw(st.integers(0, 3)),
            ),
            capabilities=draw(st.sampled_from([S9, COARSE])),
        )
        for number in range(1, draw(st.integers(1, 8)) + 1)
    ]


targets = st.integers(0, 13_000) | st.floats(0, 13_000)
