"""The event store, with each append timed."""

import time
from collections.abc import Collection, Sequence
from datetime import datetime

from shared.eventstore.store import (
    AlreadyAnswered,
    Answer,
    EventStore,
    Request,
    RequestInFlight,
    VersionConflict,
    Write,
)
from shared.messages.recorded import Content, Metadata, Page, Position, Stored
from shared.telemetry import tracing
from shared.telemetry.metrics import append_seconds


class TimedStore:
    """Another store, with the same promises: see `shared.eventstore.store.EventStore`."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        outcomes = ("appended", "conflict", "answered", "in-flight", "failed")
        self._seconds = {outcome: append_seconds.labels(outcome) for outcome in outcomes}

    def append(
        self,
        writes: Sequence[Write],
        metadata: Metadata,
        recorded_at: datetime,
        request: Request | None = None,
    ) -> Position | None:
        outcome, began = "failed", time.perf_counter()
        try:
            if tracing.exported_by():
                with tracing.work("append", events=sum(len(each.events) for each in writes)):
                    position = self._store.append(writes, metadata, recorded_at, request)
            else:
                position = self._store.append(writes, metadata, recorded_at, request)
            outcome = "appended"
            return position
        except VersionConflict:
            outcome = "conflict"
            raise
        except AlreadyAnswered:
            outcome = "answered"
            raise
        except RequestInFlight:
            outcome = "in-flight"
            raise
        finally:
            self._seconds[outcome].observe(time.perf_counter() - began)

    def read(self, stream: str, after_version: int = 0) -> list[Stored]:
        return self._store.read(stream, after_version)

    def contents(self, stream: str) -> list[Content]:
        return self._store.contents(stream)

    def read_all(self, after: Position, limit: int) -> list[Stored]:
        return self._store.read_all(after, limit)

    def read_page(self, after: Position, upto: Position, types: Collection[str], limit: int) -> Page:
        return self._store.read_page(after, upto, types, limit)

    def newest(self) -> Position:
        return self._store.newest()

    def answer_to(self, actor: str, key: str) -> Answer | None:
        return self._store.answer_to(actor, key)
