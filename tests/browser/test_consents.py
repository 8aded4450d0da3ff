"""Consents and the directory, walked in a browser by a member and by a coordinator to whom she spoke."""

from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page, expect

from deploy.demo.client import Client
from deploy.demo.load import approve
from tests.browser.looking import System, no_barriers

SignedIn = Callable[[str], Page]


def test_a_member_shows_herself_and_disappears_with_one_button(signed_in: SignedIn) -> None:
    page, word = signed_in("practitioner"), f"reablement{uuid4().hex[:8]}"
    page.goto("/me/directory")
    no_barriers(page)
    page.get_by_label("What interests me").fill(word)
    page.get_by_role("group", name="Who may see what interests you?").get_by_label("All members").check()
    if page.get_by_label("Yes, I agree").count():
        page.get_by_label("Yes, I agree").check()
    page.get_by_role("button", name="Store my entry").click()
    expect(page.get_by_text("In the directory", exact=True)).to_be_visible()
    no_barriers(page)

    page.goto("/directory")
    page.get_by_label("Words to look for").fill(word)
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="Found: 1")).to_be_visible()
    no_barriers(page)

    page.goto("/me/consents")
    no_barriers(page)
    page.get_by_role("button", name="Take it back (Being in the members' directory)").click()
    expect(page.get_by_role("button", name="I agree (Being in the members' directory)")).to_be_visible()
    no_barriers(page)
    page.goto(f"/directory?q={word}")
    expect(page.get_by_role("heading", name="Found: 0")).to_be_visible()


def test_a_coordinator_notes_what_somebody_said_on_the_phone(signed_in: SignedIn, system: System) -> None:
    coordinator = Client(system.configuration, "coordinator")
    caller = {
        "name": f"Nora Phone {uuid4().hex[:8]} (synthetic)",
        "phone": f"01632 96{uuid4().int % 10_000:04}",
        "stakeholder_group": "unpaid-carer",
        "communities": [],
    }
    member = coordinator.post("membership", "applications", caller, channel="phone").id
    approve(coordinator, member)
    page = signed_in("coordinator")
    page.goto(f"/people/{member}")
    page.get_by_role("link", name="Consents of this person").click()
    no_barriers(page)
    page.get_by_role("button", name="Agrees (The newsletter)").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose how the person told you")
    no_barriers(page)
    page.locator("#told").select_option("phone")
    page.get_by_role("button", name="Agrees (The newsletter)").click()
    expect(page.get_by_role("button", name="Taken back (The newsletter)")).to_be_visible()
    expect(page.get_by_text("by phone").first).to_be_visible()
