"""Who applied and who is a member: the coordinator's lists and everybody's own page."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.membership.domain.member import (
    AccountInvited,
    AccountLinked,
    ApplicationReceived,
    ApplicationRefused,
    ApplicationWithdrawn,
    ConsentGiven,
    ConsentWithdrawn,
    ConversationNeeded,
    HelpAccepted,
    HelpRefused,
    MemberActivated,
    MemberApproved,
    MemberErased,
    MemberLeft,
    MemberPaused,
    MemberReturned,
    NameCorrected,
    OnboardingStepDone,
    ProcessingRestricted,
    RestrictionLifted,
    Standing,
)
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

members = Projection("members", version=2, tables=Path(__file__).with_suffix(".sql"))


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
    also: list[str]
    wanted: list[UUID]
    account: UUID | None
    applied_at: datetime
    channel: str
    since: datetime
    note: str | None
    reason: str | None
    agreed: str | None
    steps: list[str]
    version: int


@members.on(ApplicationReceived)
def _(event: ApplicationReceived, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into members (id, standing, name, email, phone, postal_address, about, stakeholder_group, also, wanted,"
        " account, applied_at, channel, since, version)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s::text[], %s::uuid[], %s, %s, %s, %s, %s)",
        recorded.id,
        Standing.APPLIED,
        event.name,
        event.email,
        event.phone,
        event.postal_address,
        event.about,
        event.stakeholder_group,
        list(event.also),
        list(event.communities),
        event.account,
        recorded.recorded_at,
        recorded.metadata.channel,
        recorded.recorded_at,
        recorded.version,
    )


@members.on(ConversationNeeded)
def _(event: ConversationNeeded, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, Standing.NEEDS_CONVERSATION)
    db.write("update members set note = %s where id = %s", event.note, recorded.id)


@members.on(MemberApproved)
def _(event: MemberApproved, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, Standing.APPROVED)


@members.on(ApplicationRefused)
def _(event: ApplicationRefused, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, Standing.DECLINED)
    db.write("update members set reason = %s where id = %s", event.reason, recorded.id)


@members.on(ApplicationWithdrawn)
def _(event: ApplicationWithdrawn, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, Standing.WITHDRAWN)


@members.on(MemberActivated)
def _(event: MemberActivated, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, Standing.ACTIVE)
    db.write("update members set agreed = %s where id = %s", event.ground_rules, recorded.id)


@members.on(MemberPaused)
def _(event: MemberPaused, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, Standing.PAUSED)


@members.on(MemberReturned)
def _(event: MemberReturned, recorded: Recorded, db: Transaction) -> None:
    agreed = db.value(str, "select agreed from members where id = %s", recorded.id)
    _move(db, recorded, Standing.ACTIVE if agreed else Standing.APPROVED)


@members.on(MemberLeft)
def _(event: MemberLeft, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, Standing.LEFT)


@members.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    """Her own record goes. What is left of her is in `people`, the erasure's report, and events that name nobody."""
    db.write("delete from members where id = %s", recorded.id)


@members.on(OnboardingStepDone)
def _(event: OnboardingStepDone, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update members set steps = steps || %s::text, version = %s where id = %s",
        event.step,
        recorded.version,
        recorded.id,
    )


@members.on(NameCorrected)
def _(event: NameCorrected, recorded: Recorded, db: Transaction) -> None:
    db.write("update members set name = %s, version = %s where id = %s", event.name, recorded.version, recorded.id)


@members.on(AccountLinked)
def _(event: AccountLinked, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update members set account = %s, version = %s where id = %s",
        event.account,
        recorded.version,
        recorded.id,
    )


@members.on(ProcessingRestricted)
def _(event: ProcessingRestricted, recorded: Recorded, db: Transaction) -> None:
    _seen(db, recorded)


@members.on(RestrictionLifted)
def _(event: RestrictionLifted, recorded: Recorded, db: Transaction) -> None:
    _seen(db, recorded)


@members.on(ConsentGiven)
def _(event: ConsentGiven, recorded: Recorded, db: Transaction) -> None:
    _seen(db, recorded)


@members.on(ConsentWithdrawn)
def _(event: ConsentWithdrawn, recorded: Recorded, db: Transaction) -> None:
    _seen(db, recorded)


@members.on(AccountInvited)
def _(event: AccountInvited, recorded: Recorded, db: Transaction) -> None:
    _seen(db, recorded)


@members.on(HelpRefused)
def _(event: HelpRefused, recorded: Recorded, db: Transaction) -> None:
    _seen(db, recorded)


@members.on(HelpAccepted)
def _(event: HelpAccepted, recorded: Recorded, db: Transaction) -> None:
    _seen(db, recorded)


def _seen(db: Transaction, recorded: Recorded) -> None:
    """The version is the record's ETag, so every event moves it."""
    db.write("update members set version = %s where id = %s", recorded.version, recorded.id)


def _move(db: Transaction, recorded: Recorded, standing: Standing) -> None:
    db.write(
        "update members set standing = %s, since = %s, version = %s where id = %s",
        standing,
        recorded.recorded_at,
        recorded.version,
        recorded.id,
    )


def member(db: Transaction, id: UUID) -> MemberRow | None:
    return db.one(MemberRow, "select * from members where id = %s", id)


def member_of_account(db: Transaction, account: UUID) -> MemberRow | None:
    """The newest application or membership of an account, whatever its standing."""
    return db.one(MemberRow, "select * from members where account = %s order by id desc limit 1", account)


def members_with(db: Transaction, standings: Collection[str] | None, after: UUID | None, limit: int) -> list[MemberRow]:
    """Oldest first, up to `limit` + 1 so that the caller sees whether more follow. None: of any standing."""
    wanted = None if standings is None else list(standings)
    return db.all(
        MemberRow,
        "select * from members where (%s::text[] is null or standing = any(%s::text[]))"
        " and (%s::uuid is null or id > %s) order by id limit %s",
        wanted,
        wanted,
        after,
        after,
        limit + 1,
    )
