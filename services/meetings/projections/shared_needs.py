"""What has to be arranged for somebody who comes to a meeting, as far as she shares it."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec

from services.meetings.contracts.membership import (
    AccessNeedsShared,
    AccessNeedsSharingStopped,
    MemberErased,
    MemberLeft,
    Shared,
)
from shared.database.pool import Transaction
from shared.identity.people import ACTIVE
from shared.messages.even_length import read_evenly
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

shared_needs = Projection("shared_needs", version=1, tables=Path(__file__).with_suffix(".sql"))

PURPOSE = "meetings"


@dataclass(frozen=True)
class _Row:
    shared: str


@shared_needs.on(AccessNeedsShared)
def _(event: AccessNeedsShared, recorded: Recorded, db: Transaction) -> None:
    shared = read_evenly(event.shared, Shared)
    if event.purpose == PURPOSE and shared is not None:  # in a rebuild it may be erased
        db.write(
            "insert into shared_needs (member_id, shared) values (%s, %s)"
            " on conflict (member_id) do update set shared = excluded.shared",
            recorded.id,
            msgspec.json.encode(shared).decode(),
        )


@shared_needs.on(AccessNeedsSharingStopped)
def _(event: AccessNeedsSharingStopped, recorded: Recorded, db: Transaction) -> None:
    if event.purpose == PURPOSE:
        _forget(db, recorded.id)


@shared_needs.on(MemberLeft)
def _(event: MemberLeft, recorded: Recorded, db: Transaction) -> None:
    _forget(db, recorded.id)


@shared_needs.on(MemberErased)
def _(event: MemberErased, recorded: Recorded, db: Transaction) -> None:
    _forget(db, recorded.id)


def _forget(db: Transaction, member: UUID) -> None:
    db.write("delete from shared_needs where member_id = %s", member)


def needs_shared_by(db: Transaction, member: UUID) -> Shared | None:
    """None when she shares nothing, or takes a break: what she agreed to waits until she is back."""
    row = db.one(
        _Row,
        "select shared from shared_needs join people using (member_id) where member_id = %s and standing = %s",
        member,
        ACTIVE,
    )
    return msgspec.json.decode(row.shared, type=Shared) if row else None
