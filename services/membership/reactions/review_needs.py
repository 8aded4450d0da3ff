"""When somebody says or checks what she needs, she is asked in a year whether it is still right."""

from collections.abc import Iterable

from services.membership.domain.access_needs import AccessNeedsReviewed, AccessNeedsSaid, NoteReviewDue
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Do, Reaction, Step

review_needs = Reaction("review_needs")


@review_needs.on(AccessNeedsSaid)
def _(event: AccessNeedsSaid, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [Do(recorded.id, NoteReviewDue(), at=event.review_due_at)]


@review_needs.on(AccessNeedsReviewed)
def _(event: AccessNeedsReviewed, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [Do(recorded.id, NoteReviewDue(), at=event.review_due_at)]
