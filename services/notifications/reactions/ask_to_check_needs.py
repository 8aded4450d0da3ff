"""When nobody has looked for a year at what a member needs, she is asked whether it is still right."""

from collections.abc import Iterable

from services.notifications.channels import to_tell
from services.notifications.contracts.membership import AccessNeedsReviewDue
from services.notifications.domain.delivery import Kind
from shared.database.pool import Transaction
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Reaction, Step

ask_to_check_needs = Reaction("ask_to_check_needs")


@ask_to_check_needs.on(AccessNeedsReviewDue)
def _(event: AccessNeedsReviewDue, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [to_tell(db, MemberId(recorded.id), Kind.ACCESS_NEEDS_CHECK, occasion=recorded.event_id)]
