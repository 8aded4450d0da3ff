"""The register of assisted sessions, who wants no help, and the codes with which members take their records over."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.membership.domain.assisted_session import AssistedSessionEnded, AssistedSessionOpened
from services.membership.domain.member import (
    AccountInvited,
    AccountLinked,
    HelpAccepted,
    HelpRefused,
    MemberErased,
    MemberLeft,
)
from shared.database.pool import Transaction
from shared.messages.events import ERASED
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

assisted_sessions = Projection("assisted_sessions", version=1, tables=Path(__file__).with_suffix(".sql"))

_WITH_NAMES = (
    "select s.*, m.name as member_name, p.name as opened_by_name from assisted_sessions s"
    " left join members m on m.id = s.member_id left join people p on p.account = s.account"
)


@dataclass(frozen=True)
class SessionRow:
    """`opened_by_name` is None for a coordinator who is no member: `opened_by` then says which account it was."""

    id: UUID
    member_id: UUID
    member_name: str | None
    account: UUID
    opened_by: str
    opened_by_name: str | None
    channel: str
    checked: str
    reason: str
    opened_at: datetime
    closes_at: datetime
    ended_at: datetime | None
    because: str | None
    version: int


@assisted_sessions.on(AssistedSessionOpened)
def _(event: AssistedSessionOpened, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into assisted_sessions"
        " (id, member_id, account, opened_by, channel, checked, reason, opened_at, closes_at, version)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        recorded.id,
        event.member,
        event.account,
        recorded.metadata.actor,
        event.channel,
        event.checked,
        event.reason,
        recorded.recorded_at,
        event.closes_at,
        recorded.version,
    )


@assisted_sessions.on(AssistedSessionEnded)
def _(event: AssistedSessionEnded, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update assisted_sessions set ended_at = %s, because = %s, version = %s where id = %s",
        recorded.recorded_at,
        event.because,
        recorded.version,
        recorded.id,
    )


@assisted_sessions.on(HelpRefused)
def _(event: HelpRefused, recorded: Recorded, db: Transaction) -> None:
    db.write("insert into help_refusals (member_id) values (%s) on conflict do nothing", recorded.id)


@assisted_sessions.on(HelpAccepted)
def _(event: HelpAccepted, recorded: Recorded, db: Transaction) -> None:
    db.write("delete from help_refusals where member_id = %s", recorded.id)


@assisted_sessions.on(AccountInvited)
def _(event: AccountInvited, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into account_invitations (member_id, code, until) values (%s, %s, %s)"
        " on conflict (member_id) do update set code = excluded.code, until = excluded.until",
        recorded.id,
        event.code,
        event.until,
    )


@assisted_sessions.on(AccountLinked)
def _(event: AccountLinked, recorded: Recorded, db: Transaction) -> None:
    _forget_code(db, recorded.id)


@assisted_sessions.on(MemberLeft)
def _(event: MemberLeft, recorded: Recorded, db: Transaction) -> None:
    _forget_code(db, recorded.id)


@assisted_sessions.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    """That somebody acted, and when, stays: it accounts for what coordinators did. Why reads as erased."""
    _forget_code(db, recorded.id)
    db.write("delete from help_refusals where member_id = %s", recorded.id)
    db.write("update assisted_sessions set reason = %s where member_id = %s", ERASED, recorded.id)


def _forget_code(db: Transaction, member: UUID) -> None:
    db.write("delete from account_invitations where member_id = %s", member)


def session(db: Transaction, id: UUID) -> SessionRow | None:
    return db.one(SessionRow, f"{_WITH_NAMES} where s.id = %s", id)


def sessions(db: Transaction, account: UUID | None, after: UUID | None, limit: int) -> list[SessionRow]:
    """The newest first, up to `limit` + 1; those of one coordinator, or of all when `account` is None."""
    return db.all(
        SessionRow,
        f"{_WITH_NAMES} where (%s::uuid is null or s.account = %s) and (%s::uuid is null or s.id < %s)"
        " order by s.id desc limit %s",
        account,
        account,
        after,
        after,
        limit + 1,
    )


def open_for(db: Transaction, member: UUID) -> list[UUID]:
    """The sessions in which somebody acts for a member."""
    return db.all(UUID, "select id from assisted_sessions where member_id = %s and ended_at is null", member)


def open_of(db: Transaction, account: UUID) -> list[UUID]:
    """The sessions in which a coordinator acts: one, but for a moment."""
    return db.all(UUID, "select id from assisted_sessions where account = %s and ended_at is null", account)


def refuses_help(db: Transaction, member: UUID) -> bool:
    return bool(db.value(int, "select 1 from help_refusals where member_id = %s", member))


def member_invited_by(db: Transaction, code: UUID) -> UUID | None:
    """The member who was given a code."""
    return db.value(UUID, "select member_id from account_invitations where code = %s", code)
