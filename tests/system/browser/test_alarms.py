"""What is wrong with the system is said first, on every view and in full; a standby says what it is."""

import re
import signal
from pathlib import Path

import pytest
from browsing import PHONE, NewPage, violations
from harness import Controller, NewController, NewFleet, NewProcess
from playwright.sync_api import Locator, Page, Route, expect

from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.instrument import MeterFaults

UNKNOWN = "\N{EN DASH}"
VIEWS = ("now", "fleet", "steer", "look_back", "miner/{miner}")
RAW_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")
STATUS = "**/dashboard/api/status"
COVERED = """node => {
  const { left, right, top, bottom } = node.getBoundingClientRect();
  const corners = [[left + 1, top + 1], [right - 1, bottom - 1]];
  const inside = corners.map(([x, y]) => document.elementFromPoint(x, y));
  return node.scrollHeight > node.clientHeight + 1 || inside.some((found) => !node.contains(found));
}"""


def alarms(page: Page) -> Locator:
    return page.get_by_role("region", name="Alarms").get_by_role("listitem")


def measured(page: Page) -> Locator:
    return page.get_by_role("region", name="The fleet now").locator("dl", has_text="Measured").locator("dd")


@pytest.fixture
def troubled(new_fleet: NewFleet, new_controller: NewController) -> tuple[SimulatedFleet, Controller]:
    """Run a fleet of which half is gone, whose EMS is silent and whose meter shows nothing."""
    fleet = new_fleet(12, meter=True)
    controller = new_controller(
        fleet,
        EMS_TIMEOUT_SECONDS="1",
        POWER_METER_URL=fleet.meter_url,
        POWER_METER_INTERVAL_SECONDS="0.2",
        POWER_METER_STALE_SECONDS="2",
    )
    controller.wait_for_miners(12)
    for miner in fleet.miners[6:]:
        fleet.cut_power(miner)
    controller.wait_for(online_miners=6, within=40)
    controller.activate(17.0)
    fleet.meter.faults = MeterFaults(silent=True)
    return fleet, controller


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desktop", "phone"])
def test_alarms_of_the_system_come_first_on_every_view_and_in_full(
    troubled: tuple[SimulatedFleet, Controller], new_page: NewPage, screen: dict[str, object]
) -> None:
    fleet, controller = troubled
    page = new_page(controller, **screen)
    for view in VIEWS:
        page.goto(f"/#/{view.format(miner=fleet.miners[0])}")
        expect(alarms(page).filter(has_text="EMS")).to_have_count(1)
        expect(alarms(page).filter(has_text="The site meter gave no reading")).to_have_count(1)
        expect(alarms(page).filter(has_text="is out of reach")).to_have_count(1)
        expect(alarms(page).filter(has_text=fleet.miners[7])).to_have_count(0)
        for alarm in alarms(page).all():
            assert not alarm.evaluate(COVERED), (view, alarm.text_content())
            assert not RAW_MOMENT.search(alarm.text_content() or ""), view
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
    assert violations(page) == []
    page.goto("/#/now")
    attention = page.get_by_role("region", name="Needs attention")
    attention.get_by_role("link", name=fleet.miners[7]).click()
    expect(page.get_by_role("region", name="What is wanted, sent and seen")).to_contain_text(
        "unreachable, \N{EN DASH}"
    )
    page.emulate_media(color_scheme="dark")
    assert violations(page, "color-contrast") == []


def test_the_log_that_cannot_be_written_is_an_alarm(
    fleet: SimulatedFleet, new_process: NewProcess, new_page: NewPage, tmp_path: Path
) -> None:
    process = new_process(fleet)
    api = process.start()
    api.wait_for_miners(2)
    page = new_page(api, expected="status of 503")  # of what is read from the log
    expect(page.get_by_role("region", name="The fleet now")).to_contain_text("Standby")
    expect(page.get_by_role("region", name="Alarms")).to_be_hidden()
    (tmp_path / "log.db").unlink()
    expect(alarms(page)).to_contain_text(["Commands cannot be recorded"])


def test_the_page_of_a_standby_stands_by(
    fleet: SimulatedFleet, new_process: NewProcess, new_page: NewPage
) -> None:
    first, second = new_process(fleet), new_process(fleet)
    leader = first.start()
    leader.wait_for_miners(2)
    leader.activate(1.46)
    leader.wait_for(state="active")
    page = new_page(second.start(), expected="status of 409|status of 503|net::ERR_")
    expect(page.locator("#link")).to_have_text("Stands by")
    expect(alarms(page)).to_contain_text(["This server stands by: another server leads the fleet."])
    expect(page.get_by_role("region", name="Alarms")).to_have_attribute("data-tone", "accent")
    expect(page.get_by_role("region", name="The fleet now")).to_contain_text("Stands by")
    expect(measured(page)).to_have_text(UNKNOWN)
    figures = page.get_by_role("region", name="Key figures")
    expect(figures).to_contain_text(re.compile(rf"Measured{UNKNOWN}\s*only the leader sees it"))
    expect(figures).to_contain_text(re.compile(r"Target1\.46"))
    expect(page.get_by_role("main")).not_to_contain_text("all clear")
    assert violations(page) == []
    page.goto("/#/steer")
    for control in page.get_by_role("main").locator("button, input, select, textarea").all():
        expect(control).to_be_disabled()
    page.goto(f"/#/miner/{fleet.miners[0]}")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="Remove…")).to_be_disabled()
    page.goto("/#/fleet")
    expect(page.get_by_role("row", name="S9-1")).not_to_contain_text("0 W")
    first.end(signal.SIGKILL)
    expect(page.locator("#link")).to_have_text("Live")
    page.goto("/#/steer")
    expect(page.get_by_role("button", name="Stop all…")).to_be_enabled()
    expect(measured(page)).to_contain_text("kW")


OF_ONE_MINER = (
    "{miner} is unreachable: no answer in time.",
    "{miner}: it does not hash: no pool answers it; that it draws 1.46 kW is an estimate",
    "{miner} and 127.0.0.9 are one machine, by its MAC: it is counted once, as {miner}.",
)


def show_errors(page: Page, *errors: str) -> None:
    """Have the page read these errors in the status, whatever the server says."""

    def with_the_errors(route: Route) -> None:
        asked = {name: value for name, value in route.request.headers.items() if name != "if-none-match"}
        status = route.fetch(headers=asked).json()
        route.fulfill(json=status | {"errors": list(errors)})

    page.route(STATUS, with_the_errors)


@pytest.mark.parametrize("error", OF_ONE_MINER)
@pytest.mark.parametrize("by_number", [False, True], ids=["by address", "by number"])
def test_what_is_wrong_with_one_miner_leads_to_it_and_is_no_alarm_of_the_system(
    fleet: SimulatedFleet, controller: Controller, new_page: NewPage, error: str, by_number: bool
) -> None:
    miner = "awesome-17" if by_number else fleet.miners[1]
    page = new_page(controller)
    show_errors(page, error.format(miner=miner))
    attention = page.get_by_role("region", name="Needs attention")
    expect(attention.get_by_role("link", name=miner)).to_have_attribute("href", f"#/miner/{miner}")
    expect(page.get_by_role("region", name="Alarms")).to_be_hidden()
    page.unroute_all(behavior="wait")


def test_alarms_that_differ_by_a_figure_alone_are_each_told_once_however_often_they_are_read(
    controller: Controller, new_page: NewPage
) -> None:
    told = [f"The meter of feeder {number} gave no reading." for number in (1, 2, 3)]
    page = new_page(controller)
    show_errors(page, *told)
    expect(alarms(page)).to_have_text(told)
    for _ in range(3):
        with page.expect_response(STATUS):
            pass
    expect(alarms(page)).to_have_text(told)
    show_errors(page, told[1])
    expect(alarms(page)).to_have_text(told[1:2])
    page.unroute_all(behavior="wait")
