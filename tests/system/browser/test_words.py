"""What operators read are words: no code of the API is shown as it is."""

from enum import StrEnum
from typing import get_args

import pytest
from browsing import NewPage
from harness import Controller
from playwright.sync_api import Page, expect

from actors.report import Phase, Step
from actors.snapshot import FleetPhase
from api.schemas.authority import Command
from api.schemas.history import CommandName
from events.history import Outcome
from events.state import HoldKind, Source
from netstab.dispatch.delivery import Ending, Result
from netstab.dispatch.unit_status import Availability
from netstab.power.allocation import PowerMode

WORDED: dict[type[StrEnum], str] = {
    Phase: "conditions.js conditionWords",
    Step: "conditions.js stepWords",
    HoldKind: "conditions.js holdWords",
    FleetPhase: "fleet_words.js phaseWords",
    Command: "fleet_words.js commandWords",
    PowerMode: "fleet_words.js modeWords",
    Availability: "fleet_words.js availabilityWords",
    Source: "commands.js sourceWords",
    Outcome: "commands.js outcomeWords",
    Result: "commands.js outcomeWords",
    Ending: "look_back/delivery.js endingWords",
}
IN_WORDS = """async ([module, name, codes]) => {
  const words = (await import(`/static/script/${module}`))[name];
  return codes.map((code) => words(code)).map((said) => said.text ?? said);
}"""

COMMAND_IN_WORDS = """async (names) => {
  const { commandWords } = await import("/static/script/commands.js");
  const parameters = { miner_id: "127.0.0.1", action: "stop", mode: "on_off", power_kw: 1, via: "scan",
    limit_source: "grid" };
  return names.map((command) => commandWords({ command, parameters }));
}"""


@pytest.fixture
def page(controller: Controller, new_page: NewPage) -> Page:
    return new_page(controller)


@pytest.mark.parametrize("codes", WORDED, ids=lambda codes: codes.__name__)
def test_every_code_has_words_of_its_own(page: Page, codes: type[StrEnum]) -> None:
    unknown = "nobody_knows_this"
    module, name = WORDED[codes].split()
    said = page.evaluate(IN_WORDS, [module, name, [*codes, unknown]])
    *words, stray = said
    assert stray == "nobody knows this"
    assert all("_" not in text for text in words)
    assert len(set(words)) == len(codes)
    assert [text for text, code in zip(words, codes, strict=True) if text == code and "_" in code] == []


def test_every_command_of_the_log_has_words(page: Page) -> None:
    said = page.evaluate(COMMAND_IN_WORDS, list(get_args(CommandName)))
    assert [text for text in said if "{" in text or "_" in text or "undefined" in text] == []
    assert len(set(said)) == len(get_args(CommandName))


def test_every_command_can_be_filtered(page: Page) -> None:
    page.goto("/#/look_back")
    options = page.get_by_label("Command", exact=True).locator("option")
    expect(options).to_have_count(1 + len(get_args(CommandName)))
    names = options.evaluate_all("all => all.map((one) => one.value)")
    assert set(names) == {"", *get_args(CommandName)}
