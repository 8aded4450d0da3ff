"""The first whole path, walked in a browser: from asking to join to hearing what a researcher changed."""

import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.looking import WAIT_SECONDS, System, no_barriers, until_it_shows

WORKFORCE = "Enhancing, diversifying and sustaining the social care workforce"

Window = Callable[..., Page]
SignedIn = Callable[[str], Page]


@pytest.fixture
def named() -> str:
    """A word that no other run used, so that the test finds its own meeting and idea."""
    return uuid4().hex[:8]


def fill_day(page: Page, group: str, day: date) -> None:
    fields = page.get_by_role("group", name=group)
    for label, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        fields.get_by_label(label, exact=True).fill(str(value))


def mail_to(system: System, address: str, words: str) -> dict[str, Any]:
    """The mail to this address that holds these words, once it is there."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        mails = requests.get(f"{system.mail_url}/api/messages", params={"to": address}, timeout=10).json()["items"]
        found = [mail for mail in mails if words in mail["text"] or words in mail["subject"]]
        if found:
            return dict(found[0])
        assert time.monotonic() < end, f"no mail to {address} with {words!r} within {WAIT_SECONDS:.0f} s"
        time.sleep(0.1)


def test_somebody_joins_without_javascript_and_a_coordinator_welcomes_her(
    window: Window, signed_in: SignedIn, system: System, named: str
) -> None:
    applicant = window(scripts=False)
    applicant.goto("/")
    applicant.get_by_role("navigation").get_by_role("link", name="Join").click()
    applicant.get_by_role("button", name="Send").click()
    expect(applicant.get_by_role("alert")).to_contain_text("Enter your name")
    expect(applicant).to_have_title("Error: Ask to join \N{EN DASH} Copse")

    name, address = f"Jo Newcomer {named} (synthetic)", f"jo-{named}@example.org"
    applicant.get_by_label("Your name").fill(name)
    applicant.get_by_label("Email").fill(address)
    applicant.get_by_label("I care for somebody, unpaid").check()
    applicant.get_by_label(WORKFORCE).check()
    applicant.get_by_role("button", name="Send").click()
    expect(applicant.get_by_role("heading", name="Thank you for asking to join")).to_be_visible()

    coordinator = signed_in("coordinator")
    coordinator.goto("/")
    coordinator.get_by_role("link", name="People", exact=True).click()
    until_it_shows(coordinator, coordinator.get_by_role("link", name=name))
    no_barriers(coordinator)
    coordinator.get_by_role("link", name=name).click()
    no_barriers(coordinator)
    coordinator.get_by_role("button", name="Approve").click()
    expect(coordinator.get_by_role("alert")).to_contain_text("A welcome is on its way")
    until_it_shows(coordinator, coordinator.get_by_text("Member of"))
    assert mail_to(system, address, "elcome")


def test_a_change_by_somebody_else_is_told_and_overwrites_nothing(
    window: Window, signed_in: SignedIn, named: str
) -> None:
    applicant = window()
    applicant.goto("/join")
    name = f"Sal Twice {named} (synthetic)"
    applicant.get_by_label("Your name").fill(name)
    applicant.get_by_label("Phone").fill("01632 960999")
    applicant.get_by_label("I work in social care").check()
    applicant.get_by_label(WORKFORCE).check()
    applicant.get_by_role("button", name="Send").click()
    applicant.wait_for_url("**/join/thanks")

    first = signed_in("coordinator")
    first.goto("/people")
    until_it_shows(first, first.get_by_role("link", name=name)).click()
    second = first.context.new_page()
    second.goto(first.url)
    first.get_by_role("button", name="Approve").click()
    expect(first.get_by_role("alert")).to_be_visible()
    second.get_by_role("button", name="Approve").click()
    expect(second.get_by_role("heading", name="Somebody changed this while you looked")).to_be_visible()
    no_barriers(second)


def test_a_meeting_is_planned_a_member_replies_and_the_next_one_waits(
    signed_in: SignedIn, window: Window, system: System, named: str
) -> None:
    coordinator = signed_in("coordinator")
    coordinator.goto("/meetings")
    coordinator.get_by_role("button", name="Plan a meeting").click()
    no_barriers(coordinator)
    coordinator.get_by_role("button", name="Plan this meeting").click()
    expect(coordinator.get_by_role("alert")).to_contain_text("Enter a title")
    no_barriers(coordinator)
    title = f"What keeps people in care work {named}"
    coordinator.get_by_label("Which community?").select_option(label=WORKFORCE)
    coordinator.get_by_label("Title").fill(title)
    coordinator.get_by_label("What is it about?").fill("A synthetic meeting: a speaker, then time to talk.")
    coordinator.get_by_label("Name of the speaker").fill("Sam Rivers (synthetic)")
    coordinator.get_by_label("What the speaker will talk about").fill("Reasons to stay")
    fill_day(coordinator, "Day", date.today() + timedelta(days=7))
    coordinator.get_by_label("Starts at").fill("10am")
    coordinator.get_by_label("Ends at").fill("11:30am")
    coordinator.get_by_label("How many people can take part?").fill("1")
    coordinator.get_by_label("Online link").fill("https://meet.example.org/copse")
    coordinator.get_by_role("button", name="Plan this meeting").click()
    expect(coordinator.get_by_role("heading", name=title)).to_be_visible()
    expect(coordinator.get_by_text("1 of 1 places left")).to_be_visible()
    meeting = coordinator.url
    assert mail_to(system, "priya.nair@example.org", title)["calendar"]

    visitor = window()
    visitor.goto(meeting)
    expect(visitor.get_by_role("link", name="Sign in to reply")).to_be_visible()
    expect(visitor.get_by_text("meet.example.org")).to_have_count(0)
    no_barriers(visitor)

    member = signed_in("practitioner")
    member.goto(meeting)
    expect(member.get_by_role("link", name="https://meet.example.org/copse")).to_be_visible()
    no_barriers(member)
    member.get_by_label("I will join online").check()
    member.get_by_role("button", name="Send my reply").click()
    # At once: the page after the reply waits for it, without a reload.
    expect(member.get_by_role("heading", name="You are coming: online")).to_be_visible()
    expect(member.get_by_label("I will join online")).to_be_checked()
    no_barriers(member)

    waiting = signed_in("lewg-one")
    waiting.goto(meeting)
    waiting.get_by_label("I will join by phone").check()
    waiting.get_by_role("button", name="Send my reply").click()
    expect(waiting.get_by_role("heading", name="You are on the waiting list")).to_be_visible()
    no_barriers(waiting)
    waiting.goto("/me")
    card = waiting.get_by_role("listitem").filter(has=waiting.get_by_role("heading", name=title))
    expect(card).to_contain_text("Your reply: on the waiting list")
    no_barriers(waiting)

    member.get_by_label("I cannot come").check()
    member.get_by_role("button", name="Send my reply").click()
    expect(member.get_by_role("heading", name="You told us that you cannot come")).to_be_visible()
    waiting.goto(meeting)
    until_it_shows(waiting, waiting.get_by_role("heading", name="You are coming: by phone"))

    coordinator.goto(meeting)
    expect(coordinator.get_by_role("row", name="Marion Teal")).to_contain_text("By phone")
    no_barriers(coordinator)


def test_a_researcher_is_supported_and_the_reviewer_hears_what_changed(
    signed_in: SignedIn, system: System, named: str
) -> None:
    title = f"Night shifts and wellbeing {named}"
    researcher = signed_in("researcher")
    researcher.goto("/support/ask")
    no_barriers(researcher)
    researcher.get_by_label("Title of your idea").fill(title)
    researcher.get_by_label("Review a funding application").check()
    researcher.get_by_label("Your idea in plain English").fill("A synthetic idea: what do night shifts do to people?")
    researcher.get_by_label("Two", exact=True).check()
    researcher.get_by_role("group", name="How much work is it").get_by_role("radio").nth(1).check()
    fill_day(researcher, "When do you need the feedback?", date.today() + timedelta(days=3))
    researcher.get_by_role("button", name="Send my request").click()
    expect(researcher.get_by_role("alert")).to_contain_text("14 days")
    no_barriers(researcher)
    fill_day(researcher, "When do you need the feedback?", date.today() + timedelta(days=45))
    researcher.get_by_role("button", name="Send my request").click()
    expect(researcher.get_by_role("heading", name=title)).to_be_visible()
    no_barriers(researcher)
    request = researcher.url

    coordinator = signed_in("coordinator")
    coordinator.goto("/support")
    until_it_shows(coordinator, coordinator.get_by_role("link", name=title))
    no_barriers(coordinator)
    coordinator.goto(request)
    no_barriers(coordinator)
    coordinator.get_by_label("Yes, it fits a priority").check()
    coordinator.get_by_role("button", name="Store this decision").click()
    expect(coordinator.get_by_role("alert")).to_contain_text("Choose the priority that the idea fits")
    no_barriers(coordinator)
    coordinator.get_by_label("Your reason").fill("It asks about the wellbeing of care workers.")
    coordinator.get_by_label("Which priority does it fit?").select_option(label="Wellbeing")
    coordinator.get_by_role("button", name="Store this decision").click()
    for reviewer in ("Marion Teal", "Joseph Adeyemi"):
        coordinator.get_by_label(reviewer).check()
        fill_day(coordinator, "Answer by", date.today() + timedelta(days=10))
        coordinator.get_by_role("button", name="Send the offer").click()
        expect(coordinator.get_by_role("row", name=reviewer)).to_contain_text("Waiting for an answer")
    no_barriers(coordinator)

    declining = signed_in("lewg-two")
    declining.goto(request)
    declining.get_by_role("button", name="No, thank you").click()
    expect(declining.get_by_role("heading", name="You said no to this review")).to_be_visible()
    expect(declining.get_by_role("main")).not_to_contain_text("None")
    expect(declining.get_by_role("main")).to_contain_text("only its title is shown to you now")
    expect(declining.get_by_role("main")).not_to_contain_text("A synthetic idea")
    no_barriers(declining)

    reviewer_page = signed_in("lewg-one")
    reviewer_page.goto("/me")
    reviewer_page.get_by_role("link", name="Support", exact=True).click()
    until_it_shows(reviewer_page, reviewer_page.get_by_role("link", name=title)).click()
    offer = reviewer_page.get_by_role("main")
    words = offer.inner_text()
    assert words.index("£") < words.index("no conflict of interest") < words.index("\nThe idea\n"), "fee first"
    no_barriers(reviewer_page)
    reviewer_page.get_by_role("button", name="Yes, I will review it").click()
    expect(reviewer_page.get_by_role("alert")).to_contain_text("Tick the box")
    reviewer_page.get_by_label("I have no conflict of interest").check()
    reviewer_page.get_by_role("button", name="Yes, I will review it").click()
    expect(reviewer_page.get_by_role("heading", name="Your review")).to_be_visible()
    no_barriers(reviewer_page)
    reviewer_page.get_by_label("Write your review").fill("Ask people who work at night first. (synthetic)")
    reviewer_page.get_by_role("button", name="Send my review").click()
    expect(reviewer_page.get_by_text("Your review is with the coordinator")).to_be_visible()

    coordinator.goto(request)
    until_it_shows(coordinator, coordinator.get_by_role("button", name="Release the feedback"))
    # Two reviews were wanted and one is in: the coordinator may send it, or ask somebody else.
    expect(coordinator.get_by_text("one is in")).to_be_visible()
    expect(coordinator.get_by_role("heading", name="Or ask another member to review")).to_be_visible()
    no_barriers(coordinator)
    coordinator.get_by_role("button", name="Release the feedback").click()
    expect(coordinator.get_by_text("on its way to the researcher")).to_be_visible()

    researcher.goto(request)
    until_it_shows(researcher, researcher.get_by_text("Ask people who work at night first."))
    expect(researcher.get_by_text("Marion Teal")).to_have_count(0)
    no_barriers(researcher)
    answer = f"We added interviews at night {named}."
    researcher.get_by_label("What we changed").fill(answer)
    researcher.get_by_role("button", name="Send to the reviewers").click()
    expect(researcher.get_by_text("Closed", exact=True)).to_be_visible()
    no_barriers(researcher)
    assert mail_to(system, "marion.teal@example.org", answer)

    finance = signed_in("finance")
    finance.goto("/me")
    finance.get_by_role("link", name="Payments", exact=True).click()
    until_it_shows(finance, finance.get_by_role("row", name="Marion Teal"))
    no_barriers(finance)
