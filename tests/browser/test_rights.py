"""Safety concerns, what somebody asks about her data, and the log of reads, walked in a browser."""

import json
from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.browser.looking import System, no_barriers, until_it_shows

Window = Callable[..., Page]
SignedIn = Callable[[str], Page]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def unfold(page: Page, text: str) -> None:
    page.locator("summary", has_text=text).click()


def test_a_worry_reaches_the_leads_and_nobody_else(window: Window, signed_in: SignedIn) -> None:
    secret = f"She has bruises ({uuid4().hex[:8]}, synthetic)"
    page = window()
    page.goto("/safety")
    expect(page.get_by_text("call 999").first).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_count(0)
    no_barriers(page)
    page = signed_in("lewg-one")
    page.goto("/safety")
    press(page, "Tell the safeguarding leads")
    expect(page.get_by_text("Tell us in a few words what worries you").first).to_be_visible()
    no_barriers(page)
    page.get_by_label("What worries you?").fill(secret)
    press(page, "Tell the safeguarding leads")
    expect(page.get_by_role("heading", name="Thank you for telling us")).to_be_visible()
    no_barriers(page)
    page.goto("/safety")
    expect(page.get_by_text("We received something from you on").first).to_be_visible()
    expect(page.get_by_text(secret)).to_have_count(0)
    for account in ("coordinator", "data-protection"):
        page = signed_in(account)
        answer = page.goto("/safety/concerns")
        assert answer is not None
        assert answer.status == 403
    page = signed_in("safeguarding")
    page.goto("/safety/concerns")
    no_barriers(page)
    page.get_by_role("row").last.get_by_role("link").click()
    expect(page.get_by_text(secret)).to_be_visible()
    press(page, "I take this up")
    unfold(page, "Refer it to somebody who must act")
    page.get_by_label("To whom?").fill("The council's safeguarding team")
    no_barriers(page)
    press(page, "Note the referral")
    unfold(page, "Close it")
    press(page, "Close it")
    expect(page.get_by_text("Write a few words").first).to_be_visible()
    no_barriers(page)
    page.get_by_label("What came of it?").fill("She is safe.")
    press(page, "Close it")
    expect(page.get_by_text("This concern is closed.")).to_be_visible()
    no_barriers(page)


def test_somebody_sees_all_that_is_held_of_her_and_asks_for_more(signed_in: SignedIn) -> None:
    page = signed_in("lewg-two")
    page.goto("/me")
    page.get_by_role("link", name="My data: what you hold about me").click()
    no_barriers(page)
    with page.expect_download() as file:
        page.get_by_role("link", name="Download it as a file").click()
    held = json.loads(file.value.path().read_text())
    assert held["complete"] is True
    assert [each["service"] for each in held["services"]] == ["membership", "meetings", "ppi", "notifications"]
    assert "joseph.adeyemi@example.org" in json.dumps(held)
    assert "Marion" not in json.dumps(held)
    page.get_by_role("link", name="Read it as a page, or print it").click()
    expect(page.get_by_text("joseph.adeyemi@example.org").first).to_be_visible()
    no_barriers(page)
    page.go_back()
    page.get_by_label("Have something put right").check()
    press(page, "Send")
    expect(page.get_by_text("Say what is wrong, and what is right").first).to_be_visible()
    no_barriers(page)
    page.get_by_label("Tell us more (optional)").fill("My name has one d more.")
    press(page, "Send")
    expect(page.get_by_text("You get our answer by")).to_be_visible()
    no_barriers(page)


def test_data_protection_answers_a_letter_within_the_clock(signed_in: SignedIn, system: System) -> None:
    page = signed_in("coordinator")
    page.goto("/people")
    page.get_by_role("link", name="Edith Marlow").click()
    page.get_by_role("link", name="Asks something about the data that we hold").click()
    no_barriers(page)
    page.get_by_label("By letter").check()
    for label, value in (("Day", "2"), ("Month", "2"), ("Year", "2026")):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("See what is held").check()
    press(page, "Store it")
    expect(page.get_by_text("Stored. Data protection answers within a month")).to_be_visible()
    page = signed_in("data-protection")
    page.goto("/data-protection")
    no_barriers(page)
    page.get_by_role("link", name="Edith Marlow: see what is held").first.click()
    expect(
        page.get_by_text("Answer by Monday 2 March 2026").or_(page.get_by_text("Answer by 2 March 2026"))
    ).to_be_visible()
    no_barriers(page)
    press(page, "Note it")
    page.get_by_role("link", name="Read it as a page, or print it").click()
    expect(page.get_by_text("01632 960141").first).to_be_visible()
    no_barriers(page)
    page.go_back()
    unfold(page, "Write down what you think of it")
    press(page, "Write it down")
    expect(page.get_by_text("Fill this in").first).to_be_visible()
    no_barriers(page)
    page.get_by_label("What do you think?").fill("She may have all of it.")
    press(page, "Write it down")
    unfold(page, "Say that it was done")
    page.get_by_label("What was done?").fill("Printed.")
    press(page, "Note that it was done")
    unfold(page, "Tell the person what came of it")
    page.get_by_label("Our answer, in plain words.").fill("Here is everything.")
    press(page, "Send the letter")
    expect(page.get_by_text("A letter with the answer is on its way.")).to_be_visible()
    no_barriers(page)
    page.goto("/data-protection/reads")
    expect(page.get_by_text("Everything that is held of a member").first).to_be_visible()
    no_barriers(page)
    assert system


def test_anybody_complains_and_is_answered(window: Window, signed_in: SignedIn) -> None:
    words = f"Nobody answered my letter {uuid4().hex[:8]} (synthetic)"
    page = window()
    page.goto("/complain")
    no_barriers(page)
    press(page, "Send")
    expect(page.get_by_text("Tell us what went wrong").first).to_be_visible()
    no_barriers(page)
    page.get_by_label("What went wrong?").fill(words)
    page.get_by_label("Name", exact=True).fill("Stan Stranger (synthetic)")
    page.get_by_label("Email", exact=True).fill("stan@example.org")
    press(page, "Send")
    expect(page.get_by_text("You hear from us within 30 days.")).to_be_visible()
    no_barriers(page)
    page = signed_in("data-protection")
    page.goto("/data-protection")
    page.get_by_role("link", name="Complaint of").last.click()
    expect(page.get_by_text(words)).to_be_visible()
    press(page, "Say that we have it")
    page.get_by_label("What did you find?").fill("It was lost.")
    press(page, "Write it down")
    no_barriers(page)
    page.get_by_label("Our answer, in plain words").fill("We are sorry.")
    press(page, "Send the letter")
    expect(page.get_by_text("A letter with the answer is on its way.")).to_be_visible()
    no_barriers(page)


def test_a_restriction_is_asked_for_granted_and_lifted(signed_in: SignedIn) -> None:
    page = signed_in("practitioner")
    page.goto("/me/data")
    page.get_by_label("Have you only keep my data, and not use them for now").check()
    press(page, "Send")
    expect(page.get_by_text("You get our answer by")).to_be_visible()
    mine = page.url
    leader = signed_in("data-protection")
    leader.goto("/data-protection")
    leader.get_by_role("link", name="Priya Nair: only keep the data").first.click()
    unfold(leader, "Write down what you think of it")
    leader.get_by_label("What do you think?").fill("She may ask this.")
    press(leader, "Write it down")
    unfold(leader, "Say that it was done")
    leader.get_by_label("What was done?").fill("Only kept.")
    press(leader, "Note that it was done")
    page.goto("/me")
    until_it_shows(page, page.get_by_text("Taking a break"))
    page.goto(mine)
    no_barriers(page)
    press(page, "Yes, use my data again")
    expect(page.get_by_text("The data may be used again.")).to_be_visible()
    page.goto("/me/membership")
    press(page, "I am back")
    expect(page.get_by_text("Welcome back.")).to_be_visible()
