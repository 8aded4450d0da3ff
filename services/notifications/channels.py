"""How a member is reached: email first, then phone, then post."""

from uuid import UUID

from services.notifications.domain.delivery import Channel, Kind, QueueDelivery, delivery_id
from shared.database.pool import Transaction
from shared.identity.people import Person, person
from shared.messages.events import MemberId
from shared.reactions.reaction import Do


def channel_to(addressee: Person | None) -> Channel:
    """The first way in which somebody can be reached.

    Email for somebody who is not known here yet, because membership's events may come after those of meetings or
    ppi: sending then waits until she is known, and hands the letter over if she turns out to have no email.
    The same for somebody who was erased: sending cancels the letter, and nobody is asked to call or post.
    """
    if addressee is None or addressee.email or addressee.standing == "erased":
        return Channel.EMAIL
    return Channel.PHONE if addressee.phone else Channel.POST


def to_tell(
    db: Transaction,
    member: MemberId,
    kind: Kind,
    *,
    meeting: UUID | None = None,
    request: UUID | None = None,
    claim: UUID | None = None,
    occasion: UUID | None = None,
) -> Do:
    """The step that queues a letter to a member. Asking for the same letter again changes nothing (`delivery_id`)."""
    return Do(
        delivery_id(member, kind, meeting=meeting, request=request, claim=claim, occasion=occasion),
        QueueDelivery(
            member=member,
            kind=kind,
            channel=channel_to(person(db, member)),
            meeting=meeting,
            request=request,
            claim=claim,
        ),
    )
