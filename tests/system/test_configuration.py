"""Every field of the runtime configuration changes what the miners are told."""

from datetime import datetime

import pytest
from harness import Controller, NewFleet, asleep, hashing, wait_until

from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.physics import Stage
from netstab.units import MinerId

CONFIG = "/dashboard/api/config"


@pytest.fixture
def fleet(new_fleet: NewFleet) -> SimulatedFleet:
    return new_fleet(3)


def configure(controller: Controller, **fields: object) -> None:
    answer = controller.patch(CONFIG, fields)
    assert answer.status_code == 200, answer.text
    assert fields.items() <= controller.read(CONFIG).items()


def the_one_that_runs(controller: Controller, fleet: SimulatedFleet) -> str:
    """Return the miner that runs for a target that takes one, and put it back to sleep."""
    controller.activate(1.46)
    wait_until(lambda: hashing(fleet) == 1)
    (running,) = (miner for miner in fleet.miners if fleet.inspect(miner).stage is Stage.HASHING)
    controller.wait_for(state="active", mining_miners=1)
    controller.deactivate()
    wait_until(lambda: asleep(fleet))
    controller.wait_for(state="standby", mining_miners=0)
    return running


def test_strategy_and_priority_say_who_goes_first(controller: Controller, fleet: SimulatedFleet) -> None:
    first, second, third = fleet.miners
    configure(controller, power_distribution_strategy="priority", miner_priority=[third, second])
    assert the_one_that_runs(controller, fleet) == third
    configure(controller, miner_priority=[second])
    assert the_one_that_runs(controller, fleet) == second
    configure(controller, power_distribution_strategy="equal")
    assert the_one_that_runs(controller, fleet) == first


def test_the_ramp_rate_spreads_the_wakes(controller: Controller, fleet: SimulatedFleet) -> None:
    configure(controller, max_power_change_rate_kw_per_sec=1.46)
    controller.activate(4.38)
    controller.wait_for(state="active", mining_miners=3)
    ramp = ordered(controller, fleet)
    assert ramp[-1] - ramp[0] > 1.5
    assert len(set(ramp)) == 3
    configure(controller, max_power_change_rate_kw_per_sec=50.0)
    assert min(jump(controller, fleet) for _ in range(3)) < 0.5  # a host that stands still may part one


def jump(controller: Controller, fleet: SimulatedFleet) -> float:
    """Wake all miners from standby; return how many seconds lay between the first and the last order."""
    controller.deactivate()
    controller.wait_for(state="standby", mining_miners=0)
    controller.activate(4.38)
    controller.wait_for(state="active", mining_miners=3)
    ordered_at = ordered(controller, fleet)
    return ordered_at[-1] - ordered_at[0]


def ordered(controller: Controller, fleet: SimulatedFleet) -> list[float]:
    """Return when the fleet decided that each miner is to run, in s."""
    wanted = [controller.actor(miner)["desired"] for miner in fleet.miners]
    return sorted(datetime.fromisoformat(each["since"]).timestamp() for each in wanted)


def test_the_minimum_bounds_the_swing_miner_from_below(controller: Controller, fleet: SimulatedFleet) -> None:
    controller.tell("/dashboard/api/power-mode", {"mode": "frequency"})
    configure(controller, min_miner_power_percent=80)
    controller.activate(2.1)
    controller.wait_for(state="active", mining_miners=2)
    running = [fleet.inspect(miner).frequency for miner in fleet.miners if is_hashing(fleet, miner)]
    assert running == [575, 575]  # 80 % of 1460 W and more: 1210 W
    configure(controller, min_miner_power_percent=0)  # 1460 W, 600 W, and 51 W of the one that sleeps
    wait_until(
        lambda: 300 in [fleet.inspect(miner).frequency for miner in fleet.miners if is_hashing(fleet, miner)]
    )


def test_the_rated_power_bounds_the_target(controller: Controller, fleet: SimulatedFleet) -> None:
    configure(controller, rated_power_kw_override=2.0)
    assert controller.read("/api/status")["ratedPowerInKw"] == 2.0
    answer = controller.post("/api/activate", {"activationPowerInKw": 2.5})
    assert (answer.status_code, answer.json()["message"]) == (400, "Requested power exceeds rated limits.")
    configure(controller, rated_power_kw_override=None)
    assert controller.read("/api/status")["ratedPowerInKw"] == 4.38
    controller.activate(2.5)
    wait_until(lambda: hashing(fleet) == 2)


def is_hashing(fleet: SimulatedFleet, miner: MinerId) -> bool:
    return fleet.inspect(miner).stage is Stage.HASHING
