"""When a review is offered, the offer ends with the day to answer by."""

from collections.abc import Iterable

from services.ppi.domain.days import end_of
from services.ppi.domain.support_request import ExpireOffer, ReviewOffered
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Do, Reaction, Step

expire_offers = Reaction("expire_offers")


@expire_offers.on(ReviewOffered)
def _(event: ReviewOffered, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [Do(recorded.id, ExpireOffer(member=event.member), at=end_of(event.answer_by))]
