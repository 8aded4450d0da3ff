"""The words of every letter: complete, plain, and the same in text and HTML."""

from dataclasses import replace

import pytest
from jinja2 import UndefinedError

from services.notifications.domain.delivery import Channel, Kind
from services.notifications.letters.facts import NEEDED
from services.notifications.letters.letter import Letter, write
from services.notifications.letters.wording import clock, pounds, when
from services.notifications.projections.meetings import ReplyRow
from tests.unit.notifications.facts import DECEMBER, FACTS, JULY, REQUEST

EVERY_LETTER = [(kind, channel) for kind in Kind for channel in Channel]
OPTIONAL = ("community", "meeting", "reply", "request", "offer", "fee", "help", "rights", "reason", "code", "arranged")


@pytest.mark.parametrize(("kind", "channel"), EVERY_LETTER)
def test_every_letter_greets_by_name_and_leaves_no_gap(kind: Kind, channel: Channel) -> None:
    letter = write(kind, replace(FACTS, channel=channel))
    greeting = "Hello" if kind is Kind.EMAIL_CHECK else "Dear Siân O'Example"  # it may go to a stranger
    assert letter.text.startswith(f"{greeting},\n\n")
    for trace in ("{{", "{%", "None", "\n\n\n", "[]", "uuid", " ,", " \n"):
        assert trace not in letter.subject + letter.text, trace
    assert "\n" not in letter.subject
    assert letter.subject == letter.subject.strip() != ""


@pytest.mark.parametrize(("kind", "channel"), EVERY_LETTER)
def test_every_letter_can_be_written_from_the_facts_that_are_waited_for(kind: Kind, channel: Channel) -> None:
    missing = {name: None for name in OPTIONAL if name not in NEEDED[kind]}
    assert write(kind, replace(FACTS, channel=channel, **missing)).text  # type: ignore[arg-type]  # names of Facts


def test_a_fact_that_is_missing_is_an_error_and_never_a_gap() -> None:
    with pytest.raises(UndefinedError):
        write(Kind.MEETING_INVITATION, replace(FACTS, meeting=None))


@pytest.mark.parametrize("kind", Kind)
def test_no_letter_uses_words_that_only_insiders_know(kind: Kind) -> None:
    text = write(kind, FACTS).text
    for word in ("PPI", "LEWG", "CoP ", "RSVP", "honorarium", "stakeholder", "waitlist", "portal "):
        assert word not in text, word


@pytest.mark.parametrize("kind", Kind)
def test_sentences_are_short(kind: Kind) -> None:
    for line in write(kind, FACTS).text.splitlines():
        for sentence in line.replace("?", ".").split(". "):
            assert len(sentence.split()) <= 25, sentence


@pytest.mark.parametrize("kind", Kind)
def test_who_has_no_internet_is_not_sent_to_it(kind: Kind) -> None:
    text = write(kind, replace(FACTS, channel=Channel.POST)).text
    assert "http" not in text
    assert "machine" not in text


def test_the_welcome_links_to_the_quick_guide() -> None:
    letter = write(Kind.WELCOME, FACTS)
    assert "Read the quick guide for new members:\nhttps://copse.example.org/quick-guide\n" in letter.text
    assert '<a href="https://copse.example.org/quick-guide">Read the quick guide for new members</a>' in letter.html


def test_the_letter_of_a_declined_application_gives_the_reason_as_it_was_written() -> None:
    text = write(Kind.APPLICATION_DECLINED, FACTS).text
    assert "> We can only welcome people who live or work in Kent." in text
    assert "ask again" in text


def test_an_invitation_says_when_where_who_and_how_to_answer() -> None:
    letter = write(Kind.MEETING_INVITATION, FACTS)
    assert letter.subject == "Invitation: Keeping people in care work, Tuesday 6 July 2027"
    for part in (
        "You are invited to a meeting of Workforce.",
        "When: Tuesday 6 July 2027, 10am to 11:30am (UK time)",
        "Where: Village hall, Example Lane",
        "By phone: 01632 960123",
        "Join online:\nhttps://meet.example.org/july",
        "Who will speak:\n\n- Zoë Invented, on: Why people stay\n\nYou can come",
        "https://copse.example.org/meetings/00000000-0000-0000-0000-00000000000a",
    ):
        assert part in letter.text, part


def test_a_confirmation_says_what_holds_by_the_time_it_is_sent() -> None:
    def confirmed(standing: str) -> Letter:
        return write(Kind.REPLY_CONFIRMED, replace(FACTS, reply=ReplyRow("by-phone", standing, waited=False)))

    assert "You told us that you will join by phone." in confirmed("place").text
    assert "you are on the waiting list" in confirmed("waiting").text
    assert "you cannot come" in confirmed("cannot-come").text


def test_an_offer_says_the_fee_first_and_that_no_is_fine() -> None:
    text = write(Kind.REVIEW_OFFER, FACTS).text
    assert "Your fee: £27.50" in text
    assert "Please answer by: Tuesday 20 July 2027" in text
    assert "You are free to say no, and you need not tell us why." in text


def test_the_researchers_own_words_are_quoted_and_cannot_become_markup() -> None:
    letter = write(Kind.WHAT_WE_CHANGED, FACTS)
    assert "> We asked fewer questions.\n>\n> And <b>shorter</b> ones." in letter.text
    assert "And &lt;b&gt;shorter&lt;/b&gt; ones." in letter.html
    assert "<blockquote" in letter.html


def test_a_quotation_cannot_pass_for_our_words_or_our_link() -> None:
    sly = replace(REQUEST, what_we_changed="Nothing.\n\nPay here:\nhttps://bad.example.org")
    letter = write(Kind.WHAT_WE_CHANGED, replace(FACTS, request=sly))
    assert 'href="https://bad.example.org"' not in letter.html


def test_a_subject_stays_one_line_whatever_the_title() -> None:
    odd = replace(REQUEST, title="One\r\nBcc: everybody@example.org")
    letter = write(Kind.REVIEW_OFFER, replace(FACTS, request=odd))
    assert letter.subject == "Would you like to help with this? One Bcc: everybody@example.org"


def test_times_are_uk_times_in_summer_and_in_winter() -> None:
    assert when(JULY) == "Tuesday 6 July 2027, 10am to 11:30am (UK time)"
    assert when(DECEMBER) == "Tuesday 7 December 2027, 10am to 11:30am (UK time)"
    assert clock(DECEMBER.starts_at.replace(hour=12)) == "12 noon"
    assert clock(DECEMBER.starts_at.replace(hour=0, minute=5)) == "12:05am"


def test_money_is_said_as_on_a_price_tag() -> None:
    assert [pounds(pence) for pence in (2750, 49500, 1380, 123456, 5)] == [
        "£27.50",
        "£495",
        "£13.80",
        "£1,234.56",
        "£0.05",
    ]


def test_the_code_is_easy_to_find_and_says_how_long_it_counts() -> None:
    text = write(Kind.EMAIL_CHECK, FACTS).text
    assert "\n\n1234 5678\n\n" in text
    assert "within 24 hours" in text
    assert "https://copse.example.org/me/contacts" in text
    assert FACTS.name not in text


def test_facilitators_are_not_told_a_name_by_mail() -> None:
    letter = write(Kind.JOINING_ASKED, FACTS)
    assert letter.subject == "Somebody would like to join Workforce"
    assert "https://copse.example.org/communities/00000000-0000-0000-0000-000000000014/people" in letter.text


def test_who_came_with_a_list_is_not_told_that_she_asked() -> None:
    text = write(Kind.WELCOME_FROM_LIST, FACTS).text
    assert "You asked" not in text
    assert "If you would rather not be a member, tell us." in text


def test_a_letter_says_that_a_person_makes_it_in_the_form_that_was_asked_for() -> None:
    facts = replace(FACTS, to_make=("easy-read", "bsl", "language:Polish"))
    said = "You asked for Easy Read, British Sign Language and Polish."
    assert said in write(Kind.WELCOME, facts).text
    assert "You asked for" not in write(Kind.GOODBYE, FACTS).text


def test_large_print_is_18_point_and_says_the_same() -> None:
    usual, large = write(Kind.WELCOME, FACTS), write(Kind.WELCOME, replace(FACTS, large_print=True))
    assert usual.text == large.text
    assert "font:24px" in large.html
    assert usual.html == large.html.replace("font:24px", "font:18px")
