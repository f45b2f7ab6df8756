from fleet_values import A, B, fleet_of, miner, report

from actors.fleet.initializing import all_known
from actors.report import Phase


def test_a_fleet_is_known_when_each_of_its_miners_was_looked_at() -> None:
    fleet = fleet_of(miner(A), miner(B))
    assert not all_known(fleet, {A: report(Phase.HASHING)})
    assert not all_known(fleet, {A: report(Phase.HASHING), B: report(Phase.UNKNOWN, B)})
    assert all_known(fleet, {A: report(Phase.HASHING), B: report(Phase.UNREACHABLE, B)})
    assert not all_known(fleet_of(), {})
