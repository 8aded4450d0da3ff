"""Every letter: what it is about, how it goes, and what became of it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.notifications.contracts.membership import MemberErased
from services.notifications.domain.delivery import (
    Channel,
    DeliveryCancelled,
    DeliveryDoneByHand,
    DeliveryFailed,
    DeliveryHandedOver,
    DeliveryQueued,
    DeliverySent,
    FormatMade,
    Kind,
    Status,
)
from shared.database.pool import Transaction
from shared.messages.events import ERASED, MemberId
from shared.messages.recorded import Recorded
from shared.projections.rows import Rows


@dataclass(frozen=True)
class DeliveryRow:
    """`subject` and `body` are there once the mail went out; until then the letter is written anew when it is read.

    `sent_at` is when it was sent or done by hand, `made_at` when somebody had made it in another format.
    """

    id: UUID
    member_id: UUID
    kind: Kind
    channel: Channel
    status: Status
    meeting_id: UUID | None
    request_id: UUID | None
    claim_id: UUID | None
    session_id: UUID | None
    queued_at: datetime
    version: int
    subject: str | None = None
    body: str | None = None
    reason: str | None = None
    note: str | None = None
    sent_at: datetime | None = None
    quoted: list[UUID] = field(default_factory=list)
    community_id: UUID | None = None
    contact_id: UUID | None = None
    check_id: UUID | None = None
    made_at: datetime | None = None

    @property
    def asked(self) -> DeliveryQueued:
        """What was asked for, by the way that it goes now."""
        return DeliveryQueued(
            member=MemberId(self.member_id),
            kind=self.kind,
            channel=self.channel,
            meeting=self.meeting_id,
            request=self.request_id,
            claim=self.claim_id,
            community=self.community_id,
            contact=self.contact_id,
            check=self.check_id,
            session=self.session_id,
        )


deliveries = Rows("deliveries", DeliveryRow, version=2, tables=Path(__file__).with_suffix(".sql"))


@deliveries.begins(DeliveryQueued)
def _(event: DeliveryQueued, recorded: Recorded) -> DeliveryRow:
    return DeliveryRow(
        id=recorded.id,
        member_id=event.member,
        kind=event.kind,
        channel=event.channel,
        status=Status.QUEUED if event.channel is Channel.EMAIL else Status.BY_HAND,
        meeting_id=event.meeting,
        request_id=event.request,
        claim_id=event.claim,
        community_id=event.community,
        contact_id=event.contact,
        check_id=event.check,
        session_id=event.session,
        queued_at=recorded.recorded_at,
        version=recorded.version,
    )


@deliveries.changes(DeliveryHandedOver)
def _(event: DeliveryHandedOver, recorded: Recorded, row: DeliveryRow) -> DeliveryRow:
    return replace(row, status=Status.BY_HAND, channel=event.channel, version=recorded.version)


@deliveries.changes(DeliverySent)
def _(event: DeliverySent, recorded: Recorded, row: DeliveryRow) -> DeliveryRow:
    return replace(
        row,
        status=Status.SENT,
        subject=event.subject,
        body=event.body,
        quoted=list(event.quoted),
        sent_at=recorded.recorded_at,
        version=recorded.version,
    )


@deliveries.changes(DeliveryFailed)
def _(event: DeliveryFailed, recorded: Recorded, row: DeliveryRow) -> DeliveryRow:
    return replace(row, status=Status.FAILED, reason=event.reason, version=recorded.version)


@deliveries.changes(DeliveryDoneByHand)
def _(event: DeliveryDoneByHand, recorded: Recorded, row: DeliveryRow) -> DeliveryRow:
    return replace(
        row, status=Status.DONE_BY_HAND, note=event.note, sent_at=recorded.recorded_at, version=recorded.version
    )


@deliveries.changes(DeliveryCancelled)
def _(event: DeliveryCancelled, recorded: Recorded, row: DeliveryRow) -> DeliveryRow:
    return replace(row, status=Status.CANCELLED, version=recorded.version)


@deliveries.sweeps(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    """What was written to her, and what quotes her in letters to others: as it reads when all is told anew."""
    db.write(
        "update deliveries set subject = %s, body = %s where body is not null and (member_id = %s or %s = any(quoted))",
        ERASED,
        ERASED,
        recorded.id,
        recorded.id,
    )
    db.write("update deliveries set note = null where member_id = %s", recorded.id)


@deliveries.changes(FormatMade)
def _(event: FormatMade, recorded: Recorded, row: DeliveryRow) -> DeliveryRow:
    return replace(row, made_at=recorded.recorded_at, note=event.note or row.note, version=recorded.version)


def delivery(db: Transaction, id: UUID) -> DeliveryRow | None:
    return db.one(DeliveryRow, "select * from deliveries where id = %s", id)


def deliveries_to(db: Transaction, member: UUID | None, after: UUID | None, limit: int) -> list[DeliveryRow]:
    """The newest first, up to `limit` + 1; those to one member, or to all when `member` is None."""
    return db.all(
        DeliveryRow,
        "select * from deliveries where (%s::uuid is null or member_id = %s)"
        " and (%s::uuid is null or (queued_at, id) < (select queued_at, id from deliveries where id = %s))"
        " order by queued_at desc, id desc limit %s",
        member,
        member,
        after,
        after,
        limit + 1,
    )
