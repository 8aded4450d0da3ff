"""What the letters about a rights request or a complaint say."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from services.notifications.contracts.membership import (
    ClockPaused,
    ComplaintAcknowledged,
    ComplaintAnswered,
    MemberErased,
    RequestReported,
    RightsRequestReceived,
    TimeExtended,
)
from services.notifications.domain.delivery import Kind
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

rights_letters = Projection("rights_letters", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class RightsLetterRow:
    """`right`: what she asked for, or `complaint`. `text`: the question, the reason or the answer."""

    request_id: UUID
    kind: str
    member_id: UUID
    right: str
    due_on: date | None
    text: str | None


@rights_letters.on(RightsRequestReceived)
def _(event: RightsRequestReceived, recorded: Recorded, db: Transaction) -> None:
    db.write(
        'insert into rights_letters (request_id, kind, member_id, "right", due_on) values (%s, %s, %s, %s, %s)',
        recorded.id,
        Kind.RIGHTS_RECEIVED,
        event.member,
        event.right,
        event.due_on,
    )


@rights_letters.on(ClockPaused)
def _(event: ClockPaused, recorded: Recorded, db: Transaction) -> None:
    _say(db, recorded, Kind.RIGHTS_QUESTION, None, event.question)


@rights_letters.on(TimeExtended)
def _(event: TimeExtended, recorded: Recorded, db: Transaction) -> None:
    _say(db, recorded, Kind.RIGHTS_EXTENDED, event.due_on, event.reason)


@rights_letters.on(RequestReported)
def _(event: RequestReported, recorded: Recorded, db: Transaction) -> None:
    _say(db, recorded, Kind.RIGHTS_OUTCOME, None, event.answer)


@rights_letters.on(ComplaintAcknowledged)
def _(event: ComplaintAcknowledged, recorded: Recorded, db: Transaction) -> None:
    db.write(
        'insert into rights_letters (request_id, kind, member_id, "right") values (%s, %s, %s, %s)',
        recorded.id,
        Kind.COMPLAINT_RECEIVED,
        event.person,
        "complaint",
    )


@rights_letters.on(ComplaintAnswered)
def _(event: ComplaintAnswered, recorded: Recorded, db: Transaction) -> None:
    _say(db, recorded, Kind.COMPLAINT_OUTCOME, None, event.answer, Kind.COMPLAINT_RECEIVED)


@rights_letters.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    db.write("delete from rights_letters where member_id = %s", recorded.id)


def _say(
    db: Transaction,
    recorded: Recorded,
    kind: Kind,
    due_on: date | None,
    text: str,
    first: Kind = Kind.RIGHTS_RECEIVED,
) -> None:
    """Beside the first letter of the same request. After an erasure that is gone, and nothing more is said."""
    db.write(
        'insert into rights_letters (request_id, kind, member_id, "right", due_on, text)'
        ' select request_id, %s, member_id, "right", %s::date, %s from rights_letters'
        " where request_id = %s and kind = %s"
        " on conflict (request_id, kind) do update set due_on = excluded.due_on, text = excluded.text",
        kind,
        due_on,
        text,
        recorded.id,
        first,
    )


def rights_letter(db: Transaction, request: UUID, kind: str) -> RightsLetterRow | None:
    return db.one(RightsLetterRow, "select * from rights_letters where request_id = %s and kind = %s", request, kind)
