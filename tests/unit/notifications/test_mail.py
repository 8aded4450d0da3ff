"""Mails as programs read them, and what a real mail server's answers lead to."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from uuid import UUID

import pytest
from icalendar import Calendar

from deploy.embedded.ports import free_port
from services.notifications.domain.delivery import Kind
from services.notifications.letters.invitation import calendar_part
from services.notifications.letters.letter import write
from services.notifications.mail import Mailer, NoAddress, RefusedForGood, ServerAway, mail
from services.notifications.settings import MailServer
from tests.unit.notifications.facts import FACTS, JULY
from tests.unit.notifications.post_office import PostOffice

Open = Callable[..., PostOffice]

DELIVERY = UUID(int=77)
NOW = datetime(2027, 6, 1, 12, 0, tzinfo=UTC)
SENDER = Address("Copse", addr_spec="copse@example.org")


def invitation_mail() -> EmailMessage:
    return mail(
        DELIVERY,
        write(Kind.MEETING_INVITATION, FACTS),
        sender=SENDER,
        name=FACTS.name,
        email="sian@example.org",
        now=NOW,
        invitation=calendar_part(
            JULY, organiser=SENDER, name=FACTS.name, email="sian@example.org", page="https://x.example.org", stamp=NOW
        ),
    )


def read(text: str | bytes) -> Calendar:
    calendar = Calendar.from_ical(text)
    assert isinstance(calendar, Calendar)
    return calendar


def mailer_to(office: PostOffice) -> Mailer:
    return Mailer(MailServer("smtp", "127.0.0.1", office.port, None, None))


def test_a_mail_arrives_with_its_names_and_its_words_whole(open_office: Open) -> None:
    office = open_office()
    mailer_to(office).send(invitation_mail(), "sian@example.org")
    (arrived,) = office.arrived
    assert arrived["To"].addresses[0].display_name == "Siân O'Example"
    assert arrived["Subject"] == "Invitation: Keeping people in care work, Tuesday 6 July 2027"
    text = arrived.get_body(("plain",))
    assert text is not None
    assert "Zoë Invented" in text.get_content()
    html = arrived.get_body(("html",))
    assert html is not None
    assert "Zoë Invented" in html.get_content()


def test_an_invitation_can_be_read_by_calendars_in_both_places(open_office: Open) -> None:
    office = open_office()
    mailer_to(office).send(invitation_mail(), "sian@example.org")
    (arrived,) = office.arrived
    assert arrived.get_content_type() == "multipart/mixed"
    alternatives, attached = arrived.iter_parts()
    assert [each.get_content_type() for each in alternatives.iter_parts()] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    calendar = list(alternatives.iter_parts())[-1]
    assert calendar.get_param("method") == "REQUEST"
    (event,) = read(calendar.get_content()).events
    assert event.start == JULY.starts_at
    assert attached.get_content_type() == "application/ics"
    assert attached.get_filename() == "invite.ics"
    assert read(attached.get_content()).events[0].uid == str(JULY.meeting_id)


def test_a_mail_that_goes_out_twice_is_seen_as_one() -> None:
    assert invitation_mail()["Message-ID"] == invitation_mail()["Message-ID"] == f"<{DELIVERY}@example.org>"


def test_a_mail_says_that_no_person_sent_it() -> None:
    message = invitation_mail()
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "Copse <copse.example.org>"


@pytest.mark.parametrize("answers", [("550 No such user sian@example.org", "250 OK"), ("250 OK", "554 Not wanted")])
def test_what_is_refused_for_good_is_told_without_the_address(open_office: Open, answers: tuple[str, str]) -> None:
    with pytest.raises(RefusedForGood, match=r"for good \(code 55\d\)") as refused:
        mailer_to(open_office(rcpt=answers[0], data=answers[1])).send(invitation_mail(), "sian@example.org")
    assert "@" not in str(refused.value)


@pytest.mark.parametrize("answers", [("450 Busy", "250 OK"), ("250 OK", "452 Disk full")])
def test_what_is_refused_for_now_is_tried_again(open_office: Open, answers: tuple[str, str]) -> None:
    with pytest.raises(ServerAway, match="for now"):
        mailer_to(open_office(rcpt=answers[0], data=answers[1])).send(invitation_mail(), "sian@example.org")


def test_a_server_that_is_not_there_is_named_with_its_address() -> None:
    port = free_port()
    mailer = Mailer(MailServer("smtp", "127.0.0.1", port, None, None))
    with pytest.raises(ServerAway, match=f"127.0.0.1:{port} does not answer"):
        mailer.send(invitation_mail(), "sian@example.org")


def test_mails_do_not_each_wait_for_a_server_that_just_failed() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused at once
        mailer = Mailer(MailServer("smtp", "127.0.0.1", taken.getsockname()[1], None, None))
        with pytest.raises(ServerAway, match="does not answer"):
            mailer.send(invitation_mail(), "sian@example.org")
        with pytest.raises(ServerAway, match="a moment ago"):
            mailer.send(invitation_mail(), "sian@example.org")


@pytest.mark.parametrize("address", ["", "ann", "a b@", "ann@", "@example.org", "ann@example.org, ben@example.org"])
def test_an_address_that_is_none_is_found_before_sending(address: str) -> None:
    with pytest.raises(NoAddress):
        mail(DELIVERY, write(Kind.WELCOME, FACTS), sender=SENDER, name="A", email=address, now=NOW, invitation=None)
