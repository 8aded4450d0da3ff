"""The event store in memory: for tests of what stands on a store. It passes the same conformance suite."""

from collections.abc import Collection, Sequence
from datetime import datetime
from threading import Lock

import msgspec

from shared.eventstore.store import AlreadyAnswered, Answer, Request, VersionConflict, Write
from shared.messages.recorded import BEGINNING, Content, Metadata, Page, Position, Stored, page_of


class MemoryEventStore:
    """See `shared.eventstore.store.EventStore`. Every append is its own transaction, one after the other."""

    def __init__(self) -> None:
        self._events: list[Stored] = []
        self._answers: dict[tuple[str, str], Answer] = {}
        self._lock = Lock()
        self._transactions = 0

    def append(
        self,
        writes: Sequence[Write],
        metadata: Metadata,
        recorded_at: datetime,
        request: Request | None = None,
    ) -> Position | None:
        with self._lock:
            if request and (answer := self._answers.get((request.actor, request.key))):
                raise AlreadyAnswered(answer)
            for write in writes:
                actual = len(self.read(write.stream))
                if actual != write.expected_version:
                    raise VersionConflict(write.stream, write.expected_version, actual)
            self._transactions += 1
            last: Position | None = None
            for write in writes:
                for nth, event in enumerate(write.events, start=1):
                    last = Position(self._transactions, len(self._events) + 1)
                    self._events.append(
                        Stored(
                            position=last,
                            event_id=event.event_id,
                            stream=write.stream,
                            version=write.expected_version + nth,
                            type=event.type,
                            schema_version=event.schema_version,
                            data=event.data,
                            metadata=msgspec.json.encode(metadata).decode(),
                            recorded_at=recorded_at,
                        )
                    )
            if request:
                self._answers[(request.actor, request.key)] = Answer(request.response, request.fingerprint, last)
            return last

    def read(self, stream: str, after_version: int = 0) -> list[Stored]:
        return [event for event in self._events if event.stream == stream and event.version > after_version]

    def contents(self, stream: str) -> list[Content]:
        return [
            Content(stream, str(each.event_id), each.type, each.schema_version, each.data) for each in self.read(stream)
        ]

    def read_all(self, after: Position, limit: int) -> list[Stored]:
        return [event for event in self._events if event.position > after][:limit]

    def read_page(self, after: Position, upto: Position, types: Collection[str], limit: int) -> Page:
        read = [each for each in self.read_all(after, limit) if each.position <= upto]
        return page_of([_line(each) if each.type in types else str(each.position) for each in read], after, limit)

    def newest(self) -> Position:
        return self._events[-1].position if self._events else BEGINNING

    def answer_to(self, actor: str, key: str) -> Answer | None:
        return self._answers.get((actor, key))


def _line(stored: Stored) -> str:
    """See read_page.sql."""
    return msgspec.json.encode(
        [
            msgspec.Raw(stored.data.encode()),
            stored.event_id,
            stored.stream,
            stored.version,
            stored.position,
            msgspec.Raw(stored.metadata.encode()),
            stored.recorded_at,
            stored.type,
            stored.schema_version,
        ]
    ).decode()
