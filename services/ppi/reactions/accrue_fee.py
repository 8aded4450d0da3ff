"""When reviews are released, each reviewer has earned the fee of the day on which she sent hers."""

from collections.abc import Iterable

from services.ppi.domain.claim import AccrueClaim, claim_id
from services.ppi.domain.support_request import ReviewsReleased
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Do, Reaction, Step

accrue_fee = Reaction("accrue_fee")


@accrue_fee.on(ReviewsReleased)
def _(event: ReviewsReleased, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [
        Do(
            claim_id(recorded.id, done.member),
            AccrueClaim(payee=done.member, request=recorded.id, activity=event.activity, activity_on=done.sent_on),
        )
        for done in event.work
    ]
