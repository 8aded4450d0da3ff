"""When a member leaves or is erased, she leaves each community and group that she was in or had asked to join."""

from collections.abc import Iterable
from uuid import UUID

from services.membership.domain.community import CommunityJoined, JoiningAsked, LeaveCommunity
from services.membership.domain.erasure import KeyDestroyed
from services.membership.domain.member import MemberLeft
from services.membership.domain.project_group import GroupStatus, LeaveProjectGroup
from shared.database.pool import Transaction
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Do, Reaction, Step

leave_everything = Reaction("leave_everything")


@leave_everything.on(MemberLeft)
def _left(event: MemberLeft, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _from_everything(recorded, db)


@leave_everything.on(KeyDestroyed)
def _erased(event: KeyDestroyed, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    """Before `member-erased`, at which the read models forget where she was."""
    return _from_everything(recorded, db)


def _from_everything(recorded: Recorded, db: Transaction) -> list[Step]:
    """From the read models of this moment; who is in none of these by then is refused, and nothing is lost."""
    joined = db.all(
        UUID,
        "select community_id from people_groups where member_id = %s"
        " union select community_id from community_parts where member_id = %s",
        recorded.id,
        recorded.id,
    )
    gathered = db.all(
        UUID,
        "select group_id from project_group_members join project_groups on id = group_id"
        " where member_id = %s and status <> %s",
        recorded.id,
        GroupStatus.CLOSED,
    )
    me = MemberId(recorded.id)
    return [
        *(Do(each, LeaveCommunity(member=me)) for each in joined),
        *(Do(each, LeaveProjectGroup(member=me)) for each in gathered),
    ]


@leave_everything.on(CommunityJoined)
def _late(event: CommunityJoined, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _leaves_again(event.member, recorded, db)


@leave_everything.on(JoiningAsked)
def _late_asking(event: JoiningAsked, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return _leaves_again(event.member, recorded, db)


def _leaves_again(member: MemberId, recorded: Recorded, db: Transaction) -> list[Step]:
    """What was on its way when she left, such as the communities that she asked for, ends too."""
    gone = db.value(str, "select standing from people where member_id = %s", member) in ("left", "erased")
    return [Do(recorded.id, LeaveCommunity(member=member))] if gone else []
