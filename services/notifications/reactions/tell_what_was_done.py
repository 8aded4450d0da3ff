"""When an assisted session is over, the member is told what was done for her: one letter, none if nothing was done."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from services.notifications.channels import channel_to, to_tell
from services.notifications.contracts.membership import AssistedSessionEnded
from services.notifications.domain.delivery import Delivery, Kind, QueueDelivery, Status, TellNothing
from services.notifications.projections.assisted_sessions import (
    MAY_BE_DONE,
    assisted_session,
    done_in,
    member_helped,
)
from services.notifications.projections.deliveries import delivery
from shared.database.pool import Database, Transaction
from shared.messages.events import Event, MemberId
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Effect, Perform, Reaction, Step

WAIT: Final = timedelta(seconds=15)
"""The session's end comes by another topic than what was done in it. What comes later still makes a second letter."""


def _tell(id: UUID, _: Delivery, database: Database) -> QueueDelivery | TellNothing:
    """The session's letter has the session's id, so that there is one."""
    with database.transaction() as db:
        session = assisted_session(db, id)
        if session is None or not done_in(db, id):
            return TellNothing()
        return QueueDelivery(
            member=MemberId(session.member_id),
            kind=Kind.DONE_FOR_YOU,
            channel=channel_to(db, MemberId(session.member_id)),
            session=id,
        )


def _give_up(id: UUID, reason: str) -> TellNothing:
    """Never: it asks nobody outside, so it does not fail for good."""
    return TellNothing()


confirm_help = Effect("confirm-help", Delivery, _tell, _give_up)

tell_what_was_done = Reaction("tell_what_was_done")


@tell_what_was_done.on(AssistedSessionEnded)
def _(event: AssistedSessionEnded, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [Perform(recorded.id, confirm_help, at=recorded.recorded_at + WAIT)]


def _late(event: Event, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    """What arrives when the letter has gone out. Until then the letter is written anew when it is read or sent."""
    session, member = recorded.metadata.session, member_helped(recorded)
    told = delivery(db, session) if session else None
    if member is None or told is None or told.status not in (Status.SENT, Status.DONE_BY_HAND):
        return []
    return [to_tell(db, MemberId(member), Kind.DONE_FOR_YOU, session=session, occasion=recorded.event_id)]


for each in MAY_BE_DONE:
    tell_what_was_done.on(each)(_late)
