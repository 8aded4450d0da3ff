"""When a member has a place at a meeting, or waits for one, she is told: also when her place came free later."""

from collections.abc import Iterable

from services.notifications.channels import to_tell
from services.notifications.contracts.meetings import PlaceTaken, WaitingListJoined
from services.notifications.domain.delivery import Kind
from services.notifications.projections.meetings import reply_of
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Reaction, Step

confirm_reply = Reaction("confirm_reply")


@confirm_reply.on(PlaceTaken)
def _(event: PlaceTaken, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    reply = reply_of(db, recorded.id, event.member)
    kind = Kind.PLACE_FREED if reply and reply.waited else Kind.REPLY_CONFIRMED
    return [to_tell(db, event.member, kind, meeting=recorded.id)]


@confirm_reply.on(WaitingListJoined)
def _(event: WaitingListJoined, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [to_tell(db, event.member, Kind.REPLY_CONFIRMED, meeting=recorded.id)]
