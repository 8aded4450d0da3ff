"""Every letter: what it is about, how it goes, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.notifications.domain.delivery import (
    Channel,
    DeliveryDoneByHand,
    DeliveryFailed,
    DeliveryHandedOver,
    DeliveryQueued,
    DeliverySent,
    Kind,
    Status,
)
from shared.database.pool import Transaction
from shared.messages.events import MemberId
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

deliveries = Projection("deliveries", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class DeliveryRow:
    """`subject` and `body` are there once the mail went out; until then the letter is written anew when it is read.

    `sent_at` is when it was sent or done by hand.
    """

    id: UUID
    member_id: UUID
    kind: Kind
    channel: Channel
    status: Status
    meeting_id: UUID | None
    request_id: UUID | None
    claim_id: UUID | None
    subject: str | None
    body: str | None
    reason: str | None
    note: str | None
    queued_at: datetime
    sent_at: datetime | None
    version: int

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
        )


@deliveries.on(DeliveryQueued)
def _(event: DeliveryQueued, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into deliveries"
        " (id, member_id, kind, channel, status, meeting_id, request_id, claim_id, queued_at, version)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        recorded.id,
        event.member,
        event.kind,
        event.channel,
        Status.QUEUED if event.channel is Channel.EMAIL else Status.BY_HAND,
        event.meeting,
        event.request,
        event.claim,
        recorded.recorded_at,
        recorded.version,
    )


@deliveries.on(DeliveryHandedOver)
def _(event: DeliveryHandedOver, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update deliveries set status = %s, channel = %s, version = %s where id = %s",
        Status.BY_HAND,
        event.channel,
        recorded.version,
        recorded.id,
    )


@deliveries.on(DeliverySent)
def _(event: DeliverySent, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update deliveries set status = %s, subject = %s, body = %s, sent_at = %s, version = %s where id = %s",
        Status.SENT,
        event.subject,
        event.body,
        recorded.recorded_at,
        recorded.version,
        recorded.id,
    )


@deliveries.on(DeliveryFailed)
def _(event: DeliveryFailed, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update deliveries set status = %s, reason = %s, version = %s where id = %s",
        Status.FAILED,
        event.reason,
        recorded.version,
        recorded.id,
    )


@deliveries.on(DeliveryDoneByHand)
def _(event: DeliveryDoneByHand, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update deliveries set status = %s, note = %s, sent_at = %s, version = %s where id = %s",
        Status.DONE_BY_HAND,
        event.note,
        recorded.recorded_at,
        recorded.version,
        recorded.id,
    )


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
