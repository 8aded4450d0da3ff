"""What does this member need, with whom does she share it, and when is it looked at again?"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from services.membership.domain.access_needs import (
    AccessNeedsReviewDue,
    AccessNeedsReviewed,
    AccessNeedsSaid,
    AccessNeedsShared,
    AccessNeedsSharingStopped,
    Said,
)
from services.membership.domain.member import MemberErased
from shared.database.pool import Transaction
from shared.messages.even_length import read_evenly
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

access_needs = Projection("access_needs", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class SharedFor:
    """`since` is when she agreed to this wording."""

    purpose: str
    wording: str
    words_too: bool
    since: datetime


@dataclass(frozen=True)
class AccessNeedsRow:
    """`channel` is how she last said it; `checked_at` is when somebody last looked whether it is right."""

    member_id: UUID
    said: str
    said_at: datetime
    channel: str
    checked_at: datetime
    review_due_at: datetime
    review_due: bool
    version: int

    def said_read(self) -> Said:
        return msgspec.json.decode(self.said, type=Said)


@access_needs.on(AccessNeedsSaid)
def _(event: AccessNeedsSaid, recorded: Recorded, db: Transaction) -> None:
    said = read_evenly(event.said, Said) or Said()  # in a rebuild it may be erased: the row goes with MemberErased
    db.write(
        "insert into access_needs (member_id, said, said_at, channel, checked_at, review_due_at, version)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict (member_id) do update set said = excluded.said,"
        " said_at = excluded.said_at, channel = excluded.channel, checked_at = excluded.checked_at,"
        " review_due_at = excluded.review_due_at, review_due = false, version = excluded.version",
        recorded.id,
        msgspec.json.encode(said).decode(),
        recorded.recorded_at,
        recorded.metadata.channel,
        recorded.recorded_at,
        event.review_due_at,
        recorded.version,
    )


@access_needs.on(AccessNeedsReviewDue)
def _(event: AccessNeedsReviewDue, recorded: Recorded, db: Transaction) -> None:
    db.write("update access_needs set review_due = true where member_id = %s", recorded.id)
    _moved(db, recorded)


@access_needs.on(AccessNeedsReviewed)
def _(event: AccessNeedsReviewed, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "update access_needs set review_due = false, checked_at = %s, review_due_at = %s where member_id = %s",
        recorded.recorded_at,
        event.review_due_at,
        recorded.id,
    )
    _moved(db, recorded)


@access_needs.on(AccessNeedsShared)
def _(event: AccessNeedsShared, recorded: Recorded, db: Transaction) -> None:
    """Told again whenever her needs change: she agreed when she first said yes to the wording."""
    db.write(
        "insert into access_needs_shared as before (member_id, purpose, wording, words_too, since)"
        " values (%s, %s, %s, %s, %s) on conflict (member_id, purpose) do update set wording = excluded.wording,"
        " words_too = excluded.words_too, since = case when (before.wording, before.words_too) ="
        " (excluded.wording, excluded.words_too) then before.since else excluded.since end",
        recorded.id,
        event.purpose,
        event.wording,
        event.words_too,
        recorded.recorded_at,
    )
    _moved(db, recorded)


@access_needs.on(AccessNeedsSharingStopped)
def _(event: AccessNeedsSharingStopped, recorded: Recorded, db: Transaction) -> None:
    db.write("delete from access_needs_shared where member_id = %s and purpose = %s", recorded.id, event.purpose)
    _moved(db, recorded)


@access_needs.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    db.write("delete from access_needs where member_id = %s", recorded.id)
    db.write("delete from access_needs_shared where member_id = %s", recorded.id)


def _moved(db: Transaction, recorded: Recorded) -> None:
    db.write("update access_needs set version = %s where member_id = %s", recorded.version, recorded.id)


def needs_of(db: Transaction, member: UUID) -> AccessNeedsRow | None:
    """None when she never said anything, or is erased."""
    return db.one(AccessNeedsRow, "select * from access_needs where member_id = %s", member)


def shared_by(db: Transaction, member: UUID) -> list[SharedFor]:
    return db.all(
        SharedFor,
        "select purpose, wording, words_too, since from access_needs_shared where member_id = %s order by purpose",
        member,
    )
