"""What is on, where, who speaks, and is there a place left?"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from services.meetings.contracts.membership import MemberErased
from services.meetings.domain.meeting import (
    MeetingPlanned,
    PlaceGivenUp,
    PlaceTaken,
    ReplyDeclined,
    Speaker,
    WaitingListJoined,
    WaitingListLeft,
    WayChanged,
)
from services.meetings.projections.closed_communities import SEEN
from shared.database.pool import Transaction
from shared.messages.events import ERASED, Event
from shared.messages.recorded import Recorded
from shared.projections.rows import Rows


@dataclass(frozen=True)
class SpeakerRow:
    name: str
    topic: str


class PlannedRow(Struct, frozen=True):
    """A meeting as it is kept. A struct, and no dataclass, because one is made for every reply."""

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
    speakers: tuple[Speaker, ...]


upcoming_meetings = Rows("upcoming_meetings", PlannedRow, version=2, tables=Path(__file__).with_suffix(".sql"))


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


@upcoming_meetings.begins(MeetingPlanned)
def _(event: MeetingPlanned, recorded: Recorded) -> PlannedRow:
    return PlannedRow(
        id=recorded.id,
        community_id=event.community,
        title=event.title,
        about=event.about,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        places=event.places,
        coming=0,
        venue=event.venue,
        online_link=event.online_link,
        phone_number=event.phone_number,
        source=event.source,
        version=recorded.version,
        speakers=event.speakers,
    )


@upcoming_meetings.sweeps(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    """Her name as a speaker. A reply says nothing of anybody who is not known: its row counts."""
    db.write(
        "update upcoming_meetings set speakers = (select jsonb_agg(case when speaker ->> 'id' = %s"
        " then speaker || jsonb_build_object('name', %s::text) else speaker end order by nth)"
        " from jsonb_array_elements(speakers) with ordinality as listed (speaker, nth))"
        " where speakers @> jsonb_build_array(jsonb_build_object('id', %s::text))",
        str(recorded.id),
        ERASED,
        str(recorded.id),
    )


@upcoming_meetings.changes(PlaceTaken)
def _(_event: PlaceTaken, recorded: Recorded, row: PlannedRow) -> PlannedRow:
    return replace(row, coming=row.coming + 1, version=recorded.version)


@upcoming_meetings.changes(PlaceGivenUp)
def _(_event: PlaceGivenUp, recorded: Recorded, row: PlannedRow) -> PlannedRow:
    return replace(row, coming=row.coming - 1, version=recorded.version)


def _as_many_come(_event: Event, recorded: Recorded, row: PlannedRow) -> PlannedRow:
    """The version moves in any case: it is the meeting's ETag."""
    return replace(row, version=recorded.version)


for _kind in (WayChanged, WaitingListJoined, WaitingListLeft, ReplyDeclined):
    upcoming_meetings.changes(_kind)(_as_many_come)


_MEETINGS = f"select * from meetings m where {SEEN}"  # noqa: S608  # our own words
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
