"""Every page that can be opened without a story: barriers, the keyboard, and how a session ends."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from deploy.demo.configuration import SERVICES
from tests.browser.conftest import sign_in
from tests.browser.looking import System, no_barriers

Window = Callable[..., Page]
SignedIn = Callable[[str], Page]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/communities",
        "/meetings",
        "/meetings?when=past",
        "/join",
        "/join/thanks",
        "/payment-rates",
        "/glossary",
        "/quick-guide",
        "/accessibility",
        "/privacy",
        "/nowhere",
    ],
)
def test_public_pages_have_no_barriers(window: Window, path: str) -> None:
    page = window()
    page.goto(path)
    no_barriers(page)


def test_every_community_has_a_page_without_barriers(window: Window) -> None:
    page = window()
    page.goto("/communities")
    links = page.get_by_role("main").get_by_role("heading", level=2).get_by_role("link")
    addresses = [str(link.get_attribute("href")) for link in links.all()]
    assert len(addresses) >= 4
    for address in addresses:
        page.goto(address)
        no_barriers(page)


@pytest.mark.parametrize("path", ["/me", "/people", "/support", "/claims", "/messages", "/meetings/plan", "/consents"])
def test_the_coordinators_pages_have_no_barriers(signed_in: SignedIn, path: str) -> None:
    page = signed_in("coordinator")
    page.goto(path)
    no_barriers(page)


@pytest.mark.parametrize("service", SERVICES)
def test_the_pages_about_the_apis_have_no_barriers(window: Window, system: System, service: str) -> None:
    page = window(scripts=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{system.configuration.service(service)}/docs")
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    no_barriers(page)
    assert asked == [page.url], "the page loads something"
    page.get_by_role("navigation").get_by_role("link").last.click()
    assert "#" in page.url


def test_signing_out_ends_the_session(window: Window, system: System) -> None:
    page = window()
    sign_in(page, "practitioner", system.password)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in", exact=True)).to_be_visible()
    page.goto("/me")
    expect(page.get_by_role("textbox", name="Login")).to_be_visible()


def test_somebody_asks_to_join_with_the_keyboard_alone(window: Window) -> None:
    page = window()
    page.goto("/join")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    name = f"Kay Board {uuid4().hex[:8]} (synthetic)"
    for label, typed in (("Your name", name), ("Email", "kay@example.org")):
        tab_to(page, label)
        page.keyboard.type(typed)
    tab_to(page, "I draw on care and support")
    page.keyboard.press("Space")
    tab_to(page, "Enhancing, diversifying and sustaining the social care workforce")
    page.keyboard.press("Space")
    tab_to(page, "Send")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you for asking to join")).to_be_visible()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control with this label has the focus, and see that the focus shows on every way-point."""
    for _ in range(40):
        page.keyboard.press("Tab")
        focus: dict[str, str] = page.evaluate(FOCUS)
        assert focus["shows"], f"the focus cannot be seen on {focus['name']!r}"
        if focus["name"] == name:
            return
    raise AssertionError(f"{name!r} cannot be reached with the keyboard")


# The label of the control that has the focus, and whether it looks different from a control without.
FOCUS = """() => {
  const it = document.activeElement;
  const drawn = [it, it.labels?.[0]].filter(Boolean)
    .flatMap(part => [getComputedStyle(part), getComputedStyle(part, "::before")]);
  const shows = drawn.some(style => style.outlineStyle !== "none" || style.boxShadow !== "none");
  return {name: (it.labels?.[0] ?? it).textContent.trim(), shows: shows ? "yes" : ""};
}"""
