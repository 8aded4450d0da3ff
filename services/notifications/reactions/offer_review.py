"""When a review is offered to a member, she is asked, with the fee and the day by which to answer."""

from collections.abc import Iterable

from services.notifications.channels import to_tell
from services.notifications.contracts.ppi import ReviewOffered
from services.notifications.domain.delivery import Kind
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Reaction, Step

offer_review = Reaction("offer_review")


@offer_review.on(ReviewOffered)
def _(event: ReviewOffered, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [to_tell(db, event.member, Kind.REVIEW_OFFER, request=recorded.id, occasion=recorded.event_id)]
