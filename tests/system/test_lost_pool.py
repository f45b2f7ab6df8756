"""A miner that hashes for the order loses its pools, and gets them back."""

from dataclasses import replace

import pytest
from harness import NewController, NewFleet, hashing, still, wakes

from netstab.simulation.faults import FAULTS

BEGINS, LASTS = 3600.0, 3600.0
"""Of the physics: far beyond what passes before the test skips to it."""


def test_a_miner_without_a_pool_is_told_to_draw_on_and_is_replaced_by_nobody(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    lost = replace(FAULTS["lost_pool"], share=1.0, begin=(BEGINS, BEGINS), length=(LASTS, LASTS))
    fleet = new_fleet(2, faults=[lost])
    controller = new_controller(fleet)
    controller.wait_for_miners(2)
    controller.activate(1.46)
    controller.wait_for(mining_miners=1, state="active", errors=[])
    before, woken = controller.status()["active_power_kw"], wakes(fleet)
    fleet.skip(BEGINS)
    said = controller.wait_for(mining_miners=0)["errors"]
    assert len(said) == 1
    assert "it does not hash: no pool answers it (" in said[0]
    assert "is Dead" in said[0]
    assert controller.status()["active_power_kw"] == pytest.approx(before, abs=0.01)
    assert fleet.true_power() / 1000 == pytest.approx(before, rel=0.15)
    assert controller.read("/api/status")["runningStatus"] == 2
    assert still(controller, lambda: wakes(fleet) == woken and hashing(fleet) == 1)
    fleet.skip(LASTS)
    controller.wait_for(mining_miners=1, errors=[])
