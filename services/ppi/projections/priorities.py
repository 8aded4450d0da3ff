"""What do members find important? ppi's own copy of the published lists, for when meetings is away."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec

from services.ppi.contracts.meetings import PrioritiesPublished, Priority
from shared.database.pool import Transaction
from shared.messages.recorded import Recorded
from shared.projections.projection import Projection

priorities = Projection("priorities", version=1, tables=Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class PriorityListRow:
    id: UUID
    community_id: UUID
    title: str
    source: str
    priorities: str

    def priorities_read(self) -> list[Priority]:
        return msgspec.json.decode(self.priorities, type=list[Priority])


@priorities.on(PrioritiesPublished)
def _(event: PrioritiesPublished, recorded: Recorded, db: Transaction) -> None:
    # A list that is published again replaces what was known of it.
    db.write(
        "insert into priority_lists values (%s, %s, %s, %s, %s) on conflict (id) do update set"
        " title = excluded.title, source = excluded.source, priorities = excluded.priorities",
        recorded.id,
        event.community,
        event.title,
        event.source,
        msgspec.json.encode(event.priorities).decode(),
    )


def priority_lists(db: Transaction, after: UUID | None, limit: int) -> list[PriorityListRow]:
    """In the order of publication, up to `limit` + 1."""
    return db.all(
        PriorityListRow,
        "select * from priority_lists where (%s::uuid is null or id > %s) order by id limit %s",
        after,
        after,
        limit + 1,
    )


def is_published(db: Transaction, text: str) -> bool:
    """Whether some published list holds a priority with exactly this text."""
    return bool(
        db.value(
            int,
            "select 1 from priority_lists, json_array_elements(priorities) as priority"
            " where priority ->> 'text' = %s limit 1",
            text,
        )
    )
