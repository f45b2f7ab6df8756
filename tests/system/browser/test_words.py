"""What operators read are words: no code of the API is shown as it is."""

from enum import StrEnum

import pytest
from harness import Controller
from playwright.sync_api import Page

from actors.report import Phase, Step
from actors.snapshot import FleetPhase
from api.schemas.dispatch import Command
from browser.browsing import NewPage
from events.history import Outcome
from events.state import HoldKind, Source
from netstab.dispatch.delivery import Ending, Result
from netstab.dispatch.standing import Availability

WORDED: dict[type[StrEnum], str] = {
    Phase: "conditions.js conditionWords",
    Step: "conditions.js stepWords",
    HoldKind: "conditions.js holdWords",
    FleetPhase: "fleet_words.js phaseWords",
    Command: "fleet_words.js commandWords",
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
