"""The page of a server with tokens: it asks, keeps what it is given for the tab, forgets what is refused."""

import pytest
from browsing import NewPage, violations
from harness import Controller, NewController
from playwright.sync_api import Page, expect

from netstab.simulation.fleet import SimulatedFleet

EMS, ALICE, VIEWER = "ems-0123456789abcdef", "alice-0123456789abcd", "viewer-0123456789abc"
REFUSED = "status of 40[13]"


@pytest.fixture
def guarded(fleet: SimulatedFleet, new_controller: NewController) -> Controller:
    tokens = {"EMS_TOKEN": EMS, "DASHBOARD_TOKEN": f"alice:{ALICE}", "VIEWER_TOKEN": VIEWER}
    controller = new_controller(fleet, **tokens)
    controller._session.headers["Authorization"] = f"Bearer {ALICE}"
    controller.wait_for_miners(len(fleet.miners))
    return controller


def sign_in(page: Page, token: str) -> None:
    page.get_by_label("Token", exact=True).fill(token)
    page.keyboard.press("Enter")


def test_the_page_asks_for_a_token_and_keeps_it_for_the_tab(guarded: Controller, new_page: NewPage) -> None:
    page = new_page(guarded, "/#/steer", expected=REFUSED)
    dialog = page.get_by_role("dialog", name="This server asks for a token")
    expect(dialog).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    for wrong in ("wrong-0123456789abcdef", EMS, "ümlaut"):
        sign_in(page, wrong)
        expect(dialog.get_by_text("The server does not know this token.")).to_be_visible()
        page.get_by_label("Token", exact=True).fill("")
    sign_in(page, ALICE)
    expect(dialog).to_have_count(0)
    page.get_by_label("Target in kW").fill("1.46")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Apply override").click()
    expect(page.get_by_text("Override is on: 1.46 kW")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    expect(page.get_by_role("region", name="The fleet now")).to_contain_text("Operator's override")
    assert ALICE not in page.url
    page.goto("/#/look_back")
    page.get_by_role("link", name="Override 1.46 kW").first.click()
    expect(page.get_by_text("alice at 127.0.0.1")).to_be_visible()
    page.goto("/#/look_back")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert "alice" in download.value.path().read_text()
    page.get_by_role("button", name="Sign out").click()
    expect(dialog).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


def test_a_viewer_sees_all_and_is_told_that_commands_are_refused(
    guarded: Controller, new_page: NewPage
) -> None:
    page = new_page(guarded, "/#/steer", expected=REFUSED)
    sign_in(page, VIEWER)
    page.get_by_role("button", name="Stop all…").click()
    page.get_by_role("button", name="Stop all", exact=True).click()
    expect(page.get_by_text("Refused: The token of viewer is for reading alone").first).to_be_visible()
    assert guarded.status()["manual_override_active"] is False


def test_a_token_that_the_server_takes_no_more_is_forgotten_and_asked_for_again(
    guarded: Controller, new_page: NewPage
) -> None:
    page = new_page(guarded, "/", expected=REFUSED)
    page.evaluate("sessionStorage.setItem('netstab-token', 'old-0123456789abcdef')")
    page.reload()
    expect(page.get_by_role("dialog", name="This server asks for a token")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('netstab-token')") is None


def test_a_server_without_tokens_asks_for_none(controller: Controller, new_page: NewPage) -> None:
    page = new_page(controller)
    expect(page.get_by_role("region", name="The fleet now")).to_contain_text("Standby")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(page.get_by_role("dialog")).to_have_count(0)
