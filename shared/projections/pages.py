"""What one round of a service's readers reads of its event table."""

from collections.abc import Sequence
from uuid import UUID

from shared.eventstore.postgres import PostgresEventStore
from shared.messages.codec import Codec
from shared.messages.recorded import Position, Recorded, Stored

BATCH = 500


class Page:
    """Some events of the table, each decoded once and only when somebody is told of it."""

    def __init__(self, after: Position, stored: Sequence[Stored], codec: Codec) -> None:
        self.stored, self._codec = stored, codec
        self.end = stored[-1].position if stored else after
        self._types = {each.type for each in stored}
        self._decoded: dict[UUID, Recorded] = {}

    def has(self, types: frozenset[str]) -> bool:
        """Whether there is anything of these types."""
        return not types.isdisjoint(self._types)

    def of(self, types: frozenset[str]) -> list[Recorded]:
        """What is of these types. Raises what decoding raises."""
        return [self._decode(each) for each in self.stored if each.type in types]

    def _decode(self, stored: Stored) -> Recorded:
        if stored.event_id not in self._decoded:
            self._decoded[stored.event_id] = self._codec.decode(stored)
        return self._decoded[stored.event_id]


class Pages:
    """Most readers stand at the same place, and so what follows it is read once for them."""

    def __init__(self, store: PostgresEventStore, codec: Codec) -> None:
        self._store, self._codec = store, codec
        self._read: dict[Position, Page] = {}

    def after(self, place: Position) -> Page:
        if place not in self._read:
            self._read[place] = Page(place, self._store.read_all(place, BATCH), self._codec)
        return self._read[place]
