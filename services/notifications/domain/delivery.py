"""A delivery: one letter to one member, from the queue to her letter box, by mail or by hand."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Self
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.messages.decisions import Command, Context, Refused, State, replace
from shared.messages.events import Event, MemberId, Sealed, event


class Kind(StrEnum):
    """What a letter is for. Its words are in `letters/words/<kind>.txt.jinja`."""

    WELCOME = "welcome"
    APPLICATION_DECLINED = "application-declined"
    GOODBYE = "goodbye"
    MEETING_INVITATION = "meeting-invitation"
    REPLY_CONFIRMED = "reply-confirmed"
    PLACE_FREED = "place-freed"
    REVIEW_OFFER = "review-offer"
    REVIEWS_RELEASED = "reviews-released"
    WHAT_WE_CHANGED = "what-we-changed"
    CLAIM_ACCRUED = "claim-accrued"
    RIGHTS_RECEIVED = "rights-received"
    RIGHTS_QUESTION = "rights-question"
    RIGHTS_EXTENDED = "rights-extended"
    RIGHTS_OUTCOME = "rights-outcome"
    COMPLAINT_RECEIVED = "complaint-received"
    COMPLAINT_OUTCOME = "complaint-outcome"
    WELCOME_FROM_LIST = "welcome-from-list"
    JOINING_ASKED = "joining-asked"
    EMAIL_CHECK = "email-check"
    ARRANGEMENTS = "arrangements"
    ACCESS_NEEDS_CHECK = "access-needs-check"
    DONE_FOR_YOU = "done-for-you"


FOR_THOSE_WHO_TAKE_PART = frozenset(
    {Kind.MEETING_INVITATION, Kind.REVIEW_OFFER, Kind.JOINING_ASKED, Kind.ARRANGEMENTS, Kind.ACCESS_NEEDS_CHECK}
)
"""Not sent to somebody who takes a break or has left. What she is owed, such as a fee, she hears of all the same."""


class Channel(StrEnum):
    """How a letter reaches a member. All but email are work by hand; everybody's letter says the same."""

    EMAIL = "email"
    TEXT = "text"
    PHONE = "phone"
    POST = "post"


class Status(StrEnum):
    UNKNOWN = "unknown"
    QUEUED = "queued"
    BY_HAND = "by-hand"
    SENT = "sent"
    FAILED = "failed"
    DONE_BY_HAND = "done-by-hand"
    CANCELLED = "cancelled"


@event("delivery-queued")
class DeliveryQueued:
    """A letter waits. At most one of `meeting`, `request`, `claim`, `community` and `session` says what it is about.

    `request` is a support request, or the rights request or complaint where the kind says so. A letter with a code
    goes to the `contact` that the code is to confirm; the code follows from the id of the `check`.
    """

    member: MemberId
    kind: Kind
    channel: Channel
    meeting: UUID | None = None
    request: UUID | None = None
    claim: UUID | None = None
    community: UUID | None = None
    contact: UUID | None = None
    check: UUID | None = None
    session: UUID | None = None


@event("delivery-handed-over")
class DeliveryHandedOver:
    """No mail can go to this member: somebody calls or posts instead."""

    channel: Channel


@event("delivery-sent")
class DeliverySent:
    """The mail server took the letter. What was said is kept, for the member alone to read.

    `quoted` are others whose words or names are in it: it goes when one of them is erased (empty before 0.3).
    """

    member: MemberId
    subject: Annotated[str, Sealed(of="member", also="quoted")]
    body: Annotated[str, Sealed(of="member", also="quoted")]
    quoted: tuple[MemberId, ...] = ()


@event("delivery-failed")
class DeliveryFailed:
    """It will not be tried again. `reason` names no address; `contact` is there when the address is at fault."""

    member: MemberId
    reason: str
    contact: UUID | None = None


@event("delivery-done-by-hand")
class DeliveryDoneByHand:
    """Somebody posted the letter or made the call."""

    member: MemberId
    note: Annotated[str | None, Sealed(of="member")] = None


@event("delivery-cancelled")
class DeliveryCancelled:
    """She was erased before it was sent, or before somebody called or posted."""


@event("format-made")
class FormatMade:
    """Somebody made the letter in the form that this member can read, and gave it to her: Easy Read, audio, BSL."""

    member: MemberId
    note: Annotated[str | None, Sealed(of="member")] = None


class Delivery(State, category="delivery"):
    status: Status = Status.UNKNOWN
    queued: DeliveryQueued | None = None
    format_made: bool = False

    def evolve(self, event: Event) -> Self:
        match event:
            case DeliveryQueued():
                status = Status.QUEUED if event.channel is Channel.EMAIL else Status.BY_HAND
                return replace(self, status=status, queued=event)
            case DeliveryHandedOver():
                return replace(self, status=Status.BY_HAND)
            case DeliverySent():
                return replace(self, status=Status.SENT)
            case DeliveryFailed():
                return replace(self, status=Status.FAILED)
            case DeliveryDoneByHand():
                return replace(self, status=Status.DONE_BY_HAND)
            case DeliveryCancelled():
                return replace(self, status=Status.CANCELLED)
            case FormatMade():
                return replace(self, format_made=True)
        return self

    @property
    def asked(self) -> DeliveryQueued:
        """What was asked for. Raises ValueError for a delivery that never was."""
        if self.queued is None:
            raise ValueError("this delivery was never queued")
        return self.queued

    @property
    def member(self) -> MemberId:
        return self.asked.member


class QueueDelivery(Command[Delivery]):
    """Write to a member. Its id is `delivery_id` of the same particulars, so the second one for a thing is refused."""

    creates = True

    member: MemberId
    kind: Kind
    channel: Channel
    meeting: UUID | None = None
    request: UUID | None = None
    claim: UUID | None = None
    community: UUID | None = None
    contact: UUID | None = None
    check: UUID | None = None
    session: UUID | None = None

    def decide(self, delivery: Delivery, context: Context) -> Iterator[Event]:
        yield DeliveryQueued(
            member=self.member,
            kind=self.kind,
            channel=self.channel,
            meeting=self.meeting,
            request=self.request,
            claim=self.claim,
            community=self.community,
            contact=self.contact,
            check=self.check,
            session=self.session,
        )


class TellNothing(Command[Delivery]):
    """What might have been worth a letter was not: nobody is written to."""

    creates = True

    def decide(self, delivery: Delivery, context: Context) -> Iterator[Event]:
        yield from ()


class HandOver(Command[Delivery]):
    """Leave a letter to somebody who calls or posts, because the member has no email, or prefers another way."""

    channel: Channel

    def decide(self, delivery: Delivery, context: Context) -> Iterator[Event]:
        if self.channel is Channel.EMAIL:
            raise Refused("not-by-hand", "A mail cannot be sent by hand. Choose text, phone or post.")
        if delivery.status is Status.QUEUED:
            yield DeliveryHandedOver(channel=self.channel)


class RecordSent(Command[Delivery]):
    """Note that the mail server took the letter. A repetition after a crash changes nothing."""

    subject: str
    body: str
    quoted: tuple[MemberId, ...] = ()

    def decide(self, delivery: Delivery, context: Context) -> Iterator[Event]:
        if delivery.status is Status.QUEUED:
            yield DeliverySent(member=delivery.member, subject=self.subject, body=self.body, quoted=self.quoted)


class RecordFailed(Command[Delivery]):
    """Note that the letter cannot be sent. A coordinator may still call or post, and mark it done by hand."""

    reason: str
    contact: UUID | None = None

    def decide(self, delivery: Delivery, context: Context) -> Iterator[Event]:
        if delivery.status is Status.QUEUED:
            yield DeliveryFailed(member=delivery.member, reason=self.reason, contact=self.contact)


class MarkDoneByHand(Command[Delivery]):
    """Say that the letter was posted or the call made: for letters by hand, and for mails that failed."""

    note: str | None = None

    def decide(self, delivery: Delivery, context: Context) -> Iterator[Event]:
        match delivery.status:
            case Status.BY_HAND | Status.FAILED:
                yield DeliveryDoneByHand(member=delivery.member, note=self.note)
            case Status.QUEUED:
                raise Refused(
                    "still-queued", "This message goes by email by itself. Wait until it is sent or has failed."
                )
            case Status.CANCELLED:
                raise Refused("cancelled", "This message was cancelled: the person was erased.")
            case Status.SENT:
                raise Refused("sent-already", "This message was sent by email. There is nothing left to do.")


class CancelDelivery(Command[Delivery]):
    """Do not write any more to somebody who was erased."""

    def decide(self, delivery: Delivery, context: Context) -> Iterator[Event]:
        if delivery.status in (Status.QUEUED, Status.BY_HAND, Status.FAILED):
            yield DeliveryCancelled()


class MarkFormatMade(Command[Delivery]):
    """Say that the letter was made in the form that this member can read, and given to her. Twice is as once."""

    note: str | None = None

    def decide(self, delivery: Delivery, context: Context) -> Iterator[Event]:
        if not delivery.format_made:
            yield FormatMade(member=delivery.member, note=self.note)


_DELIVERIES = uuid5(NAMESPACE_URL, "urn:copse:deliveries")


def delivery_id(
    member: MemberId,
    kind: Kind,
    *,
    meeting: UUID | None = None,
    request: UUID | None = None,
    claim: UUID | None = None,
    community: UUID | None = None,
    session: UUID | None = None,
    occasion: UUID | None = None,
) -> UUID:
    """The id of the letter of this kind about this thing to this member: nobody is written to twice for one thing.

    `occasion` is the id of the event, where each one deserves a letter: a second offer, a changed reply.
    """
    about = meeting or request or claim or community or session
    return uuid5(_DELIVERIES, f"{kind}/{about}/{member}/{occasion}")
