"""When somebody is erased, the offers that she had not answered and the reviews that she had not written are free."""

from collections.abc import Iterable
from uuid import UUID

from services.ppi.contracts.membership import MemberErased
from services.ppi.domain.support_request import DeclineOffer
from shared.database.pool import Transaction
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.reactions.reaction import Do, Reaction, Step

end_offers = Reaction("end_offers")


@end_offers.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> Iterable[Step]:
    """A review that was sent meanwhile is not undone: the command refuses."""
    asked = db.all(
        UUID,
        "select request_id from offers where member_id = %s and status in ('offered', 'accepted') order by request_id",
        recorded.id,
    )
    return [Do(request, DeclineOffer(member=MemberId(recorded.id))) for request in asked]
