"""Who can be asked to review, and how much is she asked already? Read from `people` and `support_requests`."""

from dataclasses import dataclass
from uuid import UUID

from shared.database.pool import Transaction
from shared.identity.people import ACTIVE


@dataclass(frozen=True)
class ReviewerRow:
    member_id: UUID
    name: str
    open_offers: int


def reviewers(db: Transaction) -> list[ReviewerRow]:
    """The active members of the working group, those with least to do first.

    An offer is open until it is answered and, after a yes, until the review is sent.
    """
    return db.all(
        ReviewerRow,
        "select member_id, name,"
        " (select count(*) from offers o where o.member_id = p.member_id and (o.status = 'offered'"
        "  or o.status = 'accepted' and not exists"
        "   (select from reviews r where r.request_id = o.request_id and reviewer_id = o.member_id))) as open_offers"
        " from people p where standing = %s and exists (select from people_groups join people_communities"
        "  using (community_id) where member_id = p.member_id and kind = 'working-group')"
        " order by open_offers, name, member_id",
        ACTIVE,
    )
