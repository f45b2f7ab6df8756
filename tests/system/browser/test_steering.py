"""What an operator does: each action is seen to happen on the simulated miner, and then on the page."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from browsing import NewPage
from harness import Controller, NewController, NewFleet, asleep, hashing, wait_until
from playwright.sync_api import Page, Route, expect
from range_site import range_site

from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.physics import Stage
from netstab.simulation.profiles import DOCUMENT


def focus_by_tab(page: Page, name: str, most: int = 60) -> None:
    """Go on from control to control, as a keyboard does, to the one of this name."""
    wanted = page.get_by_label(name, exact=True).or_(page.get_by_role("button", name=name, exact=True))
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate_all("found => found.includes(document.activeElement)"):
            return
    raise AssertionError(f"{name} is not reached by {most} presses of Tab")


def test_an_override_is_refused_previewed_applied_and_given_back(
    controller: Controller, fleet: SimulatedFleet, new_page: NewPage
) -> None:
    page = new_page(controller, "/#/steer", expected="status of 400")
    target, apply = page.get_by_label("Target in kW"), page.get_by_role("button", name="Apply override")
    target.fill("1000")
    target.press("Enter")
    expect(target).to_have_attribute("aria-invalid", "true")
    expect(apply).to_be_disabled()
    target.fill("1.46")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("group", name="Preview")).to_contain_text("Starts 1")
    assert hashing(fleet) == 0
    apply.click()
    expect(page.get_by_text("Override is on: 1.46 kW")).to_be_visible()
    wait_until(lambda: hashing(fleet) == 1)
    page.get_by_role("button", name="Release override").click()
    expect(page.get_by_text("Override is off")).to_be_visible()
    assert controller.status()["manual_override_active"] is False


def test_an_override_needs_nothing_but_the_keyboard(
    controller: Controller, fleet: SimulatedFleet, new_page: NewPage
) -> None:
    page = new_page(controller)
    expect(page.get_by_role("region", name="The fleet now")).to_contain_text("Standby")
    tab = page.get_by_role("link", name="Steer")
    for _ in range(10):
        page.keyboard.press("Tab")
        if tab.evaluate("link => link === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Steer")).to_be_focused()
    focus_by_tab(page, "Target in kW")
    page.keyboard.type("1.46")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Apply override")).to_be_enabled()
    focus_by_tab(page, "Apply override")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Override is on: 1.46 kW")).to_be_visible()
    wait_until(lambda: hashing(fleet) == 1)


def test_a_miner_is_stopped_and_started_and_seen_to_do_so(
    controller: Controller, fleet: SimulatedFleet, new_page: NewPage
) -> None:
    controller.activate(2.92)
    controller.wait_for(state="active")
    miner = fleet.miners[0]
    page = new_page(controller, f"/#/miner/{miner}")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("main").get_by_text("It happened: asleep")).to_be_visible()
    expect(page.get_by_text("held by an operator")).to_be_visible()
    assert fleet.inspect(miner).stage is Stage.DOWN
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("main").get_by_text("It happened: hashing")).to_be_visible()
    assert fleet.inspect(miner).stage is Stage.HASHING


def test_what_is_dangerous_asks_first(
    controller: Controller, fleet: SimulatedFleet, new_page: NewPage
) -> None:
    controller.activate(2.92)
    controller.wait_for(state="active")
    page = new_page(controller, "/#/steer")
    stop = page.get_by_role("button", name="Stop all…")
    stop.click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(stop).to_be_focused()
    assert controller.status()["manual_override_active"] is False
    stop.click()
    page.get_by_role("dialog").get_by_role("button", name="Stop all").click()
    expect(page.get_by_text("Override is on: all miners stopped")).to_be_visible()
    wait_until(lambda: asleep(fleet))


def test_a_scan_is_followed_to_its_end(
    new_fleet: NewFleet, new_controller: NewController, new_page: NewPage
) -> None:
    fleet = new_fleet(3)
    controller = new_controller(fleet, MINER_DISCOVERY_ENABLED="false")
    page = new_page(controller, "/#/steer")
    page.get_by_role("button", name="Scan").click()
    expect(page.get_by_text("3 miners found").first).to_be_visible()
    expect(page.get_by_role("progressbar", name="Progress of the scan")).to_have_attribute("value", "100")
    found = page.get_by_role("group", name="What the scan found")
    for miner in fleet.miners:
        expect(found.get_by_role("link", name=miner, exact=True)).to_be_visible()
    assert controller.status()["total_miners"] == 3


def test_what_a_scan_found_stays_when_its_progress_is_told_late(
    new_fleet: NewFleet, new_controller: NewController, new_page: NewPage
) -> None:
    fleet = new_fleet(3)
    controller = new_controller(fleet, MINER_DISCOVERY_ENABLED="false")
    page = new_page(controller, "/#/steer")

    def as_if_it_ran(route: Route) -> None:
        if route.request.method == "GET":
            answer = route.fetch()
            route.fulfill(response=answer, json={**answer.json(), "running": True})
        else:
            route.continue_()

    page.route("**/discovery/scan", as_if_it_ran)
    page.get_by_role("button", name="Scan").click()
    link = page.get_by_role("group", name="What the scan found").get_by_role("link", name=fleet.miners[0])
    expect(link).to_be_visible()
    for _ in range(2):
        with page.expect_response("**/fleet/table*"):
            pass
    expect(link).to_be_visible()


def test_two_operators_see_each_others_commands(controller: Controller, new_page: NewPage) -> None:
    one, other = new_page(controller, "/#/steer"), new_page(controller, "/#/steer")
    one.get_by_role("radio", name="Frequency").click()
    one.get_by_role("dialog").get_by_role("button", name="Change to Frequency").click()
    expect(other.get_by_role("radio", name="Frequency")).to_be_checked()
    expect(other.get_by_role("region", name="Last commands")).to_contain_text("Power mode frequency")


def test_a_power_mode_is_not_commanded_at_one_tap(controller: Controller, new_page: NewPage) -> None:
    page = new_page(controller, "/#/steer")
    whole, finer = (page.get_by_role("radio", name=name) for name in ("On / off", "Frequency"))
    expect(whole).to_be_checked()
    finer.click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(whole).to_be_checked()
    assert controller.status()["power_control_mode"] == "on_off"
    finer.click()
    page.get_by_role("dialog").get_by_role("button", name="Change to Frequency").click()
    expect(page.get_by_role("main")).to_contain_text("Power control mode set to frequency")
    assert controller.status()["power_control_mode"] == "frequency"


def test_refusals_name_the_fields_that_the_operator_sees(controller: Controller, new_page: NewPage) -> None:
    page = new_page(controller, "/#/steer", expected="status of 400")
    for label, button, typed in (
        ("Target in kW", "Preview", "-1"),
        ("Least power of a swing miner in %", "Save changes", "101"),
        ("Block to scan", "Scan", "nowhere"),
        ("Address", "Add miner", "nowhere"),
    ):
        field = page.get_by_label(label, exact=True)
        field.fill(typed)
        page.get_by_role("button", name=button).click()
        expect(field).to_have_attribute("aria-invalid", "true")
        complaint = field.evaluate("one => one.closest('.field').querySelector('.fault').textContent")
        assert complaint.startswith(f"{label} must be "), complaint
        assert not re.search(r"_|\b(float|int|str|null)\b|[<>]=", complaint), complaint


def test_a_miner_that_cannot_be_controlled_has_a_reason_in_place_of_buttons(
    new_fleet: NewFleet, new_controller: NewController, new_page: NewPage
) -> None:
    fleet = new_fleet(1, profile=replace(DOCUMENT, stock_share=1.0))
    controller = new_controller(fleet)
    controller.wait_for(total_miners=1)
    page = new_page(controller, f"/#/miner/{fleet.miners[0]}")
    control = page.get_by_role("region", name="Control", exact=True)
    expect(control).to_contain_text("It can only be read: stock firmware cannot be controlled.")
    expect(control.get_by_role("button")).to_have_text(["Remove…"])


def test_a_unit_in_watts_is_offered_start_and_stop_and_no_frequency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_page: NewPage
) -> None:
    with range_site("127.99.16.", 1, tmp_path, monkeypatch) as (controller, devices):
        controller.wait_for(mining_miners=1)
        page = new_page(controller, "/#/miner/127.99.16.1")
        control = page.get_by_role("region", name="Control", exact=True)
        expect(control.get_by_role("button")).to_have_text(["Start", "Stop", "Remove…"])
        expect(control.get_by_label("Frequency")).to_be_hidden()
        control.get_by_role("button", name="Stop", exact=True).click()
        expect(control).to_contain_text("Miner stopped successfully")
        wait_until(lambda: not devices[0].running)
        page.close()  # a page that outlives its server asks one that is gone


def test_an_s9_is_offered_all_that_its_firmware_has_a_way_for(
    controller: Controller, fleet: SimulatedFleet, new_page: NewPage
) -> None:
    page = new_page(controller, f"/#/miner/{fleet.miners[0]}")
    control = page.get_by_role("region", name="Control", exact=True)
    expect(control.get_by_role("button")).to_have_text(
        ["Start", "Stop", "Restart", "Blink", "Set", "Reboot…", "Factory reset…", "Remove…"]
    )
    expect(control.get_by_label("Frequency")).to_have_value("650")


def test_what_is_planned_is_shown_with_why(controller: Controller, new_page: NewPage) -> None:
    page = new_page(controller, "/#/steer")
    planned = page.get_by_role("region", name="Planned")
    expect(planned).to_contain_text("Nothing is planned.")
    event = {"start": "2030-01-01T00:00:00Z", "end": "2030-01-02T00:00:00Z", "limit_kw": 0}
    body = {"schedule": [event], "otherwise": {"limit_kw": 1.5}, "timezone": "America/Chicago"}
    assert controller.request("PUT", "/dashboard/api/schedule", body).ok
    expect(planned).to_contain_text("1 dated · 0 weekly rules · America/Chicago")
    expect(planned).to_contain_text("At most 1.50 kW")
    expect(planned).to_contain_text("otherwise")
