"""What is to be arranged, for whom, and is it? For those who run a meeting, and for each member herself."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.meetings.contracts.membership import MemberErased
from services.meetings.domain.arrangements import (
    ArrangementMade,
    ArrangementMet,
    ArrangementNotMet,
    ArrangementsDropped,
    ArrangementsFlagged,
    Flagged,
    Progress,
    Said,
)
from shared.database.pool import Transaction
from shared.messages.even_length import read_evenly
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

arrangements = Projection("arrangements", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class ArrangementRow:
    """`name` is None when this service does not know the member (any more); `reply` when she does not come."""

    id: UUID
    meeting_id: UUID
    member_id: UUID
    name: str | None
    reply: str | None
    code: str
    arrangement: str
    detail: str | None
    words: str | None
    progress: str
    note: str | None
    since: datetime
    starts_at: datetime


@arrangements.on(ArrangementsFlagged)
def _(event: ArrangementsFlagged, recorded: Recorded, db: Transaction) -> None:
    """Those that stay keep what was said of them."""
    flagged = read_evenly(event.flagged, Flagged) or Flagged(())  # in a rebuild it may be erased
    db.write(
        "delete from arrangements where meeting_id = %s and member_id = %s and not id = any(%s)",
        event.meeting,
        recorded.id,
        [flag.id for flag in flagged.flags],
    )
    for place, flag in enumerate(flagged.flags):
        db.write(
            "insert into arrangements (id, meeting_id, member_id, place, code, arrangement, detail, words, progress,"
            " since, starts_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict (id) do update"
            " set place = excluded.place, words = excluded.words, starts_at = excluded.starts_at",
            flag.id,
            event.meeting,
            recorded.id,
            place,
            flag.asked.code,
            flag.asked.arrangement,
            flag.asked.detail,
            flagged.words,
            Progress.FLAGGED,
            recorded.recorded_at,
            event.starts_at,
        )


@arrangements.on(ArrangementsDropped)
def _(event: ArrangementsDropped, recorded: Recorded, db: Transaction) -> None:
    db.write("delete from arrangements where meeting_id = %s and member_id = %s", event.meeting, recorded.id)


@arrangements.on(ArrangementMade)
def _(event: ArrangementMade, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, event.arrangement, Progress.ARRANGED, read_evenly(event.said, Said))


@arrangements.on(ArrangementMet)
def _(event: ArrangementMet, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, event.arrangement, Progress.MET, None)


@arrangements.on(ArrangementNotMet)
def _(event: ArrangementNotMet, recorded: Recorded, db: Transaction) -> None:
    _move(db, recorded, event.arrangement, Progress.NOT_MET, read_evenly(event.said, Said))


@arrangements.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    db.write("delete from arrangements where member_id = %s", recorded.id)


def _move(db: Transaction, recorded: Recorded, id: UUID, progress: Progress, said: Said | None) -> None:
    db.write(
        "update arrangements set progress = %s, note = %s, since = %s where id = %s",
        progress,
        said.note if said else None,
        recorded.recorded_at,
        id,
    )


_ROWS = (
    "select a.id, a.meeting_id, a.member_id, p.name, r.reply, a.code, a.arrangement, a.detail, a.words, a.progress,"
    " a.note, a.since, a.starts_at from arrangements a left join people p on p.member_id = a.member_id"
    " left join replies r on r.meeting_id = a.meeting_id and r.member_id = a.member_id"
)


def arrangement(db: Transaction, id: UUID) -> ArrangementRow | None:
    return db.one(ArrangementRow, f"{_ROWS} where a.id = %s", id)


def to_arrange(
    db: Transaction, meeting: UUID, progress: list[str] | None, after: UUID | None, limit: int
) -> list[ArrangementRow]:
    """At one meeting, person by person, up to `limit` + 1. `after` is the last arrangement seen."""
    return db.all(
        ArrangementRow,
        f"{_ROWS} where a.meeting_id = %s and (%s::text[] is null or a.progress = any(%s::text[]))"  # noqa: S608  # our own words
        " and (%s::uuid is null or (a.member_id, a.place, a.id) >"
        " (select member_id, place, id from arrangements where id = %s)) order by a.member_id, a.place, a.id limit %s",
        meeting,
        progress,
        progress,
        after,
        after,
        limit + 1,
    )


def arranged_for(db: Transaction, member: UUID, after: UUID | None, limit: int) -> list[ArrangementRow]:
    """For one member, the latest meeting first, up to `limit` + 1. `after` is the last arrangement seen."""
    return db.all(
        ArrangementRow,
        f"{_ROWS} where a.member_id = %s and (%s::uuid is null or (a.starts_at, a.meeting_id, a.place, a.id) <"  # noqa: S608
        " (select starts_at, meeting_id, place, id from arrangements where id = %s))"
        " order by a.starts_at desc, a.meeting_id desc, a.place desc, a.id desc limit %s",
        member,
        after,
        after,
        limit + 1,
    )
