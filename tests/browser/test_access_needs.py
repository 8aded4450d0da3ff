"""What a member needs, from her own page to the list of who runs the meeting, walked in a browser."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from deploy.demo.client import Client
from tests.browser.looking import System, no_barriers, until_it_shows

SignedIn = Callable[[str], Page]


@pytest.fixture
def marion(system: System) -> Iterator[Client]:
    client = Client(system.configuration, "lewg-one")
    yield client
    client.delete("membership", f"members/{client.get('membership', 'me').id}/access-needs/sharing/meetings")


@pytest.fixture
def meeting(system: System, marion: Client) -> str:
    coordinator = Client(system.configuration, "coordinator")
    community = coordinator.get("membership", "communities").items[0]["id"]
    starts = datetime.now(UTC) + timedelta(days=9)
    body = {
        "community_id": community,
        "title": "A synthetic meeting to arrange things for",
        "about": "Synthetic.",
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(hours=1)).isoformat(),
        "places": 10,
        "online_link": "https://meet.example.org/needs",
    }
    id = coordinator.post("meetings", "meetings", body).id
    marion.post("meetings", f"meetings/{id}/replies", {"answer": "online"})
    return id


def test_she_says_it_once_and_sees_what_becomes_of_it(signed_in: SignedIn, marion: Client, meeting: str) -> None:
    page = signed_in("lewg-one")
    page.goto("/me")
    page.get_by_role("link", name="What I need to take part").click()
    no_barriers(page)
    page.get_by_label("Captions: spoken words shown as text").check()
    page.get_by_label("Another language").check()
    page.get_by_role("button", name="Store what I need").click()
    expect(page.get_by_role("alert")).to_contain_text("Another language: Which language?")
    no_barriers(page)
    page.get_by_label("Which language?").fill("Polish")
    page.get_by_label("Anything to add? (optional)").fill("Please speak slowly.")
    page.get_by_role("button", name="Store what I need").click()
    expect(page.get_by_text("This is stored.")).to_be_visible()
    expect(page.get_by_label("Which language?")).to_have_value("Polish")
    expect(page.get_by_text("Nobody else is told.")).to_be_visible()
    no_barriers(page)
    page.get_by_role("button", name="I agree: share it for meetings").click()
    expect(page.get_by_text("You share it for meetings")).to_be_visible()
    until_it_shows(page, page.get_by_role("listitem").filter(has_text="Captions").filter(has_text="Still to arrange"))
    no_barriers(page)

    runs = signed_in("coordinator")
    runs.goto(f"/meetings/{meeting}")
    runs.get_by_role("link", name="What to arrange for those who come").click()
    card = runs.get_by_role("listitem").filter(has_text="Captions")
    expect(card).to_contain_text("For Marion Teal, online")
    expect(runs.get_by_text("Please speak slowly")).to_have_count(0)
    no_barriers(runs)
    card.get_by_text("It cannot be arranged").first.click()
    card.get_by_role("button", name="Note it", exact=True).click()
    expect(runs.get_by_role("alert")).to_contain_text("Say why not")
    no_barriers(runs)
    card.get_by_text("It is arranged").first.click()
    card.get_by_label("How? The member reads this. (optional)").fill("A person types.")
    card.get_by_role("button", name="Note that it is arranged").click()
    expect(runs.get_by_role("heading", name="Arranged", exact=True)).to_be_visible()
    no_barriers(runs)

    arranged = page.get_by_role("listitem").filter(has_text="Captions").filter(has_text="Arranged")
    expect(until_it_shows(page, arranged)).to_contain_text("A person types.")
    page.get_by_role("button", name="Stop sharing").click()
    expect(page.get_by_text("Nobody else is told.")).to_be_visible()
    until_it_shows(page, page.get_by_text("Nothing is to be arranged just now."))
    runs.reload()
    expect(runs.get_by_text("Marion Teal")).to_have_count(0)


def test_a_coordinator_types_what_somebody_says_on_the_phone(signed_in: SignedIn) -> None:
    page = signed_in("coordinator")
    page.goto("/people")
    page.get_by_role("link", name="Edith Marlow").first.click()
    page.get_by_role("link", name="What this person needs to take part").click()
    no_barriers(page)
    page.get_by_label("Papers in large print").check()
    page.get_by_role("button", name="Store it").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose how the person told you")
    no_barriers(page)
    page.get_by_label("By phone", exact=True).first.check()
    page.get_by_role("button", name="Store it").click()
    expect(page.get_by_text("by phone. Looked at")).to_be_visible()
    no_barriers(page)


def test_the_page_is_for_who_runs_the_meeting(signed_in: SignedIn, meeting: str) -> None:
    page = signed_in("practitioner")
    page.goto(f"/meetings/{meeting}")
    expect(page.get_by_role("link", name="What to arrange for those who come")).to_have_count(0)
    answer = page.goto(f"/meetings/{meeting}/arrangements")
    assert answer is not None
    assert answer.status == 403
