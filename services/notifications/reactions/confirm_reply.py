"""When a member has a place at a meeting, or waits for one, she is told: also when her place came free later."""

from collections.abc import Iterable

from services.notifications.channels import channel_to, to_tell
from services.notifications.contracts.meetings import PlaceTaken, WaitingListJoined, WayChanged
from services.notifications.domain.delivery import Channel, Kind
from services.notifications.projections.meetings import reply_of
from shared.database.pool import Transaction
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Reaction, Step

confirm_reply = Reaction("confirm_reply")


@confirm_reply.on(PlaceTaken)
def _(event: PlaceTaken, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    reply = reply_of(db, recorded.id, event.member)
    if reply and reply.waited:
        return [to_tell(db, event.member, Kind.PLACE_FREED, meeting=recorded.id, occasion=recorded.event_id)]
    return _confirmation(db, event.member, recorded)


@confirm_reply.on(WaitingListJoined)
def _(event: WaitingListJoined, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _confirmation(db, event.member, recorded)


@confirm_reply.on(WayChanged)
def _(event: WayChanged, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _confirmation(db, event.member, recorded)


def _confirmation(db: Transaction, member: MemberId, recorded: Recorded) -> list[Step]:
    """By mail alone: who replied on the phone or by post heard the answer then, and need not be called for it.

    For whom a coordinator replied, the letter after the session says this with all else that was done.
    """
    if recorded.metadata.session or channel_to(db, member) is not Channel.EMAIL:
        return []
    return [to_tell(db, member, Kind.REPLY_CONFIRMED, meeting=recorded.id, occasion=recorded.event_id)]
