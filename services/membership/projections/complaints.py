"""Which complaints there are, how far each is, and until when it must be acknowledged."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from services.membership.domain.complaint import (
    AcknowledgementMissed,
    AcknowledgementNear,
    ComplaintAcknowledged,
    ComplaintAnswered,
    ComplaintInvestigated,
    ComplaintReceived,
    ComplaintStatus,
)
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

complaints = Projection("complaints", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class ComplaintRow:
    """`person` is a member's id, or the complaint's own when nobody here is known."""

    id: UUID
    person: UUID
    known: bool
    status: str
    received_on: date
    acknowledge_by: date
    channel: str
    warned: bool
    missed: bool
    version: int


@complaints.on(ComplaintReceived)
def _(event: ComplaintReceived, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into complaints (id, person, known, status, received_on, acknowledge_by, channel, version)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        recorded.id,
        event.person,
        event.known,
        ComplaintStatus.RECEIVED,
        event.received_on,
        event.acknowledge_by,
        recorded.metadata.channel,
        recorded.version,
    )


@complaints.on(ComplaintAcknowledged)
def _(event: ComplaintAcknowledged, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, ComplaintStatus.ACKNOWLEDGED)


@complaints.on(ComplaintInvestigated)
def _(event: ComplaintInvestigated, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, ComplaintStatus.INVESTIGATING)


@complaints.on(ComplaintAnswered)
def _(event: ComplaintAnswered, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, ComplaintStatus.OUTCOME)


@complaints.on(AcknowledgementNear)
def _(event: AcknowledgementNear, recorded: Recorded, db: Transaction) -> None:
    db.write("update complaints set warned = true, version = %s where id = %s", recorded.version, recorded.id)


@complaints.on(AcknowledgementMissed)
def _(event: AcknowledgementMissed, recorded: Recorded, db: Transaction) -> None:
    db.write("update complaints set missed = true, version = %s where id = %s", recorded.version, recorded.id)


def _move(db: Transaction, recorded: Recorded, status: ComplaintStatus) -> None:
    db.write("update complaints set status = %s, version = %s where id = %s", status, recorded.version, recorded.id)


def complaint(db: Transaction, id: UUID) -> ComplaintRow | None:
    return db.one(ComplaintRow, "select * from complaints where id = %s", id)


def complaints_of(db: Transaction, person: UUID | None, after: UUID | None, limit: int) -> list[ComplaintRow]:
    """Of one person or of all, oldest first, up to `limit` + 1."""
    return db.all(
        ComplaintRow,
        "select * from complaints where (%s::uuid is null or person = %s::uuid)"
        " and (%s::uuid is null or id > %s::uuid) order by id limit %s",
        person,
        person,
        after,
        after,
        limit + 1,
    )
