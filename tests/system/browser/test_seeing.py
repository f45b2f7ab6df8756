"""What an operator sees: commands of others, a lost server, on any screen and with any eyes."""

import re
import signal
from collections.abc import Iterator

from browsing import PHONE, NewPage, violations
from harness import Controller, NewController, NewFleet, NewProcess
from playwright.sync_api import Page, expect

from netstab.simulation.faults import read_faults
from netstab.simulation.fleet import SimulatedFleet

VIEWS = {
    "now": "Last commands",
    "fleet": "2 miners",
    "steer": "Override is off",
    "look_back": "Activate 1.46 kW",
}


def strip_says(page: Page, words: str) -> None:
    expect(page.get_by_role("region", name="The fleet now")).to_contain_text(re.compile(words))


def visits(page: Page, controller: Controller, miner: str) -> Iterator[str]:
    """Show one view after the other, each with what it has to show."""
    order = controller.read("/dashboard/api/history?command=activate&detail=true")["commands"][0]
    for view, words in (
        VIEWS | {f"miner/{miner}": "answered", f"look_back/{order['command_id']}": "accepted"}
    ).items():
        page.goto(f"/#/{view}")
        expect(page.get_by_role("main")).to_contain_text(words)
        yield view


def test_a_command_of_the_ems_appears_on_every_open_page(controller: Controller, new_page: NewPage) -> None:
    pages = [new_page(controller), new_page(controller, "/#/look_back")]
    for page in pages:
        strip_says(page, "Standby")
    controller.activate(1.46)
    for page in pages:
        strip_says(page, r"Target\s*1\.46 kW")
        expect(page.get_by_role("main").get_by_text("Activate 1.46 kW")).to_be_visible()
        strip_says(page, "Active")


def test_the_fleet_s_table_follows_what_changes_of_it(controller: Controller, new_page: NewPage) -> None:
    page = new_page(controller, "/#/fleet")
    rows = page.locator(".grid-body [role=row]")
    asleep, hashing = (
        rows.filter(has=page.locator(f"[data-state={state}]")) for state in ("asleep", "hashing")
    )
    expect(asleep).to_have_count(2)
    controller.activate(1.46)
    expect(hashing).to_have_count(1)
    expect(asleep).to_have_count(1)
    for row, starts in ((asleep, "0"), (hashing, "1")):
        expect(row).to_contain_text("S9-")
        expect(row.locator(".cell.starts")).to_have_text(starts)
    expect(page.get_by_role("main")).to_contain_text("0.5 wakes (0.0 failed), 0.0 restarts a miner since")
    hashing.click()
    expect(page.get_by_role("main")).to_contain_text("1 wake, 0 restarts in 24 h, counted since")


def test_a_server_that_was_killed_is_missed_and_found_again(
    new_fleet: NewFleet, new_process: NewProcess, new_page: NewPage
) -> None:
    fleet = new_fleet()  # it keeps the number of its API port, on which nobody listens at 127.0.0.1
    process = new_process(fleet, NETSTAB_PORT=str(fleet.api_port))
    page = new_page(process.start(), expected="net::ERR_")
    link, banner = page.locator("#link"), page.get_by_role("alert")
    strip_says(page, "Standby")
    process.end(signal.SIGKILL)
    expect(link).to_have_text("Server lost")
    expect(banner).to_contain_text("The server does not answer")
    api = process.start()
    expect(link).to_have_text("Live")
    expect(banner).to_be_hidden()
    api.wait_for_miners(2)
    api.activate(1.46)
    strip_says(page, r"Target\s*1\.46 kW")


def test_axe_finds_nothing_serious_on_any_view_light_or_dark(
    controller: Controller, fleet: SimulatedFleet, new_page: NewPage
) -> None:
    controller.activate(1.46)
    controller.wait_for(state="active")
    page = new_page(controller)
    for view in visits(page, controller, fleet.miners[0]):
        assert violations(page) == [], view
        page.emulate_media(color_scheme="dark")
        assert violations(page, "color-contrast") == [], f"{view}, dark"
        page.emulate_media(color_scheme="light")


def test_on_a_phone_no_view_is_wider_than_the_screen(
    controller: Controller, fleet: SimulatedFleet, new_page: NewPage
) -> None:
    controller.activate(1.46)
    page = new_page(controller, **PHONE)
    for view in visits(page, controller, fleet.miners[0]):
        assert page.evaluate("document.documentElement.scrollWidth") == 390, view


def test_dead_boards_are_counted_and_shown(
    new_fleet: NewFleet, new_controller: NewController, new_page: NewPage
) -> None:
    fleet = new_fleet(1, asleep=False, faults=read_faults("dead_boards=1"))
    controller = new_controller(fleet)
    controller.wait_for(mining_miners=1)
    (miner,) = fleet.miners
    boards = controller.read(f"/dashboard/api/miner/{miner}/details")["boards"]
    dead = sum(board["status"] == "dead" for board in boards)
    assert 0 < dead < 3
    page = new_page(controller, f"/#/miner/{miner}")
    shown = page.get_by_role("group", name="Boards")
    expect(shown).to_contain_text(f"{dead} of 3 boards {'is' if dead == 1 else 'are'} dead.")
    expect(shown.get_by_role("row").filter(has_text="dead")).to_have_count(dead)
    expect(shown).not_to_contain_text(re.compile(r"\b0 (°C|MHz)"))
