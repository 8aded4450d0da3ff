"""A session ends by itself: when its time is up, when the coordinator opens another, and when the member is gone."""

from collections.abc import Iterable
from uuid import UUID

from services.membership.domain.assisted_session import AssistedSessionOpened, Because, EndSession
from services.membership.domain.member import HelpRefused, MemberErased, MemberLeft, MemberPaused
from services.membership.projections.assisted_sessions import open_for, open_of
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Do, Reaction, Step

end_assisted_sessions = Reaction("end_assisted_sessions")


@end_assisted_sessions.on(AssistedSessionOpened)
def _(event: AssistedSessionOpened, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    """The API refuses a second one; two opened at one moment both pass there, and the older ends here."""
    older = [id for id in open_of(db, event.account) if id < recorded.id]
    return [
        Do(recorded.id, EndSession(because=Because.RAN_OUT), at=event.closes_at),
        *(Do(id, EndSession(because=Because.ANOTHER_OPENED)) for id in older),
    ]


@end_assisted_sessions.on(MemberPaused)
def _paused(event: MemberPaused, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _all_for(recorded.id, db)


@end_assisted_sessions.on(MemberLeft)
def _left(event: MemberLeft, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _all_for(recorded.id, db)


@end_assisted_sessions.on(MemberErased)
def _erased(event: MemberErased, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _all_for(recorded.id, db)


@end_assisted_sessions.on(HelpRefused)
def _refused(event: HelpRefused, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _all_for(recorded.id, db)


def _all_for(member: UUID, db: Transaction) -> list[Step]:
    return [Do(id, EndSession(because=Because.MEMBER_GONE)) for id in open_for(db, member)]
