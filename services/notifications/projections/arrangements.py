"""What is arranged for a member at a meeting, and what cannot be?"""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from services.notifications.contracts.meetings import (
    ArrangementMade,
    ArrangementNotMet,
    ArrangementsDropped,
    ArrangementsFlagged,
    Flagged,
    Said,
)
from services.notifications.contracts.membership import MemberErased
from shared.database.pool import Transaction
from shared.messages.even_length import read_evenly
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

arrangements = Projection("arrangements", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class ArrangementRow:
    """`note` says how it is made or, where it cannot be, why."""

    made: bool
    arrangement: str
    note: str | None


@arrangements.on(ArrangementMade)
def _(event: ArrangementMade, recorded: Recorded, db: Transaction) -> None:
    _note(db, recorded.id, event, made=True)


@arrangements.on(ArrangementNotMet)
def _(event: ArrangementNotMet, recorded: Recorded, db: Transaction) -> None:
    _note(db, recorded.id, event, made=False)


@arrangements.on(ArrangementsFlagged)
def _(event: ArrangementsFlagged, recorded: Recorded, db: Transaction) -> None:
    """What is not wanted any more is not told."""
    flagged = read_evenly(event.flagged, Flagged) or Flagged(())
    db.write(
        "delete from arrangements where meeting_id = %s and member_id = %s and not id = any(%s)",
        event.meeting,
        recorded.id,
        [flag.id for flag in flagged.flags],
    )


@arrangements.on(ArrangementsDropped)
def _(event: ArrangementsDropped, recorded: Recorded, db: Transaction) -> None:
    db.write("delete from arrangements where meeting_id = %s and member_id = %s", event.meeting, recorded.id)


@arrangements.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    db.write("delete from arrangements where member_id = %s", recorded.id)


def _note(db: Transaction, member: UUID, event: ArrangementMade | ArrangementNotMet, *, made: bool) -> None:
    said = read_evenly(event.said, Said)
    if said is not None:  # in a rebuild it may be erased
        db.write(
            "insert into arrangements (id, meeting_id, member_id, made, arrangement, note)"
            " values (%s, %s, %s, %s, %s, %s) on conflict (id) do update set made = excluded.made,"
            " arrangement = excluded.arrangement, note = excluded.note",
            event.arrangement,
            event.meeting,
            member,
            made,
            said.arrangement,
            said.note,
        )


def arranged_at(db: Transaction, meeting: UUID, member: UUID) -> list[ArrangementRow]:
    return db.all(
        ArrangementRow,
        "select made, arrangement, note from arrangements where meeting_id = %s and member_id = %s order by id",
        meeting,
        member,
    )
