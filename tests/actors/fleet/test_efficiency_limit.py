"""A limit by efficiency, as a price sets it: who runs under it, and that its decisions are found again."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_fleet import RecordedFleet
from virtual_fleet import Nature

from events.commands import LiftLimit, SetLimit, SetOverride
from netstab.dispatch.constraints import Constraints
from netstab.power.allocation import PowerMode, Strategy
from netstab.power.efficiency import efficiency
from netstab.units import Watts

MINERS = 10
ALL = 1460.0 * MINERS


def running(fleet: RecordedFleet) -> set[float]:
    """Return the efficiencies of those that run, in J/TH."""
    units = fleet.snapshot().units
    return {efficiency(unit) or 0.0 for unit in units if fleet.miners[unit.unit_id].hashing}


@pytest.fixture(params=list(Strategy))
def fleet(request: pytest.FixtureRequest, tmp_path: Path) -> RecordedFleet:
    """Ten that draw what they are found to draw, of 86 to 130 J/TH, and are shared out by each strategy."""
    fleet = RecordedFleet([Nature()] * MINERS, Constraints(), tmp_path, strategy=request.param, seed=3)
    fleet.meter(1.0)
    fleet.run(2)
    return fleet


@pytest.mark.parametrize("share", [1.0, 0.4])
def test_no_unit_that_is_not_worth_it_runs_however_much_less_is_ordered(
    fleet: RecordedFleet, share: float
) -> None:
    fleet.order(share * ALL)
    fleet.run(200)
    fleet.take(SetLimit("price", Watts(0.7 * ALL), None, 100.0))
    fleet.run(400)
    assert running(fleet)
    assert max(running(fleet)) <= 100
    fleet.take(SetOverride(enabled=True, target=Watts(ALL)))
    fleet.run(400)
    assert max(running(fleet)) > 100
    assert fleet.differences()[0] == []


def test_all_may_run_again_once_it_is_lifted(fleet: RecordedFleet) -> None:
    fleet.order(ALL)
    fleet.take(SetLimit("price", Watts(0.7 * ALL), None, 100.0))
    fleet.run(400)
    fleet.take(LiftLimit("price"))
    fleet.run(400)
    assert max(running(fleet)) > 100


steps = st.tuples(st.sampled_from(["order", "price", "lift"]), st.floats(0, 1.2), st.integers(1, 100))


@settings(max_examples=8)
@given(st.lists(steps, max_size=5), st.sampled_from(PowerMode), st.integers(0, 100))
def test_its_decisions_are_made_again_from_the_log_alone(
    tmp_path_factory: pytest.TempPathFactory,
    taken: list[tuple[str, float, int]],
    mode: PowerMode,
    seed: int,
) -> None:
    fleet = RecordedFleet([Nature()] * MINERS, Constraints(), tmp_path_factory.mktemp("log"), mode, seed=seed)
    fleet.meter(1.0)
    fleet.run(2)
    for what, share, seconds in taken:
        match what:
            case "order":
                fleet.order(share * ALL)
            case "price":
                fleet.take(SetLimit("price", Watts(share * ALL), None, round(86 + 40 * share)))
            case _:
                fleet.take(LiftLimit("price"))
        fleet.run(seconds)
    assert fleet.differences()[0] == []
