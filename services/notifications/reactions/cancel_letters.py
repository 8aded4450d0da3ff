"""When somebody is erased, what was still to be sent, posted or said to her is cancelled."""

from collections.abc import Iterable
from uuid import UUID

from services.notifications.contracts.membership import MemberErased
from services.notifications.domain.delivery import CancelDelivery, Status
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Do, Reaction, Step

cancel_letters = Reaction("cancel_letters")


@cancel_letters.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    """One that is queued later finds nobody to send it to."""
    waiting = db.all(
        UUID,
        "select id from deliveries where member_id = %s and status = any(%s) order by id",
        recorded.id,
        [Status.QUEUED, Status.BY_HAND, Status.FAILED],
    )
    return [Do(each, CancelDelivery()) for each in waiting]
