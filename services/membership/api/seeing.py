"""Who sees which community, and who leads it: what depends on belonging and not on a role alone."""

from uuid import UUID

from services.membership.domain.community import Privacy
from services.membership.projections.communities import (
    FACILITATOR,
    CommunityRow,
    belongs_to,
    communities,
    community,
    has_part,
)
from services.membership.projections.people import people
from shared.database.pool import Transaction
from shared.http.authorization import caller, may, require, running
from shared.http.problems import not_found
from shared.http.reads import wait_for


def sees_inside(db: Transaction, row: CommunityRow) -> bool:
    """Whether the caller may see what it does. What a private one does is for its members and the coordinators."""
    if row.privacy in (Privacy.OPEN, Privacy.RESTRICTED) or may("communities:read-all"):
        return True
    me = caller().member
    return me is not None and belongs_to(db, row.id, me)


def seen(db: Transaction, id: UUID) -> CommunityRow:
    """The community, if it is there for the caller. A confidential one does not exist for outsiders (404)."""
    row = community(db, id)
    if row is None or (row.privacy == Privacy.CONFIDENTIAL and not sees_inside(db, row)):
        raise not_found("community", id)
    return row


def must_lead(id: UUID, permission: str) -> None:
    """Raises the 403 problem unless the caller facilitates this community or has the permission. 404 as in `seen`."""
    wait_for(communities)
    wait_for(people)
    me = caller().member
    with running().database.transaction() as db:
        seen(db, id)
        leads = me is not None and has_part(db, id, me, FACILITATOR)
    if not leads:
        require(permission)
