"""When a member is approved, she joins each community that she asked for, or asks to where that is the way in."""

from collections.abc import Iterable

from services.membership.domain.community import AskToJoin
from services.membership.domain.member import MemberApproved
from shared.database.pool import Transaction
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Do, Reaction, Step

join_wanted_communities = Reaction("join_wanted_communities")


@join_wanted_communities.on(MemberApproved)
def _(event: MemberApproved, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    return [Do(community, AskToJoin(member=MemberId(recorded.id))) for community in event.communities]
