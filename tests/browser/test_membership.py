"""Joining, a break, leaving, and what coordinators and those who lead a community do, walked in a browser."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from deploy.demo.client import Client
from deploy.demo.load import approve
from tests.browser.conftest import sign_in
from tests.browser.looking import System, no_barriers, until_it_shows

Window = Callable[..., Page]
SignedIn = Callable[[str], Page]
WORKFORCE = "Enhancing, diversifying and sustaining the social care workforce"


@pytest.fixture
def named() -> str:
    return uuid4().hex[:8]


@pytest.fixture
def coordinator(system: System) -> Client:
    return Client(system.configuration, "coordinator")


@pytest.fixture
def newcomer(system: System, coordinator: Client, window: Window) -> Page:
    """An account that is nobody's in the demonstration, as one who was just approved; what she was before has ended."""
    client = Client(system.configuration, "finance")
    if client.finds("membership", "me"):
        me = client.get("membership", "me")
        if me.body["standing"] not in ("left", "declined", "withdrawn"):
            taken_part = me.body["standing"] in ("approved", "active", "paused")
            way = f"members/{me.id}/departure" if taken_part else f"applications/{me.id}/withdrawal"
            client.post("membership", way, {}, if_match=me.etag)
    application = {
        "name": "Nell Newcomer (synthetic)",
        "email": "nell@example.org",
        "stakeholder_group": "unpaid-carer",
        "communities": [],
    }
    approve(coordinator, client.post("membership", "applications", application).id)
    page = window()
    sign_in(page, "finance", system.password)
    return page


def test_a_coordinator_takes_an_application_from_a_call_and_sees_who_may_be_the_same_person(
    signed_in: SignedIn, coordinator: Client, named: str
) -> None:
    number = f"01632 96{uuid4().int % 10_000:04}"
    body = {"name": f"Mary Call {named} (synthetic)", "phone": number, "stakeholder_group": "other", "communities": []}
    earlier = coordinator.post("membership", "applications", body, channel="phone").id
    page = signed_in("coordinator")
    page.goto("/people")
    page.get_by_role("link", name="Take an application by phone or letter").click()
    no_barriers(page)
    page.get_by_role("button", name="Store the application").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose how the application reached you")
    no_barriers(page)
    page.get_by_label("By phone").check()
    page.get_by_label("Name", exact=True).fill(f"mary call {named} (synthetic)")
    page.get_by_label("Phone", exact=True).fill(number.replace("0", "+44 ", 1))
    page.get_by_role("group", name="What describes the person best?").get_by_label("Unpaid carer").check()
    page.get_by_role("group", name="Is something else true as well?").get_by_label("Researcher").check()
    page.get_by_label(WORKFORCE).check()
    page.get_by_role("button", name="Store the application").click()
    expect(page.get_by_role("heading", name="Perhaps the same person?")).to_be_visible()
    hint = page.get_by_role("listitem").filter(has_text="same phone, same name")
    expect(hint.get_by_role("link")).to_have_attribute("href", f"/people/{earlier}")
    expect(page.get_by_text(", by phone")).to_be_visible()
    no_barriers(page)
    page.get_by_text("Talk with this person first").click()
    page.get_by_label("What is there to talk about?").fill("Is this Mary from last week?")
    page.get_by_role("button", name="Note it").click()
    expect(page.get_by_text("Is this Mary from last week?")).to_be_visible()
    page.goto("/people")
    row = page.get_by_role("row").filter(
        has=page.get_by_role("link", name=f"mary call {named} (synthetic)", exact=True)
    )
    expect(row.get_by_text("Talk first")).to_be_visible()
    expect(row.get_by_text("Same person?")).to_be_visible()
    no_barriers(page)
    row.get_by_role("link").click()
    page.get_by_text("Decline this application").click()
    page.get_by_label("Why not?").fill("You are a member already, Mary. We will call you.")
    page.get_by_role("button", name="Decline, and send the letter").click()
    expect(page.get_by_text("A kind letter with your reason is on its way.")).to_be_visible()
    expect(page.get_by_text("Not accepted")).to_be_visible()
    page.goto("/messages")
    letter = page.get_by_role("listitem").or_(page.get_by_role("row")).filter(has_text=f"mary call {named}")
    until_it_shows(page, letter).get_by_role("link").first.click()
    expect(page.get_by_text("You are a member already, Mary.")).to_be_visible()


def test_a_member_agrees_joins_takes_a_break_comes_back_and_leaves(newcomer: Page, coordinator: Client) -> None:
    page = newcomer
    page.get_by_role("link", name="read the ground rules").click()
    no_barriers(page)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("Tick the box")
    page.get_by_label("Yes, I agree").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("You are a member with all that belongs to it.")).to_be_visible()
    no_barriers(page)

    page.goto("/communities")
    page.get_by_role("link", name=WORKFORCE).click()
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.get_by_text("You are a member", exact=True)).to_be_visible()
    no_barriers(page)
    page.get_by_text("I would like to leave this community").click()
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("button", name="Join", exact=True)).to_be_visible()

    page.goto("/me/membership")
    page.get_by_role("button", name="Take a break").click()
    expect(page.get_by_text("Taking a break")).to_be_visible()
    page.get_by_role("link", name="Come back").click()
    no_barriers(page)
    page.get_by_role("button", name="I am back").click()
    expect(page.get_by_text("Welcome back.")).to_be_visible()
    page.goto("/me/membership")
    page.get_by_text("I would like to leave").click()
    page.get_by_role("button", name="Leave", exact=True).click()
    expect(page.get_by_text("You have left. Thank you")).to_be_visible()
    no_barriers(page)
    page.goto("/me/membership")
    expect(page.get_by_role("link", name="ask to join again")).to_be_visible()
    no_barriers(page)


def test_who_leads_a_group_lets_people_in_and_writes_down_how_they_serve(
    newcomer: Page, signed_in: SignedIn, coordinator: Client, named: str
) -> None:
    group = {"name": f"Rota group {named}", "kind": "working-group", "about": "Synthetic.", "places": 2}
    id = coordinator.post("membership", "communities", group).id
    newcomer.goto(f"/communities/{id}")
    until_it_shows(newcomer, newcomer.get_by_role("button", name="Ask to join"))
    no_barriers(newcomer)
    newcomer.get_by_role("button", name="Ask to join").click()
    expect(newcomer.get_by_text("You have asked to join", exact=True)).to_be_visible()
    no_barriers(newcomer)
    page = signed_in("coordinator")
    page.goto(f"/communities/{id}")
    page.get_by_role("link", name="People and requests").click()
    no_barriers(page)
    page.get_by_role("button", name="Let in Nell Newcomer").click()
    page.get_by_role("button", name="Let lead Nell Newcomer").click()
    expect(page.get_by_role("button", name="No longer Nell Newcomer")).to_be_visible()
    no_barriers(page)
    page.get_by_role("link", name="Nell Newcomer").click()
    no_barriers(page)
    page.get_by_label("Lay lead").check()
    page.get_by_role("button", name="Store the roles").click()
    expect(page.get_by_role("cell", name="Lay lead")).to_be_visible()

    newcomer.goto(f"/communities/{id}/people")
    newcomer.get_by_role("link", name="Nell Newcomer").click()
    first = newcomer.get_by_role("group", name="First day")
    for label, value in (("Day", "1"), ("Month", "9"), ("Year", "2026")):
        first.get_by_label(label, exact=True).fill(value)
    newcomer.get_by_role("button", name="Store the term").click()
    expect(newcomer.get_by_text("From 1 September 2026")).to_be_visible()
    no_barriers(newcomer)


def test_outsiders_are_not_told_of_a_confidential_community(
    window: Window, signed_in: SignedIn, coordinator: Client, named: str
) -> None:
    community = {"name": f"Quiet {named}", "kind": "community", "about": "Synthetic.", "privacy": "confidential"}
    id = coordinator.post("membership", "communities", community).id
    seen = signed_in("coordinator")
    seen.goto("/communities")
    until_it_shows(seen, seen.get_by_text(f"Quiet {named}"))
    no_barriers(seen)
    page = window()
    page.goto("/communities")
    expect(page.get_by_text(f"Quiet {named}")).to_have_count(0)
    page.goto(f"/communities/{id}")
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()


def test_a_coordinator_brings_in_a_list_after_a_look_at_it(signed_in: SignedIn, named: str) -> None:
    page = signed_in("coordinator")
    page.goto("/people")
    page.get_by_role("link", name="Bring in or take out a list").click()
    no_barriers(page)
    page.get_by_role("button", name="Look through it").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose the file with your list")
    no_barriers(page)
    choose(page, f"name,email,group\nZo\u00eb {named},zoe-{named}@example.org,other\n".encode("cp1252"))
    expect(page.get_by_role("alert")).to_contain_text("CSV UTF-8")
    good = f"name,email,group,shoes\nZo\u00eb {named} (synthetic),zoe-{named}@example.org,unpaid carer,43\n"
    choose(page, (good + "=1+1,ann(at)example.org,emperor,\n").encode())
    expect(page.get_by_role("row").filter(has_text="looks like a formula")).to_contain_text("3")
    expect(page.get_by_text("These columns are not taken over: shoes.")).to_be_visible()
    no_barriers(page)
    choose(page, good.encode("utf-8-sig"))
    page.get_by_role("button", name="Bring in 1 person").click()
    expect(page.get_by_text("New members: 1. Here already: 0.")).to_be_visible()
    expect(page.get_by_role("link", name=f"Zo\u00eb {named} (synthetic)")).to_be_visible()
    page.goto("/people/list")
    choose(page, good.encode())
    expect(page.get_by_text("Here already, and nothing changes for them: 1")).to_be_visible()
    expect(page.get_by_role("button", name="Bring in")).to_have_count(0)
    no_barriers(page)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download members.csv").click()
    assert f"zoe-{named}@example.org" in downloading.value.path().read_text("utf-8-sig")


def choose(page: Page, data: bytes) -> None:
    page.get_by_label("Your list").set_input_files({"name": "list.csv", "mimeType": "text/csv", "buffer": data})
    page.get_by_role("button", name="Look through it").click()


def test_members_of_a_community_gather_work_and_tell_what_came_of_it(
    newcomer: Page, signed_in: SignedIn, named: str
) -> None:
    page, other = newcomer, signed_in("practitioner")
    page.goto("/communities")
    page.get_by_role("link", name=WORKFORCE).click()
    address = page.url
    page.get_by_role("button", name="Join", exact=True).click()
    page.get_by_role("link", name="Propose a small group").click()
    no_barriers(page)
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_role("alert")).to_contain_text("Say in a few words")
    page.get_by_label("What is it about?").fill(f"Night shifts {named}")
    page.get_by_label("What would you like to do?").fill("Find out what helps.")
    page.get_by_label("How many people").fill("2")
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_text("1 of the 2 people that it needs to begin.")).to_be_visible()
    no_barriers(page)
    other.goto(address)
    other.get_by_role("link", name=f"Night shifts {named}").click()
    other.get_by_role("button", name="Join this group").click()
    expect(other.get_by_text("You are in this group.")).to_be_visible()
    no_barriers(other)
    page.reload()
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("At work")).to_be_visible()
    page.get_by_text("Close this group").click()
    page.get_by_label("What came of it?").fill("A leaflet.")
    page.get_by_role("button", name="Close the group").click()
    expect(page.get_by_text("Finished")).to_be_visible()
    no_barriers(page)
    other.goto(address)
    no_barriers(other)
    expect(other.get_by_text("A leaflet.").first).to_be_visible()


def test_a_new_member_goes_through_her_first_steps(newcomer: Page) -> None:
    page = newcomer
    expect(page.get_by_role("heading", name="Your first steps")).to_be_visible()
    no_barriers(page)
    page.get_by_role("link", name="Read the quick guide").click()
    no_barriers(page)
    page.goto("/me")
    page.get_by_role("button", name="I have read it").click()
    expect(page.get_by_role("button", name="I have read it")).to_have_count(0)
    page.get_by_role("button", name="They are right").click()
    expect(page.get_by_text("To do", exact=True)).to_have_count(2)
