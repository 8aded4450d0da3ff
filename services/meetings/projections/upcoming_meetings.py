"""What is on, where, who speaks, and is there a place left?"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from services.meetings.contracts.membership import MemberErased
from services.meetings.domain.meeting import (
    MeetingPlanned,
    PlaceGivenUp,
    PlaceTaken,
    ReplyDeclined,
    WaitingListJoined,
    WaitingListLeft,
    WayChanged,
)
from services.meetings.projections.closed_communities import SEEN
from shared.database.pool import Transaction
from shared.messages.events import ERASED
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

upcoming_meetings = Projection("upcoming_meetings", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class SpeakerRow:
    name: str
    topic: str


@dataclass(frozen=True)
class MeetingRow:
    id: UUID
    community_id: UUID
    title: str
    about: str
    starts_at: datetime
    ends_at: datetime
    places: int | None
    coming: int
    venue: str | None
    online_link: str | None
    phone_number: str | None
    source: str | None
    version: int
    speakers: str

    @property
    def places_left(self) -> int | None:
        """None when there is no limit."""
        return None if self.places is None else max(0, self.places - self.coming)

    def status(self, now: datetime) -> str:
        """`open`, `full` (the next one waits), `live` or `held`."""
        if now >= self.ends_at:
            return "held"
        if now >= self.starts_at:
            return "live"
        return "full" if self.places_left == 0 else "open"

    def speakers_read(self) -> list[SpeakerRow]:
        return msgspec.json.decode(self.speakers, type=list[SpeakerRow])


@upcoming_meetings.on(MeetingPlanned)
def _(event: MeetingPlanned, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into meetings (id, community_id, title, about, starts_at, ends_at, places, venue, online_link,"
        " phone_number, source, version) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        recorded.id,
        event.community,
        event.title,
        event.about,
        event.starts_at,
        event.ends_at,
        event.places,
        event.venue,
        event.online_link,
        event.phone_number,
        event.source,
        recorded.version,
    )
    for place, speaker in enumerate(event.speakers):
        db.write(
            "insert into speakers (meeting_id, place, speaker_id, name, topic) values (%s, %s, %s, %s, %s)",
            recorded.id,
            place,
            speaker.id,
            speaker.name,
            speaker.topic,
        )


@upcoming_meetings.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    """Her name as a speaker. A reply says nothing of anybody who is not known: its row counts."""
    db.write("update speakers set name = %s where speaker_id = %s", ERASED, recorded.id)


@upcoming_meetings.on(PlaceTaken)
def _(event: PlaceTaken, recorded: Recorded, db: Transaction) -> None:
    _count(db, recorded, +1)


@upcoming_meetings.on(PlaceGivenUp)
def _(event: PlaceGivenUp, recorded: Recorded, db: Transaction) -> None:
    _count(db, recorded, -1)


@upcoming_meetings.on(WayChanged)
def _(event: WayChanged, recorded: Recorded, db: Transaction) -> None:
    _count(db, recorded, 0)


@upcoming_meetings.on(WaitingListJoined)
def _(event: WaitingListJoined, recorded: Recorded, db: Transaction) -> None:
    _count(db, recorded, 0)


@upcoming_meetings.on(WaitingListLeft)
def _(event: WaitingListLeft, recorded: Recorded, db: Transaction) -> None:
    _count(db, recorded, 0)


@upcoming_meetings.on(ReplyDeclined)
def _(event: ReplyDeclined, recorded: Recorded, db: Transaction) -> None:
    _count(db, recorded, 0)


def _count(db: Transaction, recorded: Recorded, more: int) -> None:
    """So many more come (or fewer). The version moves in any case: it is the meeting's ETag."""
    db.write(
        "update meetings set coming = coming + %s, version = %s where id = %s", more, recorded.version, recorded.id
    )


_MEETINGS = f"select * from meetings_with_speakers m where {SEEN}"  # noqa: S608  # our own words
_LAST_SEEN = "(select starts_at, id from meetings where id = %s)"


@dataclass(frozen=True)
class Viewer:
    """Who looks: meetings of private and confidential communities are for their members, and for who sees all."""

    member: UUID | None = None
    sees_all: bool = False


def meeting(db: Transaction, id: UUID, viewer: Viewer) -> MeetingRow | None:
    """None also where it is not for this viewer."""
    return db.one(
        MeetingRow,
        f"{_MEETINGS} and id = %s",
        viewer.sees_all,
        viewer.member,
        id,
    )


def is_hidden(db: Transaction, id: UUID, viewer: Viewer) -> bool:
    """Whether it is there and not for this viewer. One that is not known here yet is not hidden."""
    there = db.value(int, "select 1 from meetings where id = %s", id)
    return bool(there) and meeting(db, id, viewer) is None


def coming_up(
    db: Transaction, now: datetime, community: UUID | None, after: UUID | None, limit: int, viewer: Viewer
) -> list[MeetingRow]:
    """Meetings that are not over, the next one first, up to `limit` + 1. `after` is the last meeting seen."""
    return db.all(
        MeetingRow,
        f"{_MEETINGS} and ends_at > %s"
        " and (%s::uuid is null or community_id = %s)"
        f" and (%s::uuid is null or (starts_at, id) > {_LAST_SEEN})"
        " order by starts_at, id limit %s",
        viewer.sees_all,
        viewer.member,
        now,
        community,
        community,
        after,
        after,
        limit + 1,
    )


def over(
    db: Transaction, now: datetime, community: UUID | None, after: UUID | None, limit: int, viewer: Viewer
) -> list[MeetingRow]:
    """Meetings that are over, the latest first, up to `limit` + 1. `after` is the last meeting seen."""
    return db.all(
        MeetingRow,
        f"{_MEETINGS} and ends_at <= %s"
        " and (%s::uuid is null or community_id = %s)"
        f" and (%s::uuid is null or (starts_at, id) < {_LAST_SEEN})"
        " order by starts_at desc, id desc limit %s",
        viewer.sees_all,
        viewer.member,
        now,
        community,
        community,
        after,
        after,
        limit + 1,
    )
