"""What a real server shows at a scrape, of a fleet that works and of one in trouble."""

import pytest
from harness import Api, Controller, NewController, NewFleet, NewProcess, wait_until
from scraped import Scrape

from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.instrument import MeterFaults


def scrape(api: Api) -> Scrape:
    return Scrape(api.get("/metrics").text)


def test_a_fleet_that_follows_an_order_is_shown_in_figures(
    controller: Controller, fleet: SimulatedFleet
) -> None:
    controller.activate(2.92)
    controller.wait_for(state="active", mining_miners=2)
    wait_until(lambda: scrape(controller)("netstab_units", phase="hashing") == 2)
    wait_until(lambda: (scrape(controller)("netstab_order_taken_seconds_count", step="wake") or 0) >= 2)
    seen = scrape(controller)
    assert seen("netstab_leader") == 1
    assert seen("netstab_target_power_watts") == seen("netstab_pursued_power_watts") == 2920
    drawn = seen("netstab_active_power_watts") or 0
    assert drawn == seen("netstab_reported_power_watts")
    assert seen("netstab_power_error_watts") == pytest.approx(drawn - 2920)
    assert seen("netstab_units_registered") == sum(
        seen("netstab_units", phase=phase) or 0 for phase in seen.values("netstab_units", "phase")
    )
    assert seen("netstab_fleet_state", state="active") == 1
    assert seen("netstab_limit_power_watts") is None
    assert seen("netstab_log_writable") == 1
    assert (seen("netstab_log_write_seconds_count") or 0) >= 2
    assert (seen("netstab_poll_seconds_count", outcome="answered") or 0) >= 2
    assert (seen("netstab_poll_lateness_seconds_count") or 0) >= 2
    assert seen("netstab_command_seconds_count", command="activate", outcome="accepted") == 1
    assert (seen("netstab_device_calls_total", step="wake", outcome="taken") or 0) >= 2
    assert seen("process_resident_memory_bytes")
    for lane in ("poll", "shed", "command", "probe", "silent", "scan"):
        assert seen("netstab_device_calls_owed", lane=lane) is not None
    for actor in ("fleet", "discovery", "supervisor"):
        assert seen("netstab_inbox_messages", actor=actor) is not None


def test_no_miner_no_client_and_no_host_is_in_a_scrape(controller: Controller, fleet: SimulatedFleet) -> None:
    controller.activate(2.92)
    controller.wait_for(mining_miners=2)
    text = controller.get("/metrics").text
    assert not [each for each in (*fleet.miners, "127.0.0.1", "root") if each in text]


def test_trouble_is_seen_in_figures(new_fleet: NewFleet, new_controller: NewController) -> None:
    fleet = new_fleet(2, speed=1.0, asleep=False, meter=True)
    controller = new_controller(fleet, POWER_METER_URL=fleet.meter_url, POWER_METER_STALE_SECONDS="1")
    controller.wait_for_miners(2)
    wait_until(lambda: scrape(controller)("netstab_meter_power_watts") is not None)
    lost = fleet.miners[0]
    fleet.cut_power(lost)
    fleet.meter.faults = MeterFaults(silent=True)
    controller.tell("/dashboard/api/override", {"enabled": True, "target_power_kw": 1.0})
    assert controller.fleet.directory.tell_miner(fleet.miners[1], "poison")
    wait_until(lambda: scrape(controller)("netstab_units", phase="unreachable") == 1)
    wait_until(lambda: scrape(controller)("netstab_units_excluded", reason="unreachable") == 1)
    wait_until(lambda: scrape(controller)("netstab_meter_power_watts") is None)
    wait_until(lambda: scrape(controller)("netstab_actor_restarts_total", actor="miner") == 1)
    seen = scrape(controller)
    assert seen("netstab_manual_override") == 1
    assert (seen("netstab_meter_age_seconds") or 0) >= 1
    assert sum(seen("netstab_poll_failures_total", kind=kind) or 0 for kind in _kinds(seen)) > 0
    assert (seen("netstab_errors") or 0) > 0


def _kinds(seen: Scrape) -> set[str]:
    return seen.values("netstab_poll_failures_total", "kind")


def test_a_standby_is_scraped_too_and_shows_nothing_of_miners_that_it_does_not_see(
    new_process: NewProcess, fleet: SimulatedFleet
) -> None:
    leader, standby = new_process(fleet), new_process(fleet)
    leader.start().wait_for_miners(2)
    seen = scrape(standby.start())
    assert seen("netstab_leader") == 0
    assert seen.labels("netstab_build_info") == {"version"}
    assert not {"netstab_units", "netstab_active_power_watts", "netstab_fleet_state"} & seen.families.keys()
    assert seen("netstab_units_registered") is not None
