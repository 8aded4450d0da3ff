"""Who applied and who is a member: the coordinator's lists and everybody's own page."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.membership.domain.member import (
    AccountLinked,
    ApplicationReceived,
    ApplicationRefused,
    MemberApproved,
    Standing,
)
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

members = Projection("members", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class MemberRow:
    id: UUID
    standing: str
    name: str
    email: str | None
    phone: str | None
    postal_address: str | None
    about: str | None
    stakeholder_group: str
    wanted: list[UUID]
    account: UUID | None
    applied_at: datetime
    channel: str
    version: int


@members.on(ApplicationReceived)
def _(event: ApplicationReceived, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into members values (%s, %s, %s, %s, %s, %s, %s, %s, %s::uuid[], %s, %s, %s, %s)",
        recorded.id,
        Standing.APPLIED,
        event.name,
        event.email,
        event.phone,
        event.postal_address,
        event.about,
        event.stakeholder_group,
        list(event.communities),
        event.account,
        recorded.recorded_at,
        recorded.metadata.channel,
        recorded.version,
    )


@members.on(MemberApproved)
def _(event: MemberApproved, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, Standing.ACTIVE)


@members.on(ApplicationRefused)
def _(event: ApplicationRefused, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, Standing.REFUSED)


@members.on(AccountLinked)
def _(event: AccountLinked, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update members set account = %s, version = %s where id = %s",
        event.account,
        recorded.version,
        recorded.id,
    )


def _move(db: Transaction, recorded: Recorded, standing: Standing) -> None:
    db.write(
        "update members set standing = %s, version = %s where id = %s",
        standing,
        recorded.version,
        recorded.id,
    )


def member(db: Transaction, id: UUID) -> MemberRow | None:
    return db.one(MemberRow, "select * from members where id = %s", id)


def member_of_account(db: Transaction, account: UUID) -> MemberRow | None:
    """The newest application or membership of an account, whatever its standing."""
    return db.one(MemberRow, "select * from members where account = %s order by id desc limit 1", account)


def members_with(db: Transaction, standing: str | None, after: UUID | None, limit: int) -> list[MemberRow]:
    """Oldest first, up to `limit` + 1 so that the caller sees whether more follow."""
    return db.all(
        MemberRow,
        "select * from members where (%s::text is null or standing = %s) and (%s::uuid is null or id > %s)"
        " order by id limit %s",
        standing,
        standing,
        after,
        after,
        limit + 1,
    )
