"""How the browser tests look at a page: for barriers (axe), for sideways scrolling, and until something shows."""

import time
from pathlib import Path
from typing import Protocol

from playwright.sync_api import Locator, Page

from deploy.demo.configuration import Configuration

CHECKOUT = Path(__file__).parents[2]
AXE = CHECKOUT / "services" / "portal" / "assets" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

WAIT_SECONDS = 30.0  # for what one service tells another


class System(Protocol):
    """The running system that the fixture `system` gives."""

    @property
    def portal_url(self) -> str: ...

    @property
    def mail_url(self) -> str: ...

    @property
    def password(self) -> str: ...

    @property
    def configuration(self) -> Configuration: ...


def no_barriers(page: Page) -> None:
    """axe finds nothing (WCAG 2.2 AA), and nothing scrolls sideways at 320 px (WCAG 2.2, 1.4.10 Reflow)."""
    # A page that failed has no barriers either: it must be the page that was meant.
    for failure in ("Something went wrong on our side", "cannot be shown just now", "That did not work"):
        assert not page.get_by_text(failure).count(), f"{page.url} says: {failure}"
    found = page.evaluate(AXE.read_text() + ";axe.run({resultTypes: ['violations'], runOnly: " + repr(RULES) + "})")
    barriers = [f"{rule['id']}: {rule['nodes'][0]['html'][:200]}" for rule in found["violations"]]
    assert not barriers, f"{page.url} has barriers: {barriers}"
    usual = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 800})
    width = page.evaluate("document.documentElement.scrollWidth")
    if usual:
        page.set_viewport_size(usual)
    assert width <= 320, f"{page.url} is {width} px wide on a screen of 320 px"


def until_it_shows(page: Page, wanted: Locator) -> Locator:
    """Reload until it is there: news from another service takes a moment. Fails after WAIT_SECONDS."""
    end = time.monotonic() + WAIT_SECONDS
    while not wanted.first.is_visible():
        assert time.monotonic() < end, f"{wanted} did not show on {page.url} within {WAIT_SECONDS:.0f} s"
        page.wait_for_timeout(100)
        page.reload()
    return wanted.first
