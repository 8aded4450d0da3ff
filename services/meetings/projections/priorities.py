"""What did each community agree to matter most?"""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec

from services.meetings.domain.priorities import PrioritiesPublished, Priority
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

priorities = Projection("priorities", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class PriorityListRow:
    id: UUID
    community_id: UUID
    title: str
    period: str
    method: str
    source: str
    priorities: str
    version: int

    def priorities_read(self) -> list[Priority]:
        return msgspec.json.decode(self.priorities, type=list[Priority])


@priorities.on(PrioritiesPublished)
def _(event: PrioritiesPublished, recorded: Recorded, db: Transaction) -> None:
    db.write(
        "insert into priority_lists values (%s, %s, %s, %s, %s, %s, %s, %s)",
        recorded.id,
        event.community,
        event.title,
        event.period,
        event.method,
        event.source,
        msgspec.json.encode(event.priorities).decode(),
        recorded.version,
    )


def published(db: Transaction, after: UUID | None, limit: int) -> list[PriorityListRow]:
    """In the order of publishing, up to `limit` + 1."""
    return db.all(
        PriorityListRow,
        "select * from priority_lists where (%s::uuid is null or id > %s) order by id limit %s",
        after,
        after,
        limit + 1,
    )
