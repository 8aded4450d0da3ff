"""When a member asks about her data, she is told that it was received, what we must know, how long it takes, and the
outcome.

These letters are owed: they go out also to somebody who takes a break, has left, or whose data are only kept.
"""

from collections.abc import Iterable

from services.notifications.channels import to_tell
from services.notifications.contracts.membership import (
    ClockPaused,
    ComplaintAcknowledged,
    ComplaintAnswered,
    RequestReported,
    RightsRequestReceived,
    TimeExtended,
)
from services.notifications.domain.delivery import Kind
from shared.database.pool import Transaction
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Do, Reaction, Step

tell_of_rights = Reaction("tell_of_rights")


@tell_of_rights.on(RightsRequestReceived)
def _(event: RightsRequestReceived, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [_letter(db, event.member, Kind.RIGHTS_RECEIVED, recorded)]


@tell_of_rights.on(ClockPaused)
def _paused(event: ClockPaused, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [_letter(db, event.member, Kind.RIGHTS_QUESTION, recorded)]


@tell_of_rights.on(TimeExtended)
def _extended(event: TimeExtended, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [_letter(db, event.member, Kind.RIGHTS_EXTENDED, recorded)]


@tell_of_rights.on(RequestReported)
def _reported(event: RequestReported, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [_letter(db, event.member, Kind.RIGHTS_OUTCOME, recorded)]


@tell_of_rights.on(ComplaintAcknowledged)
def _acknowledged(event: ComplaintAcknowledged, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [_letter(db, event.person, Kind.COMPLAINT_RECEIVED, recorded)]


@tell_of_rights.on(ComplaintAnswered)
def _answered(event: ComplaintAnswered, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [_letter(db, event.person, Kind.COMPLAINT_OUTCOME, recorded)]


def _letter(db: Transaction, member: MemberId, kind: Kind, recorded: Recorded) -> Do:
    return to_tell(db, member, kind, request=recorded.id, occasion=recorded.event_id)
