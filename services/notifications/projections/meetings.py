"""What an invitation says, and who has or awaits a place."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from services.notifications.contracts.meetings import (
    MeetingPlanned,
    PlaceGivenUp,
    PlaceTaken,
    Speaker,
    WaitingListJoined,
    WaitingListLeft,
    WayChanged,
)
from services.notifications.contracts.membership import MemberErased
from shared.database.pool import Transaction
from shared.messages.events import ERASED, MemberId
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

meetings = Projection("meetings", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class MeetingRow:
    meeting_id: UUID
    community_id: UUID
    title: str
    about: str
    starts_at: datetime
    ends_at: datetime
    venue: str | None
    online_link: str | None
    phone_number: str | None
    speakers: str

    def speakers_read(self) -> list[Speaker]:
        return msgspec.json.decode(self.speakers, type=list[Speaker])


@dataclass(frozen=True)
class ReplyRow:
    """`standing` is place, waiting or cannot-come; `waited` says that the place came free on the waiting list."""

    way: str
    standing: str
    waited: bool


@meetings.on(MeetingPlanned)
def _(event: MeetingPlanned, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into meetings values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        recorded.id,
        event.community,
        event.title,
        event.about,
        event.starts_at,
        event.ends_at,
        event.venue,
        event.online_link,
        event.phone_number,
        msgspec.json.encode(event.speakers).decode(),
    )


@meetings.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    """Her name among the speakers."""
    spoken = db.all(MeetingRow, "select * from meetings where speakers::text like %s", f"%{recorded.id}%")
    for row in spoken:
        left = [replace(each, name=ERASED) if each.id == recorded.id else each for each in row.speakers_read()]
        text = msgspec.json.encode(left).decode()
        db.write("update meetings set speakers = %s where meeting_id = %s", text, row.meeting_id)


@meetings.on(PlaceTaken)
def _(event: PlaceTaken, recorded: Recorded, db: Transaction) -> None:
    _reply(db, recorded.id, event.member, event.way, standing="place", waited=False)


@meetings.on(WaitingListJoined)
def _(event: WaitingListJoined, recorded: Recorded, db: Transaction) -> None:
    _reply(db, recorded.id, event.member, event.way, standing="waiting", waited=True)


@meetings.on(WayChanged)
def _(event: WayChanged, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update meeting_replies set way = %s where meeting_id = %s and member_id = %s",
        event.way,
        recorded.id,
        event.member,
    )


@meetings.on(PlaceGivenUp)
def _(event: PlaceGivenUp, recorded: Recorded, db: Transaction) -> None:
    _cannot_come(db, recorded.id, event.member)


@meetings.on(WaitingListLeft)
def _(event: WaitingListLeft, recorded: Recorded, db: Transaction) -> None:
    _cannot_come(db, recorded.id, event.member)


def _reply(db: Transaction, meeting: UUID, member: MemberId, way: str, *, standing: str, waited: bool) -> None:
    """Having waited is remembered, so that a place that came free can be told from one that was there at once."""
    db.write(
        "insert into meeting_replies values (%s, %s, %s, %s, %s)"
        " on conflict (meeting_id, member_id) do update set way = excluded.way, standing = excluded.standing,"
        " waited = meeting_replies.waited or excluded.waited",
        meeting,
        member,
        way,
        standing,
        waited,
    )


def _cannot_come(db: Transaction, meeting: UUID, member: MemberId) -> None:
    """The row stays, so that a confirmation that is still to be sent can say what holds by then."""
    db.write(
        "update meeting_replies set standing = 'cannot-come', waited = false where meeting_id = %s and member_id = %s",
        meeting,
        member,
    )


def meeting(db: Transaction, id: UUID) -> MeetingRow | None:
    return db.one(MeetingRow, "select * from meetings where meeting_id = %s", id)


def coming_meetings(db: Transaction, community: UUID, now: datetime) -> list[MeetingRow]:
    """The meetings of a community that have not begun at `now`, the next one first."""
    return db.all(
        MeetingRow,
        "select * from meetings where community_id = %s and starts_at > %s order by starts_at, meeting_id",
        community,
        now,
    )


def reply_of(db: Transaction, meeting: UUID, member: UUID) -> ReplyRow | None:
    return db.one(
        ReplyRow,
        "select way, standing, waited from meeting_replies where meeting_id = %s and member_id = %s",
        meeting,
        member,
    )
