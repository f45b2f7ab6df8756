"""Ninety miners that were ordered to wake, of whom some wait for a thread: the web servers of all hang."""

from dataclasses import replace

import pytest
from harness import Controller, NewController, NewFleet, wait_until
from waiting import PATIENCE

from netstab.devices.lanes import THREADS, Lane
from netstab.simulation.device import Device
from netstab.simulation.fleet import SimulatedFleet

MORE_THAN_THREADS = 90


def wakes_that_wait(
    new_fleet: NewFleet, new_controller: NewController, monkeypatch: pytest.MonkeyPatch
) -> tuple[SimulatedFleet, Controller]:
    """Order all to wake at once. Who comes first to a thread is left to chance: all hang until `go_on`."""
    monkeypatch.setattr("netstab.devices.antminer.vnish.COMMAND", PATIENCE)
    monkeypatch.setitem(THREADS, Lane.COMMAND, MORE_THAN_THREADS - 26)
    fleet = new_fleet(MORE_THAN_THREADS)
    controller = new_controller(fleet)
    controller.wait_for_miners(MORE_THAN_THREADS)
    controller.patch("/dashboard/api/config", {"max_power_change_rate_kw_per_sec": 1000.0})
    for miner_id in fleet.miners:
        fleet.hang(miner_id, api=False, web=True)
    controller.activate(1.46 * MORE_THAN_THREADS)
    wait_until(lambda: all(controller.actor(miner_id)["desired"] for miner_id in fleet.miners))
    return fleet, controller


def go_on(fleet: SimulatedFleet) -> None:
    """Let the web servers answer again and end what waits for them, at one time: who waits has a turn now."""

    def act(_device: Device) -> None:
        for device in fleet._devices.values():
            device.tampering = replace(device.tampering, hang_web=False)
        for connection in tuple(fleet._servers._site.connections):
            connection.reset()

    fleet.tamper(fleet.miners[0], act)
