"""A rights request has a clock: a week before the last day, and when it has passed, that is noted.

What follows from a request: a restriction that was granted restricts, and an erasure ends every open request."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from services.membership.domain.member import MemberErased, RestrictProcessing
from services.membership.domain.months import end_of, start_of
from services.membership.domain.rights_request import (
    OPEN,
    ClockResumed,
    EndByErasure,
    NoteMissed,
    RequestActioned,
    Right,
    RightsRequestReceived,
    TimeExtended,
    WarnOfDeadline,
)
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Do, Reaction, Step

WARNED: Final = timedelta(days=7)

rights_clock = Reaction("rights_clock")


@rights_clock.on(RightsRequestReceived)
def _(event: RightsRequestReceived, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _timers(recorded.id, event.due_on)


@rights_clock.on(ClockResumed)
def _resumed(event: ClockResumed, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _timers(recorded.id, event.due_on)


@rights_clock.on(TimeExtended)
def _extended(event: TimeExtended, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _timers(recorded.id, event.due_on)


@rights_clock.on(RequestActioned)
def _actioned(event: RequestActioned, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [Do(event.member, RestrictProcessing())] if event.right is Right.RESTRICTION else []


@rights_clock.on(MemberErased)
def _erased(event: MemberErased, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    waiting = "select id from rights_requests where member_id = %s and status = any(%s::text[]) order by id"
    return [Do(each, EndByErasure()) for each in db.all(UUID, waiting, recorded.id, sorted(OPEN))]


def _timers(id: UUID, due_on: date) -> list[Step]:
    return [
        Do(id, WarnOfDeadline(due_on=due_on), at=start_of(due_on - WARNED)),
        Do(id, NoteMissed(due_on=due_on), at=end_of(due_on)),
    ]
