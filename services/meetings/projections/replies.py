"""Who replied what to a meeting: the coordinator's list, and everybody's own reply."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.meetings.domain.meeting import (
    WAITING,
    Answer,
    PlaceGivenUp,
    PlaceTaken,
    ReplyDeclined,
    WaitingListJoined,
    WaitingListLeft,
    WayChanged,
)
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

replies = Projection("replies", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class ReplyRow:
    member_id: UUID
    name: str | None
    reply: str
    replied_at: datetime
    channel: str


@replies.on(PlaceTaken)
def _(event: PlaceTaken, recorded: Recorded, db: Transaction) -> None:
    """A place that came by the waiting list leaves time and channel as they were: another person freed it."""
    db.write(
        "insert into replies as before (meeting_id, member_id, reply, replied_at, channel) values (%s, %s, %s, %s, %s)"
        " on conflict (meeting_id, member_id) do update set reply = excluded.reply,"
        " replied_at = case before.reply when %s then before.replied_at else excluded.replied_at end,"
        " channel = case before.reply when %s then before.channel else excluded.channel end",
        recorded.id,
        event.member,
        event.way,
        recorded.recorded_at,
        recorded.metadata.channel,
        WAITING,
        WAITING,
    )


@replies.on(WaitingListJoined)
def _(event: WaitingListJoined, recorded: Recorded, db: Transaction) -> None:
    _note(db, recorded, event.member, WAITING)


@replies.on(WayChanged)
def _(event: WayChanged, recorded: Recorded, db: Transaction) -> None:
    """Whoever waits goes on waiting, with the time that her turn depends on."""
    db.write(
        "update replies set reply = %s, replied_at = %s, channel = %s"
        " where meeting_id = %s and member_id = %s and reply <> %s",
        event.way,
        recorded.recorded_at,
        recorded.metadata.channel,
        recorded.id,
        event.member,
        WAITING,
    )


@replies.on(PlaceGivenUp)
def _(event: PlaceGivenUp, recorded: Recorded, db: Transaction) -> None:
    _note(db, recorded, event.member, Answer.NO)


@replies.on(WaitingListLeft)
def _(event: WaitingListLeft, recorded: Recorded, db: Transaction) -> None:
    _note(db, recorded, event.member, Answer.NO)


@replies.on(ReplyDeclined)
def _(event: ReplyDeclined, recorded: Recorded, db: Transaction) -> None:
    _note(db, recorded, event.member, Answer.NO)


def _note(db: Transaction, recorded: Recorded, member: UUID, reply: str) -> None:
    db.write(
        "insert into replies (meeting_id, member_id, reply, replied_at, channel) values (%s, %s, %s, %s, %s)"
        " on conflict (meeting_id, member_id) do update set reply = excluded.reply,"
        " replied_at = excluded.replied_at, channel = excluded.channel",
        recorded.id,
        member,
        reply,
        recorded.recorded_at,
        recorded.metadata.channel,
    )


def reply_of(db: Transaction, meeting: UUID, member: UUID) -> str | None:
    return db.value(str, "select reply from replies where meeting_id = %s and member_id = %s", meeting, member)


def replies_to(db: Transaction, meeting: UUID, after: UUID | None, limit: int) -> list[ReplyRow]:
    """In the order of replying, so those who wait in the order of their turns; up to `limit` + 1.

    `after` is the last member seen. A name is None when this service does not know the member (any more).
    """
    return db.all(
        ReplyRow,
        "select member_id, name, reply, replied_at, channel from replies left join people using (member_id)"
        " where meeting_id = %s and (%s::uuid is null or (replied_at, member_id) >"
        " (select replied_at, member_id from replies where meeting_id = %s and member_id = %s))"
        " order by replied_at, member_id limit %s",
        meeting,
        after,
        meeting,
        after,
        limit + 1,
    )
