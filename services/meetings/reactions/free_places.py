"""When a member takes a break, leaves or is erased, her places in coming meetings go to the next in turn."""

from collections.abc import Iterable
from uuid import UUID

from services.meetings.contracts.membership import MemberErased, MemberLeft, MemberPaused
from services.meetings.domain.meeting import Answer, Reply
from shared.database.pool import Transaction
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Do, Reaction, Step

free_places = Reaction("free_places")


@free_places.on(MemberPaused)
def _(event: MemberPaused, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _no_to_all(db, recorded)


@free_places.on(MemberLeft)
def _(event: MemberLeft, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _no_to_all(db, recorded)


@free_places.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _no_to_all(db, recorded)


def _no_to_all(db: Transaction, recorded: Recorded) -> list[Step]:
    coming = db.all(
        UUID,
        "select meeting_id from replies join meetings on meetings.id = meeting_id"
        " where member_id = %s and reply <> %s and starts_at > %s order by starts_at, meeting_id",
        recorded.id,
        Answer.NO,
        recorded.recorded_at,
    )
    return [Do(meeting, Reply(member=MemberId(recorded.id), answer=Answer.NO)) for meeting in coming]
