"""How to reach me, walked in a browser: a code that comes back, the way, the form, and a letter in large print."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import Page, expect

from deploy.demo.client import Client, until
from deploy.demo.load import approve
from tests.browser.looking import System, no_barriers, until_it_shows

SignedIn = Callable[[str], Page]


@pytest.fixture
def coordinator(system: System) -> Client:
    return Client(system.configuration, "coordinator")


@pytest.fixture
def member(coordinator: Client) -> str:
    """Somebody who is known by her postal address alone, and whose contacts have begun."""
    application = {
        "name": f"Poppy Post {uuid4().hex[:8]} (synthetic)",
        "postal_address": "1 Example Lane\nAshford",
        "stakeholder_group": "other",
        "communities": [],
    }
    id = coordinator.post("membership", "applications", application, channel="post").id
    approve(coordinator, id)
    until("contacts", lambda: coordinator.get("membership", f"members/{id}/contacts").etag != '"0"', seconds=60)
    return id


def code_sent_to(system: System, email: str) -> str:
    def mails() -> list[dict[str, str]]:
        found = requests.get(f"{system.configuration.mail}/api/messages", params={"to": email}, timeout=10)
        items: list[dict[str, str]] = found.json()["items"]
        return items

    until("the mail with the code", lambda: bool(mails()), seconds=60)
    code = re.search(r"^\d{4} \d{4}\b", mails()[0]["text"], re.MULTILINE)
    assert code is not None
    return code[0]


def test_a_member_adds_an_address_confirms_it_and_chooses(system: System, signed_in: SignedIn) -> None:
    page = signed_in("practitioner")
    page.goto("/me")
    page.get_by_role("link", name="Contacts, formats and name").click()
    no_barriers(page)
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose what it is")
    no_barriers(page)
    email = f"new.{uuid4().hex[:8]}@example.org"
    page.get_by_role("group", name="What is it?").get_by_label("Email").check()
    page.get_by_label("Email, number or address").fill(email)
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name=f"Confirm {email}")).to_be_visible()
    expect(page.get_by_text("Waits for its code")).to_be_visible()
    no_barriers(page)
    page.get_by_label("Code", exact=True).fill("0000 0000")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not the code that we sent. You can try 4 more times.")
    page.get_by_label("Code", exact=True).fill(code_sent_to(system, email))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Thank you. This email address is confirmed.")).to_be_visible()
    no_barriers(page)
    page.get_by_label(f"By email to {email}").check()
    page.get_by_role("button", name="Store the way").click()
    expect(page.get_by_text("Letters go this way from now on.")).to_be_visible()
    expect(page.get_by_label(f"By email to {email}")).to_be_checked()
    page.get_by_role("link", name=f"Change {email}").click()
    no_barriers(page)
    page.get_by_role("button", name="Take it out").click()
    expect(page.get_by_text("Taken out.")).to_be_visible()
    expect(page.get_by_text(email)).to_have_count(0)


def test_a_coordinator_writes_down_a_wish_and_prints_the_letter_large(
    signed_in: SignedIn, coordinator: Client, member: str
) -> None:
    page = signed_in("coordinator")
    page.goto(f"/people/{member}")
    no_barriers(page)
    page.get_by_role("link", name="Change contacts, formats or name").click()
    no_barriers(page)
    page.get_by_label("By letter").check()
    page.get_by_role("button", name="Go on").click()
    no_barriers(page)
    page.get_by_label("Large print").check()
    page.get_by_label("Easy Read").check()
    page.get_by_role("button", name="Store the form").click()
    expect(page.get_by_text("From now on messages come in this form.")).to_be_visible()
    page.get_by_role("link", name="Change 1 Example Lane").click()
    no_barriers(page)
    page.get_by_label("Postal address").fill("2 Example Lane\nAshford")
    page.get_by_role("button", name="Store", exact=True).click()
    expect(page.get_by_label("By letter to 2 Example Lane")).to_be_visible()
    page.goto(f"/people/{member}")
    page.get_by_text("Would like to leave").click()
    box = page.locator("details", has_text="Would like to leave")
    box.get_by_label("By letter").check()
    box.get_by_role("button", name="End the membership").click()

    name = page.get_by_role("heading", level=1).inner_text()
    page.goto("/messages")
    mine = page.get_by_role("listitem").filter(has_text=name)
    card = mine.filter(has=page.get_by_role("link", name="Goodbye"))
    until_it_shows(page, card)
    expect(card.get_by_text("Make by hand")).to_be_visible()
    expect(card.get_by_text("Easy Read")).to_be_visible()
    no_barriers(page)
    card.get_by_role("link").click()
    expect(page.get_by_text("2 Example Lane").first).to_be_visible()
    no_barriers(page)
    page.get_by_role("link", name="Page to print in large print").click()
    expect(page.get_by_role("heading", name="Goodbye, and thank you")).to_be_visible()
    no_barriers(page)
    printed = page.locator("address, h1, p:not(.copse-print__aside), .copse-print__words")
    for part in printed.all():
        points = part.evaluate("part => parseFloat(getComputedStyle(part).fontSize)") * 0.75  # 96 px are 72 points
        assert points >= 18, f"{part.inner_text()[:40]!r} is printed in {points} point"
    page.emulate_media(media="print")
    expect(page.get_by_text("Back to the message")).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Back to the message").click()
    page.get_by_role("button", name="The letter is posted").click()
    expect(page.get_by_text("Marked as done.")).to_be_visible()
    expect(card).to_have_count(0)
