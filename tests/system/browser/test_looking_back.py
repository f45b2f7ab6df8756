"""The past as the page shows it: history with filters, the fleet at a moment, what came of a command."""

import csv
import re
from pathlib import Path

import pytest
from browsing import NewPage
from harness import Controller, NewController, wait_until
from playwright.sync_api import Locator, Page, expect

from netstab.simulation.fleet import SimulatedFleet


def commands(page: Page) -> Locator:
    return page.get_by_role("region", name="Commands").get_by_role("row")


@pytest.fixture
def past(fleet: SimulatedFleet, new_controller: NewController) -> Controller:
    """Run a server on which an EMS and an operator have done this and that."""
    controller = new_controller(fleet, SNAPSHOT_INTERVAL_SECONDS="1")
    controller.wait_for_miners(2)
    controller.activate(1.46)
    controller.wait_for(state="active")
    controller.post("/dashboard/api/override", {"enabled": True, "target_power_kw": 500})
    controller.tell("/dashboard/api/power-mode", {"mode": "frequency"})
    return controller


def test_the_history_is_filtered_and_exported_as_filtered(
    past: Controller, new_page: NewPage, tmp_path: Path
) -> None:
    page = new_page(past, "/#/look_back")
    expect(commands(page)).to_have_count(1 + 4)  # with the headings
    page.get_by_label("Source").select_option("Operator")
    expect(commands(page)).to_have_count(1 + 2)
    page.get_by_label("Result").select_option("Refused")
    expect(commands(page)).to_have_count(1 + 1)
    expect(commands(page).last).to_contain_text("Override 500.0 kW")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "history.csv")
    with (tmp_path / "history.csv").open() as file:
        assert [line["command"] for line in csv.DictReader(file)] == ["override"]
    page.reload()
    expect(commands(page)).to_have_count(1 + 1)
    page.get_by_role("button", name="Clear").click()
    expect(commands(page)).to_have_count(1 + 4)


def test_a_long_history_is_read_page_by_page(controller: Controller, new_page: NewPage) -> None:
    for _ in range(25):  # a command that repeats the one before would only be counted
        controller.deactivate()
        controller.activate(0.0)
    controller.deactivate()
    page = new_page(controller, "/#/look_back?source=ems")
    older, newest = page.get_by_role("button", name="Older"), page.get_by_role("button", name="Newest")
    expect(commands(page)).to_have_count(1 + 50)
    older.click()
    expect(commands(page)).to_have_count(1 + 1)
    expect(older).to_be_disabled()
    newest.click()
    expect(commands(page)).to_have_count(1 + 50)


def test_the_slider_shows_a_state_of_the_past(past: Controller, new_page: NewPage) -> None:
    order = past.read("/dashboard/api/history?command=activate&detail=true")["commands"][0]
    page = new_page(past, f"/#/look_back?at={order['timestamp'][:-1]}Z", expected="status of 404")
    then = page.get_by_role("region", name="The fleet as it was")
    expect(then).to_contain_text("Power modeon/off")
    expect(then).to_contain_text("Target1.46 kW")
    slider = page.get_by_role("slider", name="Moment")
    slider.press("Home")
    expect(then).to_contain_text("Nothing is recorded of that moment")
    slider.press("End")
    expect(then).to_contain_text("Power modefrequency")


def test_a_command_shows_what_came_of_it(past: Controller, new_page: NewPage) -> None:
    def delivered() -> bool:
        path = "/dashboard/api/history?command=activate&detail=true"
        return bool(past.read(path)["commands"][0]["outcome"] == "reached")

    wait_until(delivered)
    page = new_page(past, "/#/look_back?command=activate")
    commands(page).get_by_role("link", name="Activate 1.46 kW").click()
    expect(page.get_by_text("all was done that can be done")).to_be_visible()
    expect(page.get_by_text("All miners obeyed.")).to_be_visible()
    expect(page.get_by_role("img", name="Measured power and target")).to_contain_text("Measured")


def test_what_an_order_did_not_bring_is_not_told_as_done(
    fleet: SimulatedFleet, new_controller: NewController, new_page: NewPage
) -> None:
    controller = new_controller(fleet)
    controller.wait_for_miners(2)
    fleet.cut_power(fleet.miners[1])
    controller.wait_for(online_miners=1)
    controller.activate(2.92)
    page = new_page(controller, "/#/now")
    last = page.get_by_role("region", name="Last commands")
    expect(last).to_contain_text("partly reached")
    last.get_by_role("link", name="Activate 2.92 kW").click()
    expect(page.get_by_role("main")).to_contain_text("Resultpartly reached")
    expect(page.get_by_role("main")).to_contain_text("Time to the banddid not come")
    controller.deactivate()
    page.goto("/#/look_back?command=deactivate")
    expect(commands(page).last).to_contain_text(re.compile("reached|under way"))
