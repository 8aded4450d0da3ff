"""Approved members with their accounts and groups: who is calling, and who belongs where."""

from services.membership.domain.assisted_session import AssistedSessionEnded, AssistedSessionOpened
from services.membership.domain.community import CommunityFounded, CommunityJoined, CommunityLeft
from services.membership.domain.member import (
    AccountLinked,
    MemberApproved,
    MemberErased,
    MemberLeft,
    MemberPaused,
    MemberReturned,
    NameCorrected,
)
from shared.database.pool import Transaction
from shared.identity.people import (
    ACTIVE,
    TABLES,
    admit,
    end_session,
    erase,
    found_community,
    join,
    leave,
    link_account,
    open_session,
    rename,
    stand,
)
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

people = Projection("people", version=2, tables=TABLES)


@people.on(MemberApproved)
def _(event: MemberApproved, recorded: Recorded, db: Transaction) -> None:
    admit(db, recorded.id, name=event.name, stakeholder_group=event.stakeholder_group, account=event.account)


@people.on(NameCorrected)
def _(event: NameCorrected, recorded: Recorded, db: Transaction) -> None:
    rename(db, recorded.id, event.name)


@people.on(AccountLinked)
def _(event: AccountLinked, recorded: Recorded, db: Transaction) -> None:
    link_account(db, recorded.id, event.account)


@people.on(CommunityFounded)
def _(event: CommunityFounded, recorded: Recorded, db: Transaction) -> None:
    found_community(db, recorded.id, event.name, event.kind)


@people.on(CommunityJoined)
def _(event: CommunityJoined, recorded: Recorded, db: Transaction) -> None:
    join(db, event.member, recorded.id, recorded.recorded_at)


@people.on(MemberPaused)
def _(event: MemberPaused, recorded: Recorded, db: Transaction) -> None:
    stand(db, recorded.id, "paused")


@people.on(MemberReturned)
def _(event: MemberReturned, recorded: Recorded, db: Transaction) -> None:
    stand(db, recorded.id, ACTIVE)


@people.on(MemberLeft)
def _(event: MemberLeft, recorded: Recorded, db: Transaction) -> None:
    stand(db, recorded.id, "left")


@people.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    erase(db, recorded.id)


@people.on(CommunityLeft)
def _(event: CommunityLeft, recorded: Recorded, db: Transaction) -> None:
    leave(db, event.member, recorded.id)


@people.on(AssistedSessionOpened)
def _(event: AssistedSessionOpened, recorded: Recorded, db: Transaction) -> None:
    open_session(
        db,
        recorded.id,
        account=event.account,
        member=event.member,
        channel=event.channel,
        closes_at=event.closes_at,
    )


@people.on(AssistedSessionEnded)
def _(event: AssistedSessionEnded, recorded: Recorded, db: Transaction) -> None:
    end_session(db, recorded.id)
