"""A complaint is acknowledged within 30 days: a week before, and when they have passed, that is noted."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from services.membership.domain.complaint import ComplaintReceived, NoteNotAcknowledged, WarnOfAcknowledgement
from services.membership.domain.months import end_of, start_of
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Do, Reaction, Step

WARNED: Final = timedelta(days=7)

complaint_clock = Reaction("complaint_clock")


@complaint_clock.on(ComplaintReceived)
def _(event: ComplaintReceived, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [
        Do(recorded.id, WarnOfAcknowledgement(), at=start_of(event.acknowledge_by - WARNED)),
        Do(recorded.id, NoteNotAcknowledged(), at=end_of(event.acknowledge_by)),
    ]
