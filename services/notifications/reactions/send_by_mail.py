"""When a letter is queued to go by email, it is written and sent. Letters by phone and post wait for a coordinator."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from uuid import UUID

from services.notifications.domain.delivery import (
    FOR_THOSE_WHO_TAKE_PART,
    CancelDelivery,
    Channel,
    Delivery,
    DeliveryQueued,
    HandOver,
    Kind,
    RecordFailed,
    RecordSent,
    Status,
)
from services.notifications.keys import code_for
from services.notifications.letters.facts import NotKnownYet, facts_for
from services.notifications.letters.invitation import calendar_part
from services.notifications.letters.letter import Facts, write
from services.notifications.mail import AddressRefused, Mailer, NoAddress, RefusedForGood, ServerAway, mail
from services.notifications.projections.reach import reach_of
from services.notifications.settings import mail_settings
from shared.database.pool import Database, Transaction
from shared.identity.people import ACTIVE, person
from shared.messages.clock import Clock
from shared.messages.events import ERASED, MemberId
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Effect, Perform, Reaction, Step, TryAgain

Outcome = RecordSent | RecordFailed | HandOver | CancelDelivery

_ATTEMPTS = 60  # with pauses up to an hour: two days, and a weekend's failure of a mail server loses no mail


def _send(id: UUID, delivery: Delivery, database: Database) -> Outcome:
    """Writes the letter from what is known now, and sends it. Raises TryAgain."""
    if delivery.status is Status.CANCELLED:
        return CancelDelivery()
    settings, now, asked = mail_settings(), Clock.from_environment().now(), delivery.asked
    with database.transaction() as db:
        addressee = person(db, asked.member)
        if addressee is None:
            raise TryAgain("The member whom this message is for is not known here yet.")
        if asked.kind in FOR_THOSE_WHO_TAKE_PART and addressee.standing != ACTIVE:
            return RecordFailed(reason="This member takes a break or has left, so she is not invited.")
        if addressee.standing == "erased":
            return CancelDelivery()
        reached = reach_of(db, asked.member)
        channel, address = reached.way()
        if asked.kind is Kind.EMAIL_CHECK:
            channel, address = Channel.EMAIL, reached.address(asked.contact)
            if address is None:
                return RecordFailed(reason="This email address was taken out before the code could be sent.")
        if channel is not Channel.EMAIL or address is None:
            return HandOver(channel=channel)
        try:
            facts = facts_for(db, asked, addressee, settings)
        except NotKnownYet as error:
            raise TryAgain(str(error)) from None
    if facts.request and facts.request.title == ERASED:
        return RecordFailed(reason="What this message was about was erased.")
    letter, invitation = write(asked.kind, facts), None
    mailed = write(asked.kind, replace(facts, code=code_for(asked.check))) if asked.check else letter
    if facts.meeting and facts.meeting.starts_at <= now:
        return RecordFailed(reason="The meeting had begun before this message could be sent.")
    if facts.meeting and asked.kind is Kind.MEETING_INVITATION:
        invitation = calendar_part(
            facts.meeting,
            organiser=settings.sender,
            name=addressee.name,
            email=address.value,
            page=f"{settings.portal_url}/meetings/{facts.meeting.meeting_id}",
            stamp=now,
        )
    try:
        message = mail(
            id,
            mailed,
            sender=settings.sender,
            name="" if asked.kind is Kind.EMAIL_CHECK else addressee.name,  # it may be a stranger's
            email=address.value,
            now=now,
            invitation=invitation,
        )
    except NoAddress:
        reason = "The email address of this member is not one that mail can be sent to."
        return RecordFailed(reason=reason, contact=address.contact_id)
    try:
        mailer().send(message, address.value)
    except ServerAway as error:
        raise TryAgain(str(error)) from None
    except AddressRefused as error:
        return RecordFailed(reason=str(error), contact=address.contact_id)
    except RefusedForGood as error:
        return RecordFailed(reason=str(error))
    return RecordSent(subject=letter.subject, body=letter.text, quoted=_quoted(facts, asked.member))


def _quoted(facts: Facts, addressee: MemberId) -> tuple[MemberId, ...]:
    """Everybody else whose words or name the letter holds: the letter goes with any of them."""
    asking = [facts.request.requester_id] if facts.request else []
    speaking = [each.id for each in facts.meeting.speakers_read()] if facts.meeting else []
    return tuple(MemberId(each) for each in dict.fromkeys([*asking, *speaking]) if each != addressee)


@cache
def mailer() -> Mailer:
    """The mailer of this process: it remembers for a moment that the server is away."""
    return Mailer(mail_settings().server)


def _give_up(id: UUID, reason: str) -> RecordFailed:
    return RecordFailed(reason=reason)


send_mail = Effect("send-mail", Delivery, _send, _give_up, attempts=_ATTEMPTS)

send_by_mail = Reaction("send_by_mail")


@send_by_mail.on(DeliveryQueued)
def _(event: DeliveryQueued, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [Perform(recorded.id, send_mail)] if event.channel is Channel.EMAIL else []
