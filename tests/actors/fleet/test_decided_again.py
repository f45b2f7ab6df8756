"""Every order is worked out again, to the miner, from the log alone; and a changed rule shows."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_fleet import RecordedFleet
from virtual_fleet import Nature

from events.commands import MinerAction
from netstab.dispatch.constraints import Constraints
from netstab.power import on_off
from netstab.power.allocation import PowerMode, Strategy
from netstab.units import Megahertz, Seconds

natures = st.builds(
    Nature,
    power=st.integers(400, 1700).map(float),
    wakes_in=st.sampled_from([5.0, 60.0, 130.0, None]),
    away=st.tuples(st.integers(0, 300), st.integers(0, 300)).map(
        lambda ends: tuple(map(float, sorted(ends)))
    ),
)
steps = st.tuples(
    st.sampled_from(["order", "order", "order", "standby", "stop", "start", "meter"]),
    st.floats(0, 1.2),
    st.integers(1, 90),
)


@settings(max_examples=60)
@given(
    drawn=st.lists(natures, min_size=1, max_size=12),
    taken=st.lists(steps, min_size=1, max_size=12),
    mode=st.sampled_from(PowerMode),
    strategy=st.sampled_from(Strategy),
    least=st.sampled_from([0.0, 60.0]),
    seed=st.integers(0, 1000),
)
def test_orders_are_decided_again_as_they_were(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: list[Nature],
    taken: list[tuple[str, float, int]],
    mode: PowerMode,
    strategy: Strategy,
    least: float,
    seed: int,
) -> None:
    constraints = Constraints(min_on=Seconds(least), min_off=Seconds(least))
    fleet = RecordedFleet(drawn, constraints, tmp_path_factory.mktemp("log"), mode, strategy, seed)
    orders = 0
    for what, share, seconds in taken:
        one = fleet.chance.choice(sorted(fleet.miners))
        match what:
            case "order":
                orders += fleet.order(share * 1460.0 * len(drawn)) is not None
            case "standby":
                orders += fleet.order(None) is not None
            case "meter":
                fleet.meter(round(0.7 + 0.5 * share, 3))
            case _:
                fleet.operate(one, MinerAction(what))
        fleet.run(seconds)
    different, found = fleet.differences()
    assert different == []
    assert (found.compared + found.repeated, found.incomparable) == (orders, 0)


def orders_of_a_day(folder: Path) -> RecordedFleet:
    drawn = [Nature(1100.0 + 37 * number, 60.0 if number % 5 else None) for number in range(20)]
    fleet = RecordedFleet(drawn, Constraints(), folder)
    for share in (0.31, 0.77, 0.5, 0.52, 0.9, 0.1, 0.66):
        fleet.order(share * 1460.0 * 20)
        fleet.run(70)
        fleet.meter(0.9 + share / 10)
    return fleet


def test_a_changed_rule_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = orders_of_a_day(tmp_path)
    monkeypatch.setattr(on_off, "_NEAREST", 0.9)
    different, found = fleet.differences()
    assert different
    assert found.compared == 7


def test_another_choice_of_as_many_miners_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = RecordedFleet([Nature()] * 6, Constraints(), tmp_path, homes=[Megahertz(650)])
    fleet.order(3 * 1460.0)
    monkeypatch.setattr(
        "netstab.power.allocation._in_turn",
        lambda units, *_rules: sorted(units, key=lambda unit: unit.unit_id, reverse=True),
    )
    [different], _ = fleet.differences()
    assert different.then == different.now
