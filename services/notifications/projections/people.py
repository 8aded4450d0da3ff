"""Approved members with the ways to reach them: whom to write to, and who is calling."""

from services.notifications.contracts.membership import (
    AccountLinked,
    CommunityFounded,
    CommunityJoined,
    MemberApproved,
)
from shared.database.pool import Transaction
from shared.identity.people import TABLES, admit, found_community, join, link_account
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

people = Projection("people", version=1, tables=TABLES)


@people.on(MemberApproved)
def _(event: MemberApproved, recorded: Recorded, db: Transaction) -> None:
    admit(
        db,
        recorded.id,
        name=event.name,
        stakeholder_group=event.stakeholder_group,
        account=event.account,
        email=event.email,
        phone=event.phone,
        postal_address=event.postal_address,
    )


@people.on(AccountLinked)
def _(event: AccountLinked, recorded: Recorded, db: Transaction) -> None:
    link_account(db, recorded.id, event.account)


@people.on(CommunityFounded)
def _(event: CommunityFounded, recorded: Recorded, db: Transaction) -> None:
    found_community(db, recorded.id, event.name, event.kind)


@people.on(CommunityJoined)
def _(event: CommunityJoined, recorded: Recorded, db: Transaction) -> None:
    join(db, event.member, recorded.id, recorded.recorded_at)
