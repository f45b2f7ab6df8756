"""Times as the page tells them: each names its zone, and what is old goes on growing old."""

import re
import signal

import pytest
from browsing import NewPage
from harness import Controller, NewFleet, NewProcess, wait_until
from playwright.sync_api import Page, expect

from netstab.simulation.fleet import SimulatedFleet

ZONE = "UTC+5:30"
BARE = re.compile(rf"(?<![:\dA-F])\d\d:\d\d(:\d\d)?\b(?! {re.escape(ZONE)}|:\w\w)")
WITHOUT_CHARTS = """main => {
  const copy = main.cloneNode(true);
  copy.querySelectorAll(".chart").forEach(chart => chart.remove());
  return [...copy.querySelectorAll("*")].filter(node => !node.children.length).map(node => node.textContent);
}"""


def texts(page: Page) -> list[str]:
    found: list[str] = page.get_by_role("main").evaluate(WITHOUT_CHARTS)
    return found


@pytest.mark.parametrize("view", ["now", "steer", "look_back", "look_back/{command}", "miner/{miner}"])
def test_every_time_names_its_zone(
    controller: Controller, fleet: SimulatedFleet, new_page: NewPage, view: str
) -> None:
    controller.activate(1.46)
    controller.wait_for(state="active")
    (command,) = controller.read("/dashboard/api/history?command=activate&detail=true")["commands"]
    names = {"command": command["command_id"], "miner": fleet.miners[0]}
    page = new_page(controller, f"/#/{view.format(**names)}", timezone_id="Asia/Kolkata")
    expect(page.get_by_role("main")).to_contain_text(ZONE)
    assert [text for text in texts(page) if BARE.search(text)] == []
    for field in page.locator("input[type=datetime-local]").all():
        named = field.evaluate("one => one.ariaLabel ?? one.labels[0].textContent")
        assert ZONE in named
    for chart in page.locator(".chart .xtitle").all():
        assert chart.text_content() == ZONE


def seconds_in(page: Page, words: str) -> int:
    found = re.search(words, page.get_by_role("main").text_content() or "")
    return int(found[1]) if found else -1


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("now", r"site meter, (\d+) s ago"),
        ("now", r"EMS heard (\d+) s ago"),
        ("now", r"for over (\d+) s"),
        ("miner/{miner}", r"Poll(\d+) s ago"),
        ("miner/{miner}", r"answered (\d+) s ago"),
    ],
)
def test_what_a_lost_server_told_goes_on_growing_old(
    new_fleet: NewFleet, new_process: NewProcess, new_page: NewPage, view: str, words: str
) -> None:
    fleet = new_fleet(2, asleep=False, meter=True)
    process = new_process(fleet, POWER_METER_URL=fleet.meter_url, POWER_METER_INTERVAL_SECONDS="0.2")
    api = process.start()
    api.wait_for_miners(2)
    api.activate(1.46)
    page = new_page(api, f"/#/{view.format(miner=fleet.miners[0])}", expected="net::ERR_")
    wait_until(lambda: seconds_in(page, words) >= 0)
    process.end(signal.SIGKILL)
    expect(page.locator("#link")).to_have_text("Server lost")
    told = seconds_in(page, words)
    wait_until(lambda: seconds_in(page, words) >= told + 4)
