"""Tells notifications what happened elsewhere, in a real database, and says which letters that leads to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from services.notifications.domain.delivery import Channel, Kind, QueueDelivery
from services.notifications.service import service
from shared.database.pool import Database
from shared.messages.events import Event
from shared.messages.recorded import BEGINNING, Metadata, Recorded
from shared.projections.projection import make_tables
from shared.testing.decider import NOW


@dataclass(frozen=True)
class Asked:
    """One entry of the agenda: a letter to be queued."""

    id: UUID
    details: str

    def command(self) -> QueueDelivery:
        return msgspec.json.decode(self.details, type=QueueDelivery)


class Story:
    def __init__(self, database: Database) -> None:
        self.database = database

    def hears(
        self, event: Event, *, id: UUID, at: datetime = NOW, session: UUID | None = None, member: UUID | None = None
    ) -> set[tuple[UUID, Kind, Channel]]:
        """Tells projections and reactions of an event, as the worker does. The letters that it leads to.

        `session` is the assisted session in which it was done for `member`.
        """
        recorded = Recorded(
            event=event,
            event_id=uuid4(),
            stream=f"anything-{id}",
            version=1,
            position=BEGINNING,
            who=Metadata(
                actor="anonymous",
                channel="web",
                correlation_id=uuid4(),
                on_behalf_of=f"member:{member}" if member else None,
                session=session,
            ),
            recorded_at=at,
        )
        with self.database.transaction() as db:
            for projection in service.projections:
                projection.tell(recorded, db)
            for reaction in service.reactions:
                reaction.tell(recorded, db)
            asked = db.all(
                Asked,
                "select id, details from agenda where causation_id = %s and action = 'QueueDelivery'",
                recorded.event_id,
            )
        commands = [each.command() for each in asked]
        return {(each.member, each.kind, each.channel) for each in commands}

    def letters_about(self, meeting: UUID) -> int:
        """How many different letters were asked for about a meeting, however often each was."""
        with self.database.transaction() as db:
            number = db.value(
                int,
                "select count(distinct stream)::int from agenda where details->>'meeting' = %s",
                str(meeting),
            )
        return number or 0


@contextmanager
def story_in(url: str) -> Iterator[Story]:
    """A story in a fresh database that has the event tables already."""
    names = [projection.name for projection in service.projections]
    database = Database(url, application="copse-test", search_path=("public", *names))
    for projection in service.projections:
        make_tables(projection, database)
    yield Story(database)
    database.close()
