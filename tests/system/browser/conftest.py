"""The dashboard in Debian's Chromium, against the real server and a simulated fleet."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from browsing import CHROMIUM, NewPage, Visit, launched
from harness import Api
from playwright.sync_api import Browser, Page


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start one browser for the tests of this folder, and end it before any other test runs.

    Playwright keeps an event loop running in its thread, beside which nothing else can run one.
    """
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with launched() as browser:
        yield browser


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Open pages; at the end no page may have met an error that was not expected."""
    with ExitStack() as stack:

        def make(api: Api, path: str = "/", *, expected: str | None = None, **options: object) -> Page:
            visit = stack.enter_context(Visit(browser, api.base, expected, **options))
            visit.page.goto(path)
            return visit.page

        yield make
