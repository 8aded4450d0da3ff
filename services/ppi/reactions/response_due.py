"""When reviews are released, the researcher owes an answer; when it does not come in time, that is noted."""

from collections.abc import Iterable

from services.ppi.domain.support_request import NoteResponseOverdue, ReviewsReleased
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Do, Reaction, Step

response_due = Reaction("response_due")


@response_due.on(ReviewsReleased)
def _(event: ReviewsReleased, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [Do(recorded.id, NoteResponseOverdue(), at=event.response_due_at)]
