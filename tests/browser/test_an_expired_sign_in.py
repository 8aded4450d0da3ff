"""Whatever a person typed is still there when her sign-in, or her whole session, ran out meanwhile."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cachelib import FileSystemCache
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.browser.looking import System, no_barriers

Window = Callable[..., Page]

IDEA = "What do night shifts do to people?\n\nA second paragraph, with <angles> & an ampersand. (synthetic)"


@pytest.fixture
def researcher(window: Window, system: System) -> Page:
    """Her own computer, signed in, with half a request typed."""
    page = window()
    sign_in(page, "researcher", system.password)
    page.goto("/support/ask")
    page.get_by_label("Title of your idea").fill("Night shifts")
    page.get_by_label("Your idea in plain English").fill(IDEA)
    page.get_by_label("Two", exact=True).check()
    return page


def test_what_was_typed_comes_back_after_signing_in_again(researcher: Page, system: System) -> None:
    change_session(system, researcher, lambda session: session["person"].update(expires_at=time.time() - 1))
    researcher.get_by_role("button", name="Send my request").click()
    # The provider still knows her, so it asks nothing; the portal keeps what she typed on the way there and back.
    expect(researcher.get_by_text("Your sign-in had run out.")).to_be_visible()
    expect(researcher.get_by_label("Title of your idea")).to_have_value("Night shifts")
    expect(researcher.get_by_label("Your idea in plain English")).to_have_value(IDEA)
    expect(researcher.get_by_label("Two", exact=True)).to_be_checked()
    no_barriers(researcher)
    researcher.reload()
    expect(researcher.get_by_label("Title of your idea")).to_have_value("")  # shown once, then forgotten


def test_nobody_else_is_shown_what_was_typed(researcher: Page, system: System) -> None:
    def now_somebody_else(session: dict[str, Any]) -> None:
        session["person"].update(expires_at=time.time() - 1, subject="somebody-else")

    change_session(system, researcher, now_somebody_else)
    researcher.get_by_role("button", name="Send my request").click()
    researcher.wait_for_url("**/support/ask")
    expect(researcher.get_by_label("Title of your idea")).to_have_value("")


def test_what_was_typed_can_be_copied_when_the_session_has_ended(researcher: Page, system: System) -> None:
    researcher.context.clear_cookies(name="copse")
    researcher.get_by_role("button", name="Send my request").click()
    expect(researcher.get_by_role("heading", name="This page was open for too long")).to_be_visible()
    expect(researcher.get_by_text("A second paragraph, with <angles> & an ampersand.")).to_be_visible()
    no_barriers(researcher)


def change_session(system: System, page: Page, change: Callable[[dict[str, Any]], None]) -> None:
    """Change what the portal keeps about this browser: its file on the server, as the passing of time would."""
    cookie = next(cookie for cookie in page.context.cookies() if cookie.get("name") == "copse")
    kept = FileSystemCache(str(session_directory(system)), threshold=0, mode=0o600)
    key = f"session:{cookie.get('value')}"
    session: dict[str, Any] = kept.get(key)
    change(session)
    kept.set(key, session)


def session_directory(system: System) -> Path:
    return system.configuration.folder / "sessions"
