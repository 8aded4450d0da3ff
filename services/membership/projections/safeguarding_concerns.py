"""Which safeguarding concerns there are and how far each is. What they say is in no read model."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.membership.domain.member import MemberErased
from services.membership.domain.safeguarding_concern import (
    ConcernClosed,
    ConcernNoted,
    ConcernRaised,
    ConcernReferred,
    ConcernStatus,
    ConcernSupported,
    ConcernTakenUp,
)
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

safeguarding_concerns = Projection("safeguarding_concerns", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class ConcernRow:
    id: UUID
    status: str
    raised_at: datetime
    since: datetime
    channel: str
    version: int


@safeguarding_concerns.on(ConcernRaised)
def _(event: ConcernRaised, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into safeguarding_concerns (id, status, raised_at, since, channel, account, raised_by, version)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        recorded.id,
        ConcernStatus.RAISED,
        recorded.recorded_at,
        recorded.recorded_at,
        recorded.metadata.channel,
        event.account,
        event.raised_by,
        recorded.version,
    )


@safeguarding_concerns.on(ConcernTakenUp)
def _(event: ConcernTakenUp, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, ConcernStatus.LEAD_REVIEWING)


@safeguarding_concerns.on(ConcernReferred)
def _(event: ConcernReferred, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, ConcernStatus.REFERRED)


@safeguarding_concerns.on(ConcernSupported)
def _(event: ConcernSupported, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, ConcernStatus.SUPPORTED)


@safeguarding_concerns.on(ConcernClosed)
def _(event: ConcernClosed, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, ConcernStatus.CLOSED)


@safeguarding_concerns.on(ConcernNoted)
def _(event: ConcernNoted, recorded: Recorded, db: Transaction) -> None:
    db.write("update safeguarding_concerns set version = %s where id = %s", recorded.version, recorded.id)


@safeguarding_concerns.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    """The concern stays: it may be about somebody else, and leads may have to show what they did."""
    db.write("update safeguarding_concerns set account = null, raised_by = null where raised_by = %s", recorded.id)


def _move(db: Transaction, recorded: Recorded, status: ConcernStatus) -> None:
    db.write(
        "update safeguarding_concerns set status = %s, since = %s, version = %s where id = %s",
        status,
        recorded.recorded_at,
        recorded.version,
        recorded.id,
    )


_CONCERNS = "select id, status, raised_at, since, channel, version from safeguarding_concerns"


def concerns(db: Transaction, after: UUID | None, limit: int) -> list[ConcernRow]:
    """Oldest first, up to `limit` + 1."""
    return db.all(
        ConcernRow, f"{_CONCERNS} where %s::uuid is null or id > %s order by id limit %s", after, after, limit + 1
    )


def concern(db: Transaction, id: UUID) -> ConcernRow | None:
    return db.one(ConcernRow, f"{_CONCERNS} where id = %s", id)


def concerns_told_by(db: Transaction, account: UUID) -> list[ConcernRow]:
    return db.all(ConcernRow, f"{_CONCERNS} where account = %s order by id", account)
