"""A server's log of a bad day decides all its orders again as they were."""

import time
from contextlib import closing
from pathlib import Path

import pytest
from harness import NewFleet, NewProcess, wait_until

from events.replay import Differences
from events.store import FleetStore
from netstab.simulation.faults import read_faults
from netstab.simulation.profiles import FIELD


@pytest.mark.parametrize("mode", ["on_off", "frequency"])
def test_no_order_of_a_fleet_with_faults_and_a_meter_is_decided_otherwise(
    new_fleet: NewFleet, new_process: NewProcess, tmp_path: Path, mode: str
) -> None:
    faults = read_faults("dead_boards=0.2,no_wake=0.1,wrong_power,flapping=0.2,hung_port=0.1")
    fleet = new_fleet(14, profile=FIELD, faults=faults, meter=True, seed=5)
    process = new_process(
        fleet,
        POWER_CONTROL_MODE=mode,
        POWER_METER_URL=fleet.meter_url,
        POWER_METER_INTERVAL_SECONDS="0.2",
        MIN_ON_SECONDS="3",
        MIN_OFF_SECONDS="3",
    )
    api = process.start()
    wait_until(lambda: api.status()["state"] == "standby")
    powers = [6.0, 11.0, 11.0, 3.0, 14.0, 9.0, 4.5, 12.0, 7.0, 7.5]
    for power in powers:
        api.post("/api/activate", {"activationPowerInKw": power})
        time.sleep(0.6)
    api.deactivate()
    with closing(FleetStore(f"sqlite:///{tmp_path / 'log.db'}", read_only=True)) as store:
        found = Differences(store)
        assert list(found.between(1, 1_000_000, lambda _version: None)) == []
    assert (found.compared, found.repeated, found.incomparable) == (len(powers), 1, 0)
