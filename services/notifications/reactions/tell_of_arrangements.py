"""When something is arranged for a member at a meeting, or cannot be, she is told: once for all of an hour.

Whoever arranges things does so for several needs at a sitting, and five calls about one meeting help nobody.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from services.notifications.channels import to_tell
from services.notifications.contracts.meetings import ArrangementMade, ArrangementNotMet
from services.notifications.domain.delivery import Kind
from services.notifications.projections.meetings import meeting
from shared.database.pool import Transaction
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Reaction, Step

tell_of_arrangements = Reaction("tell_of_arrangements")

_TOGETHER = timedelta(hours=1)


@tell_of_arrangements.on(ArrangementMade)
def _made(event: ArrangementMade, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _told(db, event.meeting, recorded)


@tell_of_arrangements.on(ArrangementNotMet)
def _cannot(event: ArrangementNotMet, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    """Not what she or others said after the meeting: that is no news to her."""
    return _told(db, event.meeting, recorded)


def _told(db: Transaction, meeting_id: UUID, recorded: Recorded) -> list[Step]:
    about = meeting(db, meeting_id)
    if about is not None and about.starts_at <= recorded.recorded_at:
        return []
    at = _end_of_hour(recorded.recorded_at)
    if about is not None and about.starts_at <= at:
        at = recorded.recorded_at
    occasion = uuid5(NAMESPACE_URL, f"urn:copse:arrangements:{at.isoformat()}")
    letter = to_tell(db, MemberId(recorded.id), Kind.ARRANGEMENTS, meeting=meeting_id, occasion=occasion)
    return [replace(letter, at=at)]


def _end_of_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0) + _TOGETHER
