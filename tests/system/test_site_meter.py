"""A site with a meter: its figure is the fleet's power while it is fresh, and its failures hold up nobody."""

import pytest
from harness import Controller, NewController, NewFleet, asleep, wait_until
from waiting import fastest

from netstab.meters.port import ANSWER_WITHIN
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.instrument import MeterFaults

BASE_KW = 1.0
"""What else the site is said to draw: it tells the metered figure from the sum over the miners."""


@pytest.fixture
def site(new_fleet: NewFleet) -> SimulatedFleet:
    """Two hashing miners behind a meter, in real time: nothing changes by itself."""
    return new_fleet(2, speed=1.0, asleep=False, meter=True)


def new_metered(new_controller: NewController, site: SimulatedFleet, url: str) -> Controller:
    controller = new_controller(
        site,
        POWER_METER_URL=url,
        POWER_METER_BASE_KW=str(BASE_KW),
        POWER_METER_INTERVAL_SECONDS="0.2",
        POWER_METER_STALE_SECONDS="2",
    )
    controller.wait_for_miners(2)
    controller.wait_for(mining_miners=2)
    return controller


def active_power(controller: Controller) -> float:
    return float(controller.read("/api/status")["activePowerInKw"])


def shows(controller: Controller, power_kw: float) -> bool:
    return active_power(controller) == pytest.approx(power_kw, abs=0.01)


def meter_errors(controller: Controller) -> list[str]:
    return [error for error in controller.status()["errors"] if "site meter" in error]


@pytest.mark.parametrize("protocol", ["http", "modbus"])
def test_active_power_is_what_the_meter_shows(
    protocol: str, site: SimulatedFleet, new_controller: NewController
) -> None:
    url = site.meter_url if protocol == "http" else f"modbus://127.0.0.1:{site.modbus_port}"
    controller = new_metered(new_controller, site, url)
    wait_until(lambda: shows(controller, site.true_power() / 1000 - BASE_KW))
    wait_until(lambda: controller.fleet.snapshot.metered and not meter_errors(controller))
    site.cut_power(site.miners[0])
    wait_until(lambda: shows(controller, site.true_power() / 1000 - BASE_KW))


def test_a_meter_that_falls_silent_is_replaced_by_the_miners_own_figures_until_it_is_back(
    site: SimulatedFleet, new_controller: NewController
) -> None:
    controller = new_metered(new_controller, site, site.meter_url)
    wait_until(lambda: shows(controller, site.true_power() / 1000 - BASE_KW))
    site.meter.faults = MeterFaults(silent=True)
    wait_until(lambda: not controller.fleet.snapshot.metered)
    snapshot = controller.fleet.snapshot
    assert snapshot.active_power == snapshot.reported_power
    (said,) = meter_errors(controller)
    assert said.startswith("The site meter gave no reading for ")
    assert said.endswith("gave no answer in time.")
    assert fastest(controller.deactivate, 3) < ANSWER_WITHIN / 2
    wait_until(lambda: asleep(site))
    site.meter.faults = MeterFaults()
    wait_until(lambda: controller.fleet.snapshot.metered)
    wait_until(lambda: not meter_errors(controller))


def test_a_meter_that_is_never_there_costs_its_figure_and_nothing_else(
    site: SimulatedFleet, new_controller: NewController
) -> None:
    controller = new_metered(new_controller, site, "modbus://127.0.0.1:1")
    (said,) = wait_until(lambda: meter_errors(controller))
    assert "refuses connections" in said
    assert shows(controller, controller.fleet.snapshot.reported_power / 1000)
