"""When a meeting is planned, every member of its community is invited; who joins later, to each coming meeting.

The events of meetings and of membership come in any order. Whichever of meeting, membership and approval is last
finds the other two in the read models and leads to the invitation; a second one for the same meeting is refused.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from services.notifications.channels import to_tell
from services.notifications.contracts.meetings import MeetingPlanned
from services.notifications.contracts.membership import CommunityJoined, MemberApproved, MemberReturned
from services.notifications.domain.delivery import Kind
from services.notifications.projections.meetings import coming_meetings
from shared.database.pool import Transaction
from shared.identity.people import ACTIVE, known, members_of, person
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Reaction, Step

invite_members = Reaction("invite_members")


@invite_members.on(MeetingPlanned)
def _(event: MeetingPlanned, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    """A meeting that was over when it was written down is history, and nobody is invited to it."""
    _one_at_a_time(db, event.community)
    if event.starts_at <= recorded.recorded_at:
        return []
    return [
        to_tell(db, MemberId(each.member_id), Kind.MEETING_INVITATION, meeting=recorded.id)
        for each in members_of(db, event.community)
    ]


@invite_members.on(CommunityJoined)
def _(event: CommunityJoined, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _to_coming_meetings(db, event.member, recorded.id, recorded.recorded_at)


@invite_members.on(MemberApproved)
def _(event: MemberApproved, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    """Approval is recorded before joining, but it may arrive after it, and after a meeting was planned in between."""
    return _to_all_her_meetings(db, recorded)


@invite_members.on(MemberReturned)
def _(event: MemberReturned, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    """Back from a break: she is told of what was planned meanwhile."""
    return _to_all_her_meetings(db, recorded)


def _to_all_her_meetings(db: Transaction, recorded: Recorded) -> list[Step]:
    here = known(db, recorded.id)
    return [
        step
        for community in ([*here.communities, *here.groups] if here else [])
        for step in _to_coming_meetings(db, MemberId(recorded.id), community, recorded.recorded_at)
    ]


def _to_coming_meetings(db: Transaction, member: MemberId, community: UUID, now: datetime) -> list[Step]:
    _one_at_a_time(db, community)
    here = person(db, member)
    if here and here.standing != ACTIVE:
        return []
    return [
        to_tell(db, member, Kind.MEETING_INVITATION, meeting=meeting.meeting_id)
        for meeting in coming_meetings(db, community, now)
    ]


def _one_at_a_time(db: Transaction, community: UUID) -> None:
    """Two workers that read a meeting and a joining at the same moment would each miss what the other writes."""
    db.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", f"invite_members/{community}")
