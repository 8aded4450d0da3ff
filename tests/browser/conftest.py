"""A real browser for the portal's tests: Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.looking import System

NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """The browser to drive: COPSE_CHROMIUM, else the first that the machine has."""
    found = os.environ.get("COPSE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    return found or None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium()
    if program is None:
        pytest.skip("no Chromium here: install Debian's package chromium, or name one in COPSE_CHROMIUM")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=program,
            # Containers and root have no user namespaces for the sandbox; the pages are our own.
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        yield opened
        opened.close()


@pytest.fixture
def window(browser: Browser, system: System) -> Iterator[Callable[..., Page]]:
    """`window()` opens a fresh one, as on another person's computer; `window(scripts=False)` one without JavaScript."""
    contexts: list[BrowserContext] = []

    def opened(*, scripts: bool = True) -> Page:
        contexts.append(computer(browser, system, scripts=scripts))
        return contexts[-1].new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def computers(browser: Browser, system: System) -> Iterator[Callable[[str], BrowserContext]]:
    """`computers("coordinator")` is that account's own computer, signed in once for the whole run."""
    known: dict[str, BrowserContext] = {}

    def of(account: str) -> BrowserContext:
        if account not in known:
            context = computer(browser, system)
            page = context.new_page()
            sign_in(page, account, system.password)
            page.close()
            known[account] = context
        return known[account]

    yield of
    for context in known.values():
        context.close()


@pytest.fixture
def signed_in(computers: Callable[[str], BrowserContext]) -> Iterator[Callable[[str], Page]]:
    """`signed_in("coordinator")` is a new page on that account's computer. Whoever signs out uses `window`."""
    pages: list[Page] = []

    def opened(account: str) -> Page:
        pages.append(computers(account).new_page())
        return pages[-1]

    yield opened
    for page in pages:
        page.close()


def computer(browser: Browser, system: System, *, scripts: bool = True) -> BrowserContext:
    context = browser.new_context(
        base_url=system.portal_url,
        locale="en-GB",
        java_script_enabled=scripts,
        viewport={"width": 1280, "height": 900},
    )
    context.set_default_timeout(20_000)
    return context


def sign_in(page: Page, account: str, password: str) -> None:
    """Sign in at the identity provider; the page is "My page" then."""
    page.goto("/sign-in?next=/me")
    page.get_by_role("textbox", name="Login").fill(account)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/me")
