"""How a member is reached: as she prefers, else email first, then phone, then post."""

from uuid import UUID

from services.notifications.domain.delivery import Channel, Kind, QueueDelivery, delivery_id
from services.notifications.projections.reach import reach_of
from shared.database.pool import Transaction
from shared.identity.people import person
from shared.messages.events import MemberId
from shared.reactions.reaction import Do


def channel_to(db: Transaction, member: MemberId) -> Channel:
    """The way by which a letter goes to somebody now.

    Email for somebody who is not known here yet, because membership's events may come after those of meetings or
    ppi: sending then waits until she is known, and hands the letter over if she is reached in another way.
    The same for somebody who was erased: sending cancels the letter, and nobody is asked to call or post.
    """
    addressee = person(db, member)
    if addressee is None or addressee.standing == "erased":
        return Channel.EMAIL
    return reach_of(db, member).way()[0]


def to_tell(
    db: Transaction,
    member: MemberId,
    kind: Kind,
    *,
    meeting: UUID | None = None,
    request: UUID | None = None,
    claim: UUID | None = None,
    community: UUID | None = None,
    session: UUID | None = None,
    occasion: UUID | None = None,
) -> Do:
    """The step that queues a letter to a member. Asking for the same letter again changes nothing (`delivery_id`)."""
    return Do(
        delivery_id(
            member,
            kind,
            meeting=meeting,
            request=request,
            claim=claim,
            community=community,
            session=session,
            occasion=occasion,
        ),
        QueueDelivery(
            member=member,
            kind=kind,
            channel=channel_to(db, member),
            meeting=meeting,
            request=request,
            claim=claim,
            community=community,
            session=session,
        ),
    )
