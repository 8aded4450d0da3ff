"""Who leads which community: whom to tell that somebody asks to join."""

from pathlib import Path
from uuid import UUID

from services.notifications.contracts.membership import (
    CommunityLeft,
    FacilitatorAppointed,
    FacilitatorStoodDown,
    MemberErased,
)
from shared.database.pool import Transaction
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

facilitators = Projection("facilitators", version=1, tables=Path(__file__).with_suffix(".sql"))


@facilitators.on(FacilitatorAppointed)
def _(event: FacilitatorAppointed, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into facilitators (community_id, member_id) values (%s, %s) on conflict do nothing",
        recorded.id,
        event.member,
    )


@facilitators.on(FacilitatorStoodDown)
def _(event: FacilitatorStoodDown, recorded: Recorded, db: Transaction) -> None:
    _no_more(db, recorded.id, event.member)


@facilitators.on(CommunityLeft)
def _(event: CommunityLeft, recorded: Recorded, db: Transaction) -> None:
    _no_more(db, recorded.id, event.member)


@facilitators.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    db.write("delete from facilitators where member_id = %s", recorded.id)


def _no_more(db: Transaction, community: UUID, member: MemberId) -> None:
    db.write("delete from facilitators where community_id = %s and member_id = %s", community, member)


def facilitators_of(db: Transaction, community: UUID) -> list[MemberId]:
    found = db.all(UUID, "select member_id from facilitators where community_id = %s order by member_id", community)
    return [MemberId(each) for each in found]
