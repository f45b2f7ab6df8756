"""Every page of the product and every part of it is opened: none may meet an error, or leave anything out."""

import pytest
from browsing import PHONE, NewPage, violations
from harness import Controller
from playwright.sync_api import Locator, Page, expect

from netstab.simulation.fleet import SimulatedFleet

VIEWS = ("now", "fleet", "fleet?state=asleep&q=S9", "steer", "look_back", "look_back?at=2020-01-01T00:00:00Z")


def shown_operations(page: Page) -> list[str]:
    expect(page.locator("main section").first).to_be_visible()
    sections = page.locator("main section h3").all_inner_texts()
    links = page.locator("nav a").evaluate_all("links => links.map((one) => one.textContent)")
    assert len(sections) == len(links)
    return [text.replace("\n", "") for text in sections]


def described(controller: Controller) -> list[str]:
    return [
        method.upper() + path
        for path, item in controller.read("/openapi.json")["paths"].items()
        for method in item
        if method != "parameters"
    ]


def opened(page: Page, view: str) -> None:
    """Go to a view from the one that is shown, and then begin with it."""
    page.goto(f"/#/{view}")
    page.reload()
    expect(page.get_by_role("main").get_by_role("heading").first).to_be_attached()


def press_all(buttons: Locator) -> None:
    for button in buttons.all():
        button.click()


def test_the_page_of_the_api_shows_every_operation(controller: Controller, new_page: NewPage) -> None:
    page = new_page(controller, "/docs")
    assert shown_operations(page) == described(controller)
    export = page.locator("#get_dashboard_api_history_export")
    expect(export).to_contain_text("text/csv")
    expect(export).to_contain_text("command_id")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_the_api_is_readable_by_everyone(
    controller: Controller, new_page: NewPage, scheme: str
) -> None:
    for options in ({}, PHONE):
        page = new_page(controller, "/docs", color_scheme=scheme, **options)
        shown_operations(page)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_no_view_meets_an_error(controller: Controller, fleet: SimulatedFleet, new_page: NewPage) -> None:
    controller.activate(1.46)
    controller.wait_for(state="active")
    commands = controller.read("/dashboard/api/history?detail=true")["commands"]
    one_each = [f"look_back/{entry['command_id']}" for entry in commands]
    page = new_page(controller, expected="status of 404")
    for view in (*VIEWS, *one_each, f"miner/{fleet.miners[0]}"):
        opened(page, view)
        press_all(page.get_by_role("group", name="Range").get_by_role("button"))
        press_all(page.locator("details summary"))
        page.wait_for_load_state("networkidle")


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ("miner/127.0.0.1", "No miner 127.0.0.1 is registered"),
        ("look_back/none", "No command"),
        ("nowhere", "Last commands"),
        ("look_back?at=never", "The fleet as it was"),
        ("fleet?sort=nothing&state=none", "2 miners"),
        ("%E0%A4%A/%", "Last commands"),
    ],
)
def test_an_address_that_leads_nowhere_is_said_or_shows_the_fleet(
    controller: Controller, new_page: NewPage, view: str, said: str
) -> None:
    page = new_page(controller, expected="status of 40[04]")
    opened(page, view)
    expect(page.get_by_role("main")).to_contain_text(said)
