"""A coordinator acts for a member who rang, in a browser: what she sees, that it ends, and what a code is for."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from deploy.demo.client import Client
from deploy.demo.load import approve
from tests.browser.conftest import sign_in
from tests.browser.looking import System, no_barriers, until_it_shows

Window = Callable[..., Page]


@pytest.fixture
def edith(system: System) -> tuple[str, str]:
    """(id, name) of a member who has a phone and no sign-in."""
    coordinator = Client(system.configuration, "coordinator")
    name = f"Edith Phone {uuid4().hex[:8]} (synthetic)"
    phone = f"01632 96{uuid4().int % 10_000:04}"
    asked = {"name": name, "phone": phone, "stakeholder_group": "other", "communities": []}
    member = coordinator.post("membership", "applications", asked, channel="phone").id
    approve(coordinator, member)
    return member, name


def test_a_coordinator_acts_for_a_member_and_everybody_can_see_it(
    window: Window, system: System, edith: tuple[str, str]
) -> None:
    member, name = edith
    page = window()
    sign_in(page, "coordinator", system.password)
    page.goto(f"/people/{member}")
    page.get_by_role("link", name=f"Act for {name}").click()
    no_barriers(page)
    page.get_by_role("button", name=f"Act for {name}").click()
    for missing in ("Choose how you were asked", "Choose how you know who asks", "Say in a few words"):
        expect(page.get_by_role("alert")).to_contain_text(missing)
    no_barriers(page)
    page.get_by_label("By phone").check()
    page.get_by_label("I know the voice").check()
    page.get_by_label("What were you asked to do?").fill("Join a community")
    page.get_by_role("button", name=f"Act for {name}").click()
    banner = page.get_by_role("region", name="You act for somebody")
    expect(banner).to_contain_text(f"You act for {name}.")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    no_barriers(page)

    other = page.context.new_page()  # a tab from before the end
    other.goto("/me/help")
    for path in ("/", "/meetings", "/communities", "/me/membership", "/messages", "/people"):
        page.goto(path)
        expect(banner).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("You cannot use this page just now")
    no_barriers(page)
    page.goto("/communities")
    page.get_by_role("main").get_by_role("heading", level=2).get_by_role("link").first.click()
    no_barriers(page)

    banner.get_by_role("button", name="End now").click()
    expect(page.get_by_text(f"You no longer act for {name}")).to_be_visible()
    expect(banner).to_have_count(0)
    other.get_by_role("button", name="Nobody may do this for me").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("This page was open for too long")
    page.goto("/people/sessions")
    expect(page.get_by_role("row").filter(has_text=name)).to_contain_text("It was done")
    no_barriers(page)
    page.goto(f"/people/{member}")
    page.get_by_role("button", name="Make a code").click()
    expect(page.get_by_text("Enter this code:")).to_be_visible()
    no_barriers(page)
    page.goto("/me/record")
    no_barriers(page)


def test_a_session_that_is_over_is_told_and_nothing_is_sent_as_the_coordinators_own(
    window: Window, system: System, edith: tuple[str, str]
) -> None:
    member, name = edith
    page = window()
    sign_in(page, "coordinator", system.password)
    page.goto(f"/people/{member}/acting")
    page.get_by_label("By letter").check()
    page.get_by_label("The letter came from").check()
    page.get_by_label("What were you asked to do?").fill("Take a break")
    page.get_by_role("button", name=f"Act for {name}").click()
    page.goto("/me/help")
    no_barriers(page)
    ended = page.get_by_role("heading", name=f"You no longer act for {name}")
    with page.expect_navigation():
        page.get_by_role("button", name="Nobody may do this for me").click()  # and so the session ends, soon or at once
    if not ended.is_visible():
        page.goto("/me/membership")
        until_it_shows(page, ended)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"You no longer act for {name}")
    no_barriers(page)
    page.goto("/me")
    expect(page.get_by_role("heading", level=1)).not_to_have_text(name)
    page.goto(f"/people/{member}/acting")
    expect(page.get_by_text("This member does not want anybody to act in their name.")).to_be_visible()
    no_barriers(page)
