"""Who asked what about her data, and until when an answer is due."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from services.membership.domain.rights_request import (
    ClockPaused,
    ClockResumed,
    DeadlineMissed,
    DeadlineNear,
    IdentityChecked,
    RequestActioned,
    RequestAssessed,
    RequestEndedByErasure,
    RequestPartRefused,
    RequestReported,
    RequestStatus,
    RightsRequestReceived,
    TimeExtended,
)
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

rights_requests = Projection("rights_requests", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class RightsRequestRow:
    id: UUID
    member_id: UUID
    right: str
    purpose: str | None
    status: str
    received_on: date
    due_on: date
    channel: str
    identity: str | None
    outcome: str | None
    extended: bool
    warned: bool
    missed: bool
    version: int


@rights_requests.on(RightsRequestReceived)
def _(event: RightsRequestReceived, recorded: Recorded, db: Transaction) -> None:
    db.write(
        'insert into rights_requests (id, member_id, "right", purpose, status, received_on, due_on, channel, version)'
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        recorded.id,
        event.member,
        event.right,
        event.purpose,
        RequestStatus.RECEIVED,
        event.received_on,
        event.due_on,
        recorded.metadata.channel,
        recorded.version,
    )


@rights_requests.on(IdentityChecked)
def _(event: IdentityChecked, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, RequestStatus.IDENTITY_CHECKED)
    db.write("update rights_requests set identity = %s where id = %s", event.how, recorded.id)


@rights_requests.on(ClockPaused)
def _(event: ClockPaused, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, RequestStatus.CLOCK_PAUSED)


@rights_requests.on(ClockResumed)
def _(event: ClockResumed, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, RequestStatus.IDENTITY_CHECKED)
    _due(db, recorded, event.due_on)


@rights_requests.on(TimeExtended)
def _(event: TimeExtended, recorded: Recorded, db: Transaction) -> None:
    db.write("update rights_requests set extended = true where id = %s", recorded.id)
    _due(db, recorded, event.due_on)


@rights_requests.on(RequestAssessed)
def _(event: RequestAssessed, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, RequestStatus.ASSESSED)


@rights_requests.on(RequestActioned)
def _(event: RequestActioned, recorded: Recorded, db: Transaction) -> None:
    _end(db, recorded, RequestStatus.ACTIONED)


@rights_requests.on(RequestPartRefused)
def _(event: RequestPartRefused, recorded: Recorded, db: Transaction) -> None:
    _end(db, recorded, RequestStatus.PART_REFUSED)


@rights_requests.on(RequestReported)
def _(event: RequestReported, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, RequestStatus.REPORTED)


@rights_requests.on(RequestEndedByErasure)
def _(event: RequestEndedByErasure, recorded: Recorded, db: Transaction) -> None:
    _end(db, recorded, RequestStatus.ENDED_BY_ERASURE)


@rights_requests.on(DeadlineNear)
def _(event: DeadlineNear, recorded: Recorded, db: Transaction) -> None:
    db.write("update rights_requests set warned = true, version = %s where id = %s", recorded.version, recorded.id)


@rights_requests.on(DeadlineMissed)
def _(event: DeadlineMissed, recorded: Recorded, db: Transaction) -> None:
    db.write("update rights_requests set missed = true, version = %s where id = %s", recorded.version, recorded.id)


def _move(db: Transaction, recorded: Recorded, status: RequestStatus) -> None:
    db.write(
        "update rights_requests set status = %s, version = %s where id = %s", status, recorded.version, recorded.id
    )


def _end(db: Transaction, recorded: Recorded, outcome: RequestStatus) -> None:
    _move(db, recorded, outcome)
    db.write("update rights_requests set outcome = %s where id = %s", outcome, recorded.id)


def _due(db: Transaction, recorded: Recorded, due_on: date) -> None:
    """Another last day: what was said of the former one no longer holds."""
    db.write(
        "update rights_requests set due_on = %s, warned = false, missed = false, version = %s where id = %s",
        due_on,
        recorded.version,
        recorded.id,
    )


def rights_request(db: Transaction, id: UUID) -> RightsRequestRow | None:
    return db.one(RightsRequestRow, "select * from rights_requests where id = %s", id)


def requests_of(db: Transaction, member: UUID | None, after: UUID | None, limit: int) -> list[RightsRequestRow]:
    """Of one member or of all, oldest first, up to `limit` + 1."""
    return db.all(
        RightsRequestRow,
        "select * from rights_requests where (%s::uuid is null or member_id = %s::uuid)"
        " and (%s::uuid is null or id > %s::uuid) order by id limit %s",
        member,
        member,
        after,
        after,
        limit + 1,
    )


def may_export(db: Transaction, id: UUID, member: UUID) -> bool:
    """Whether this is an open request of this member for access or portability whose identity was checked."""
    return bool(
        db.value(
            int,
            "select 1 from rights_requests where id = %s and member_id = %s and identity is not null"
            " and \"right\" in ('access', 'portability') and status not in ('reported', 'ended-by-erasure')",
            id,
            member,
        )
    )
