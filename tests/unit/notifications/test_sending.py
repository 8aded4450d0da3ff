"""From a queued delivery to its mail: what is sent, what is handed over, what waits and what has failed."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from services.notifications.contracts.meetings import MeetingPlanned
from services.notifications.contracts.membership import ApplicationRefused, MemberApproved, MemberErased, MemberPaused
from services.notifications.contracts.ppi import ResponseGiven, SupportRequested
from services.notifications.domain.delivery import (
    CancelDelivery,
    Channel,
    Delivery,
    DeliveryCancelled,
    DeliveryQueued,
    HandOver,
    Kind,
    RecordFailed,
    RecordSent,
)
from services.notifications.reactions import send_by_mail
from services.notifications.reactions.send_by_mail import send_mail
from services.notifications.settings import mail_settings
from shared.messages.clock import Clock
from shared.messages.decisions import Command
from shared.messages.events import MemberId
from shared.reactions.reaction import TryAgain
from tests.unit.notifications.post_office import PostOffice
from tests.unit.notifications.story import Story

ANN, MEETING, DELIVERY = MemberId(UUID(int=1)), UUID(int=20), UUID(int=77)
NOW = Clock().now()
WELCOME = DeliveryQueued(member=ANN, kind=Kind.WELCOME, channel=Channel.EMAIL)
INVITATION = DeliveryQueued(member=ANN, kind=Kind.MEETING_INVITATION, channel=Channel.EMAIL, meeting=MEETING)
Open = Callable[..., PostOffice]


def approved(email: str | None = "ann@example.org", phone: str | None = None) -> MemberApproved:
    return MemberApproved(name="Ann", email=email, phone=phone, stakeholder_group="other")


def planned(days: int) -> MeetingPlanned:
    start = NOW + timedelta(days=days)
    return MeetingPlanned(
        community=UUID(int=10), title="A talk", about="About it.", starts_at=start, ends_at=start + timedelta(hours=1)
    )


def send(story: Story, queued: DeliveryQueued, id: UUID = DELIVERY) -> Command[Delivery]:
    """What sending a queued letter comes to."""
    return send_mail.act(id, Delivery().evolve(queued), story.database)


@pytest.fixture
def office(open_office: Open, monkeypatch: pytest.MonkeyPatch) -> PostOffice:
    """A mail server that takes everything but mail to nobody@example.org, and the environment that names it."""
    office = open_office(refusing="nobody@example.org")
    monkeypatch.setenv("SMTP_URL", f"smtp://{office.address}")
    monkeypatch.setenv("MAIL_FROM", "copse@example.org")
    monkeypatch.setenv("PORTAL_URL", "https://copse.example.org")
    for remembered in (mail_settings, send_by_mail.mailer):
        remembered.cache_clear()
    return office


def test_a_letter_is_sent_and_what_it_said_is_recorded(story: Story, office: PostOffice) -> None:
    story.hears(approved(), id=ANN)
    outcome = send(story, WELCOME)
    assert isinstance(outcome, RecordSent)
    (arrived,) = office.arrived
    assert arrived["Message-ID"] == f"<{DELIVERY}@example.org>"
    assert arrived["Subject"] == outcome.subject == "Welcome to Copse"
    assert outcome.body.startswith("Dear Ann,")


def test_only_invitations_carry_a_calendar_part(story: Story, office: PostOffice) -> None:
    story.hears(approved(), id=ANN)
    story.hears(planned(days=3), id=MEETING)
    send(story, INVITATION)
    send(story, WELCOME, UUID(int=78))
    kinds = [[part.get_content_type() for part in mail.walk()] for mail in office.arrived]
    assert ["text/calendar" in kind for kind in kinds] == [True, False]


def test_who_took_a_break_after_the_invitation_was_queued_does_not_get_it(story: Story, office: PostOffice) -> None:
    story.hears(approved(), id=ANN)
    story.hears(planned(days=3), id=MEETING)
    story.hears(MemberPaused(), id=ANN)
    outcome = send(story, INVITATION)
    assert isinstance(outcome, RecordFailed)
    assert "takes a break" in outcome.reason
    assert office.arrived == []
    assert isinstance(send(story, WELCOME), RecordSent)


def test_a_declined_applicant_is_written_to(story: Story, office: PostOffice) -> None:
    story.hears(ApplicationRefused(reason="This is for Kent.", name="Ann", email="ann@example.org"), id=ANN)
    outcome = send(story, DeliveryQueued(member=ANN, kind=Kind.APPLICATION_DECLINED, channel=Channel.EMAIL))
    assert isinstance(outcome, RecordSent)
    assert "> This is for Kent." in outcome.body


def test_it_waits_for_a_member_who_is_not_known_yet(story: Story, office: PostOffice) -> None:
    with pytest.raises(TryAgain, match="not known here yet"):
        send(story, WELCOME)
    assert office.arrived == []


def test_it_waits_for_the_meeting_that_it_is_about(story: Story, office: PostOffice) -> None:
    story.hears(approved(), id=ANN)
    with pytest.raises(TryAgain, match="The meeting that this message is about has not arrived"):
        send(story, INVITATION)
    assert office.arrived == []


def test_who_turns_out_to_have_no_email_is_called(story: Story, office: PostOffice) -> None:
    story.hears(approved(email=None, phone="01632 960001"), id=ANN)
    assert send(story, WELCOME) == HandOver(channel=Channel.PHONE)
    assert office.arrived == []


def test_nobody_is_invited_by_mail_to_a_meeting_that_has_begun(story: Story, office: PostOffice) -> None:
    story.hears(approved(), id=ANN)
    story.hears(planned(days=-1), id=MEETING)
    outcome = send(story, INVITATION)
    assert outcome == RecordFailed(reason="The meeting had begun before this message could be sent.")
    assert office.arrived == []


@pytest.mark.parametrize("address", ["nobody@example.org", "not an address"])
def test_an_address_that_no_mail_reaches_fails_at_once_and_is_not_named(
    story: Story, office: PostOffice, address: str
) -> None:
    story.hears(approved(address), id=ANN)
    outcome = send(story, WELCOME)
    assert isinstance(outcome, RecordFailed)
    assert address not in outcome.reason


def test_it_waits_while_the_mail_server_is_away(story: Story, office: PostOffice) -> None:
    story.hears(approved(), id=ANN)
    office.close()
    with pytest.raises(TryAgain, match="does not answer"):
        send(story, WELCOME)


def test_a_mail_server_that_stays_away_for_days_is_given_up() -> None:
    reason = "The mail server 127.0.0.1:25 does not answer: ConnectionRefusedError."
    assert send_mail.give_up(DELIVERY, reason) == RecordFailed(reason=reason)


def test_nobody_writes_to_somebody_who_was_erased(story: Story, office: PostOffice) -> None:
    story.hears(approved(), id=ANN)
    story.hears(MemberErased(), id=ANN)
    assert send(story, WELCOME) == CancelDelivery()
    cancelled = Delivery().evolve(WELCOME).evolve(DeliveryCancelled())
    assert send_mail.act(DELIVERY, cancelled, story.database) == CancelDelivery()
    assert office.arrived == []


def test_a_letter_says_whom_it_quotes(story: Story, office: PostOffice) -> None:
    request, rowan = UUID(int=30), MemberId(UUID(int=3))
    story.hears(approved(), id=ANN)
    wish = SupportRequested(requester=rowan, title="Rotas", kind="small-discussion", needed_by=NOW.date())
    story.hears(wish, id=request)
    story.hears(ResponseGiven(requester=rowan, what_we_changed="We asked."), id=request)
    asked = DeliveryQueued(member=ANN, kind=Kind.WHAT_WE_CHANGED, channel=Channel.EMAIL, request=request)
    outcome = send(story, asked)
    assert isinstance(outcome, RecordSent)
    assert outcome.quoted == (rowan,)


def test_what_was_erased_is_not_quoted_in_a_letter_that_waits(story: Story, office: PostOffice) -> None:
    request, rowan = UUID(int=31), MemberId(UUID(int=3))
    story.hears(approved(), id=ANN)
    wish = SupportRequested(requester=rowan, title="Rotas", kind="small-discussion", needed_by=NOW.date())
    story.hears(wish, id=request)
    story.hears(MemberErased(), id=rowan)
    asked = DeliveryQueued(member=ANN, kind=Kind.WHAT_WE_CHANGED, channel=Channel.EMAIL, request=request)
    assert isinstance(send(story, asked), RecordFailed)
    assert office.arrived == []
