"""What the page shows of several ways in: who is in command, who waits, and who was."""

from browsing import PHONE, NewPage
from harness import Controller, NewController, NewFleet
from playwright.sync_api import expect

from actors.port import Sender
from events.commands import Activate
from events.state import Source
from netstab.units import Watts


def test_who_commands_and_who_waits_is_shown_now_in_the_history_and_at_a_moment(
    controller: Controller, new_page: NewPage
) -> None:
    controller.wait_for_miners(2)
    page = new_page(controller)
    ways = page.get_by_role("region", name="Ways in")
    controller.fleet.submit(Activate(Watts(1460.0)), Source.MQTT, Sender("mqtt of the test"))
    expect(ways.get_by_role("row", name="MQTT 1.46 kW")).to_contain_text("in command")
    controller.activate(0.5)
    assert controller.request("PUT", "/dashboard/api/limits/grid", {"power_kw": 0.4}).ok
    expect(ways.get_by_role("row", name="MQTT 1.46 kW")).to_contain_text("waits for EMS")
    expect(ways.get_by_role("row", name="EMS 0.500 kW")).to_contain_text("in command")
    expect(ways.get_by_role("row", name="Limit of grid")).to_contain_text("at most")
    expect(ways).to_contain_text("Limits leave")
    page = new_page(controller, "/#/look_back")
    commands = page.get_by_role("region", name="Commands").get_by_role("row")
    page.get_by_label("Source").select_option("MQTT")
    expect(commands).to_have_count(1 + 1)
    page.get_by_label("Source").select_option("EMS")
    expect(commands).to_have_count(1 + 1)
    past = page.get_by_role("region", name="The fleet as it was")
    expect(past).to_contain_text("In commandEMS")
    expect(past).to_contain_text("MQTT: 1.46 kW (waits)")


def test_on_a_phone_it_fits_the_screen_what_a_way_in_says_that_is_not_connected(
    new_fleet: NewFleet, new_controller: NewController, new_page: NewPage
) -> None:
    controller = new_controller(new_fleet(1), MQTT_URL="mqtt://127.0.0.1:1")
    assert controller.request(
        "PUT", "/dashboard/api/limits/a-limit-of-the-grid-s-operator", {"power_kw": 9}
    ).ok
    page = new_page(controller, **PHONE)
    expect(page.get_by_role("region", name="Ways in")).to_contain_text("not connected: The broker")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
