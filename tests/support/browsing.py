"""A browser, and visits to the server that note whatever goes wrong on a page."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import axe_playwright_python
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

CHROMIUM = shutil.which("chromium")

PATIENCE_MS = 60_000
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

_AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
_LOOPBACK_ALONE = "--host-resolver-rules=MAP *.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
_IN_WORDS = """async (rules) => (await axe.run(rules ? { runOnly: rules } : {})).violations
  .filter((one) => ["serious", "critical"].includes(one.impact))
  .map((one) => `${one.impact} ${one.id}: ${one.help}: ${one.nodes.map((node) => node.html).join(" ")}`)"""

NewPage = Callable[..., Page]


@contextmanager
def launched(*arguments: str) -> Iterator[Browser]:
    """Run Debian's Chromium without a window; it finds no host but this one, which is any `.example` too."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", _LOOPBACK_ALONE, *arguments],
        )
        yield browser
        browser.close()


class Visit:
    """One operator's browser window; errors that match `expected` are part of the story."""

    def __init__(self, browser: Browser, base: str, expected: str | None, **options: Any) -> None:
        self._base, self._expected = base, expected
        self._context = browser.new_context(base_url=base, **options)
        self._context.set_default_timeout(PATIENCE_MS)
        self._faults: list[str] = []
        self.page = self._context.new_page()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self._faults.append(f"uncaught: {error.stack}"))
        self.page.on("request", self._on_request)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_more: object) -> None:
        self._context.close()
        if error is None:
            assert not self._faults, "\n".join(self._faults)

    def _on_console(self, message: ConsoleMessage) -> None:
        known = self._expected and re.search(self._expected, message.text)
        if message.type == "error" and not known:
            self._faults.append(f"console: {message.text} ({message.location.get('url')})")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self._base}/", "data:", "blob:")):
            self._faults.append(f"outside the server: {request.url}")


def violations(page: Page, *rules: str) -> list[str]:
    """Return what axe calls serious or critical on the page as it is shown, by some rules or by all."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(_AXE.read_text())  # by the debugger: the page's policy allows no foreign script
    found: list[str] = page.evaluate(_IN_WORDS, list(rules) or None)
    return found
